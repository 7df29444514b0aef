import t from 'tap'
import type { ExternalStory } from '../../../../src/connectors/contract/connector.ts'
import { feedStories } from '../../../../src/connectors/other/documents/feed.ts'
import { bare } from '../../reading.ts'
import { openProgram } from '../other-source.ts'

const RSS = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>Tickets</title><link>https://example.com/</link><description>All of them</description>
  <atom:link href="https://example.com/feed" rel="self" type="application/rss+xml"/>
  <item>
    <title>Shields &amp;amp; phasers fail</title>
    <link>https://example.com/tickets/7</link>
    <guid isPermaLink="false">tag:example.com,2008:7</guid>
    <description>short</description>
    <content:encoded><![CDATA[<p>Raise <b>shields</b></p><ul><li>one</li></ul><script>alert(1)</script> \u05e9\u05dc\u05d5\u05dd \ud83d\ude80]]></content:encoded>
    <dc:creator><![CDATA[James Kirk]]></dc:creator>
    <pubDate>Wed, 10 Dec 2008 01:30:00 +0130</pubDate>
    <category domain="x">Bug</category><category>Other</category>
  </item>
  <item>
    <title>Use &lt;b&gt; with care</title>
    <link>https://example.com/tickets/8</link>
    <description>&lt;p&gt;a &amp;lt; b&lt;/p&gt;&lt;p&gt;end &amp;nbsp;&lt;/p&gt;</description>
    <author>spock@example.com (Mr. Spock)</author>
    <pubDate>10 Dec 08 00:00 EST</pubDate>
  </item>
  <item>
    <description>No title, but a text.
And more of it.</description>
    <guid>9</guid>
  </item>
</channel>
</rss>`

t.test('RSS 2.0 is read: ids, names, HTML as text, people and times', async (t) => {
  const headers = { 'content-type': 'application/rss+xml; charset=utf-8' }
  const { stories } = await openProgram(t, { documents: { '/feed': { status: 200, headers, body: RSS } } }, (url) => ({
    feed: `${url}/feed`,
  }))
  t.strictSame(await stories(), [
    {
      externalId: 'tag:example.com,2008:7',
      name: 'Shields & phasers fail',
      description: 'Raise shields\n\n * one\n\n\u05e9\u05dc\u05d5\u05dd \ud83d\ude80\n\nhttps://example.com/tickets/7',
      requestedBy: 'James Kirk',
      createdAt: new Date('2008-12-10T00:00:00Z'),
      type: 'Bug',
      estimate: null,
    },
    {
      externalId: 'https://example.com/tickets/8',
      name: 'Use <b> with care',
      description: 'a < b\n\nend',
      requestedBy: 'Mr. Spock',
      createdAt: new Date('2008-12-10T05:00:00Z'),
      type: null,
      estimate: null,
    },
    {
      externalId: '9',
      name: 'No title, but a text.',
      description: 'No title, but a text.\nAnd more of it.',
      requestedBy: '',
      createdAt: null,
      type: null,
      estimate: null,
    },
  ])
})

t.test('Atom 1.0 is read, with each type of text', async (t) => {
  const entry = (inner: string): string => `<entry><id>urn:1</id>${inner}</entry>`
  const plain: ExternalStory = bare('urn:1', 'urn:1')
  const cases: [string, string, Partial<ExternalStory>][] = [
    ['plain text', '<title>a &lt;b&gt; &amp;amp; c</title>', { name: 'a <b> &amp; c' }],
    ['text', '<title type="text">a &lt;b&gt;</title>', { name: 'a <b>' }],
    ['HTML', '<title type="html">&lt;em&gt;a&lt;/em&gt; &amp;lt; b</title>', { name: 'a < b' }],
    [
      'XHTML',
      '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <em>b</em> &lt; c</div></title>',
      { name: 'a b < c' },
    ],
    [
      'XHTML with an element named as its own',
      '<title>T</title><content type="xhtml"><div><content>in</content> <p>out</p></div></content>',
      { name: 'T', description: 'in\n\nout' },
    ],
    [
      'content rather than summary',
      '<title>T</title><summary>short</summary><content type="html"><![CDATA[<p>long &amp; wide</p>]]></content>',
      { name: 'T', description: 'long & wide' },
    ],
    ['summary without content', '<title>T</title><summary>short</summary>', { name: 'T', description: 'short' }],
    [
      'the page among several links',
      '<title>T</title><link rel="self" href="https://e/self"/><link href="https://e/1?a=1&amp;b=2"/>',
      { name: 'T', description: 'https://e/1?a=1&b=2' },
    ],
    [
      'people, times and a category',
      '<title>T</title><author><name>Kirk</name><email>k@e</email></author><author><name>Spock</name></author><updated>2009-01-01T00:00:00Z</updated><published>2008-12-10T01:00:00.5+01:00</published><category term="idea"/>',
      { name: 'T', requestedBy: 'Kirk', createdAt: new Date('2008-12-10T00:00:00.500Z'), type: 'idea' },
    ],
  ]
  for (const [name, inner, expected] of cases) {
    const feed = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>All</title>${entry(inner)}</feed>`
    t.strictSame([...feedStories(feed)], [{ ...plain, ...expected }], name)
  }
})

t.test('RSS 1.0 is read', async (t) => {
  const feed = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
    <channel rdf:about="https://e/"><title>All</title><items><rdf:Seq><rdf:li resource="https://e/1"/></rdf:Seq></items></channel>
    <item rdf:about="https://e/1"><title>One</title><link>https://e/1</link><dc:date>2008-12-10T00:00:00Z</dc:date><dc:creator>Kirk</dc:creator><dc:subject>bug</dc:subject></item>
  </rdf:RDF>`
  t.strictSame(
    [...feedStories(feed)],
    [
      {
        externalId: 'https://e/1',
        name: 'One',
        description: '',
        requestedBy: 'Kirk',
        createdAt: new Date('2008-12-10T00:00:00Z'),
        type: 'bug',
        estimate: null,
      },
    ],
  )
})

t.test('RSS 0.91, 0.92 and 2.0 of programs that write Atom into it are read', async (t) => {
  const doctype =
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">'
  const old = `<?xml version="1.0"?>\n${doctype}\n<rss version="0.91"><channel><item><title>N</title><link>u</link></item></channel></rss>`
  t.strictSame([...feedStories(old)], [bare('u', 'N')])
  const net = `<rss xmlns:a10="${'http://www.w3.org/2005/Atom'}" version="2.0"><channel><a10:link href="x"/><item><guid>1</guid><link>1</link>
    <a10:author><a10:name>Kirk</a10:name></a10:author><title>N</title><a10:updated>2008-12-10T00:00:00Z</a10:updated></item></channel></rss>`
  t.strictSame(
    [...feedStories(net)],
    [bare('1', 'N', { requestedBy: 'Kirk', createdAt: new Date('2008-12-10T00:00:00Z') })],
  )
})

t.test('what a prefix means is told by its namespace', async (t) => {
  const atom = `<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:id>1</a:id><a:title type="html">a &amp;lt; b</a:title>
    <a:link href="u"/><a:author><a:name>Kirk</a:name></a:author><a:content type="xhtml"><div>x <b>y</b></div></a:content>
    <a:published>2008-12-10T00:00:00Z</a:published><a:category term="bug"/></a:entry></a:feed>`
  const story = { requestedBy: 'Kirk', createdAt: new Date('2008-12-10T00:00:00Z'), type: 'bug' }
  t.strictSame([...feedStories(atom)], [bare('1', 'a < b', { ...story, description: 'x y\n\nu' })])
  const rdf = `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rss="http://purl.org/rss/1.0/"
    xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:c="http://purl.org/rss/1.0/modules/content/">
    <rss:item r:about="1"><rss:title>N</rss:title><d:creator>Kirk</d:creator><d:date>2008-12-10T00:00:00Z</d:date>
    <d:subject>bug</d:subject><c:encoded>&lt;p&gt;T&lt;/p&gt;</c:encoded></rss:item></r:RDF>`
  t.strictSame([...feedStories(rdf)], [bare('1', 'N', { ...story, description: 'T' })])
  const other = '<x:feed xmlns:x="urn:other"><x:entry><x:id>1</x:id></x:entry></x:feed>'
  t.throws(() => [...feedStories(other)], { message: /it begins with <x:feed>/ })
})

t.test("entities of HTML are read in people's names and categories too", async (t) => {
  const feed =
    '<rss><channel><item><guid>1</guid><title>N</title><author>a@b (Jos&eacute; &amp; <![CDATA[Zo&euml;]]>)</author><category>Caf&eacute;</category></item></channel></rss>'
  t.strictSame([...feedStories(feed)], [bare('1', 'N', { requestedBy: 'Jos\u00e9 & Zo\u00eb', type: 'Caf\u00e9' })])
})

t.test('fields name the elements of a part, those of other namespaces too', async (t) => {
  const feed = `<rss xmlns:t="urn:trac" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
    <item><guid>g1</guid><t:id>7</t:id><title>N</title><dc:creator>bot</dc:creator><t:owner><t:name>Jos&eacute;</t:name></t:owner>
      <t:opened at="2008-12-10T00:00:00Z"/><t:kind>Bug</t:kind><t:points>3</t:points><t:text>&lt;p&gt;T&lt;/p&gt;</t:text></item>
    <item><guid>g2</guid><t:id>8</t:id><title>M</title><dc:creator>Spock</dc:creator></item></channel></rss>`
  const fields = {
    external_id: 't:id',
    description: 't:text',
    requested_by: 't:owner/t:name',
    created_at: 't:opened/@at',
    type: 't:kind',
    estimate: 't:points',
  }
  t.strictSame(
    [...feedStories(feed, { fields })],
    [
      {
        externalId: '7',
        name: 'N',
        description: 'T',
        requestedBy: 'Jos\u00e9',
        createdAt: new Date('2008-12-10T00:00:00Z'),
        type: 'Bug',
        estimate: 3,
      },
      bare('8', 'M', { requestedBy: 'Spock' }),
    ],
  )
  t.throws(() => [...feedStories(feed, { fields: { external_id: 't:number' } })], {
    setting: 'source.fields.external_id',
    message: 'entry 1 has no <t:number>, or nothing in it: check source.fields.external_id',
  })
})

t.test('which number of a time is the month is told by the other entries', async (t) => {
  const entry = (id: number, time: string) => `<item><guid>${id}</guid><opened>${time}</opened></item>`
  const feed = `<rss><channel>${entry(1, '3/4/2014')}${entry(2, '3/25/2014')}</channel></rss>`
  t.strictSame(
    [...feedStories(feed, { fields: { created_at: 'opened' } })].map(({ createdAt }) => createdAt?.toISOString()),
    ['2014-03-04T00:00:00.000Z', '2014-03-25T00:00:00.000Z'],
  )
})

t.test('an estimate of JIRA is among its custom fields', async (t) => {
  const field = (name: string, value: string): string =>
    `<customfield id="customfield_1" key="k"><customfieldname>${name}</customfieldname><customfieldvalues><customfieldvalue>${value}</customfieldvalue></customfieldvalues></customfield>`
  const feed = `<rss version="0.92"><channel><item><title>[A-1] N</title><link>https://j/browse/A-1</link><key id="1">A-1</key>
    <summary>N</summary><type id="1">Bug</type><customfields>${field('Rank', '9')}${field('Story Points', '5.0')}</customfields></item></channel></rss>`
  t.strictSame(
    [...feedStories(feed)],
    [bare('A-1', 'N', { description: 'https://j/browse/A-1', type: 'Bug', estimate: 5 })],
  )
})

t.test('a document type declaration that could define entities is refused', async (t) => {
  const rss = '<rss><channel><item><guid>&x;</guid></item></channel></rss>'
  for (const doctype of [
    '<!DOCTYPE rss [<!ENTITY x "y">]>',
    '<!DOCTYPE rss SYSTEM "a" [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
  ])
    t.throws(() => [...feedStories(`${doctype}${rss}`)], {
      message: /document type declaration, which could define entities/,
    })
})

t.test('a feed without entries is an empty list', async (t) => {
  t.strictSame([...feedStories('<rss version="2.0"><channel><title>T</title></channel></rss>')], [])
  t.strictSame([...feedStories('<feed xmlns="http://www.w3.org/2005/Atom"/>')], [])
})

t.test('the error for anything but a feed says what it is', async (t) => {
  const cases: [string, string][] = [
    [
      '<html></html>',
      'the answer is not an RSS or Atom feed, but a web page, most likely a login form: check source.feed',
    ],
    ['{}', 'the answer is not an RSS or Atom feed, but JSON: check source.feed'],
    ['<opml/>', 'the answer is not an RSS or Atom feed; it begins with <opml>: check source.feed'],
    ['<rss><channel><item>', 'the answer is not well-formed XML (line 1: <item> is not closed): check source.feed'],
    [
      '<rss><channel><item><title>T</title></item></channel></rss>',
      'the feed cannot be used: entry 1 has neither an id nor a link',
    ],
    [
      `<rss><channel><item>${'<a>'.repeat(60)}${'</a>'.repeat(60)}</item></channel></rss>`,
      'the answer is XML that cannot be read (Maximum nested tags exceeded): check source.feed',
    ],
  ]
  for (const [text, message] of cases)
    t.throws(
      () => [...feedStories(text)],
      { name: 'DeliveryError', setting: 'source.feed', message },
      text.slice(0, 60),
    )
})
