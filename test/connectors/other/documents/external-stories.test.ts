import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { ExternalStory } from '../../../../src/connectors/contract/connector.ts'
import { externalStories } from '../../../../src/connectors/other/documents/external-stories.ts'
import other from '../../../../src/connectors/other/index.ts'
import type { ReadTicket } from '../../../../src/connectors/other/ticket-parts.ts'
import { openSession } from '../../../harness.ts'
import { bare } from '../../reading.ts'
import { openOther, openProgram } from '../other-source.ts'

const PATH = '/stories.xml'
const source = (url: string): object => ({ external_stories: `${url}${PATH}` })

/** The story of each quirk, but for what the quirk is about. */
const PLAIN: ExternalStory = {
  externalId: '1',
  name: 'A name',
  description: '',
  requestedBy: '',
  createdAt: null,
  type: null,
  estimate: null,
}

t.test('every part of the XML of the import API is read', async (t) => {
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
  <external_story>
    <external_id>1234</external_id>
    <name>More power to shields</name>
    <description>Shields fail &lt;at&gt; warp 9 &amp; above &#x1F680;&#10;\u05e9\u05dc\u05d5\u05dd &amp;lt;b&amp;gt; <![CDATA[<b>bold</b> & ]]>done</description>
    <requested_by>James Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>bug</story_type>
    <estimate type="integer">3</estimate>
  </external_story>
  <external_story>
    <external_id>owner/repo/issues/9</external_id>
    <name>  Cloak </name>
    <description></description>
    <requested_by/>
    <story_type>feature</story_type>
  </external_story>
</external_stories>
`
  const { stories } = await openProgram(t, { documents: { [PATH]: body } }, source)
  t.strictSame(await stories(), [
    {
      externalId: '1234',
      name: 'More power to shields',
      description:
        'Shields fail <at> warp 9 & above \ud83d\ude80\n\u05e9\u05dc\u05d5\u05dd &lt;b&gt; <b>bold</b> & done',
      requestedBy: 'James Kirk',
      createdAt: new Date('2008-12-10T00:00:00Z'),
      type: 'bug',
      estimate: 3,
    },
    bare('owner/repo/issues/9', 'Cloak', { type: 'feature' }),
  ])
})

t.test('the XML that real programs sent is read', async (t) => {
  const at = (text: string): Date => new Date(text)
  const cases: [string, string, Partial<ReadTicket>][] = [
    [
      'an ISO date',
      '<created_at type="datetime">2015-04-01T10:20:30Z</created_at>',
      { createdAt: at('2015-04-01T10:20:30Z') },
    ],
    [
      'a date without a type',
      '<created_at>2021-04-01T10:20:30+02:00</created_at>',
      { createdAt: at('2021-04-01T08:20:30Z') },
    ],
    [
      'a date with dashes',
      '<created_at>2011-01-22 10:00:00 UTC</created_at>',
      { createdAt: at('2011-01-22T10:00:00Z') },
    ],
    ['a day alone', '<created_at>2010/8/1</created_at>', { createdAt: at('2010-08-01T00:00:00Z') }],
    [
      'a date that is none',
      '<created_at type="datetime">yesterday</created_at>',
      { unreadTime: { text: 'yesterday', why: 'unknown' } },
    ],
    ['an owner', '<owned_by>Spock</owned_by>', {}],
    ['labels', '<labels>a,b</labels><other_id>7</other_id>', {}],
    ['a comment', '<!-- <name>not this</name> </external_story> -->', {}],
    ['an estimate without a type', '<estimate>0</estimate>', { estimate: 0 }],
    ['no estimate', '<estimate type="integer">-1</estimate>', { estimate: null }],
    ['a nil estimate', '<estimate type="integer" nil="true"></estimate>', { estimate: null }],
    ['an end of line as a reference', '<description>a&#xD;&#xA;b</description>', { description: 'a\r\nb' }],
    ['a bare ampersand', '<requested_by>Q & A</requested_by>', { requestedBy: 'Q & A' }],
    ['twice escaped text', '<description>a &amp;lt; b</description>', { description: 'a &lt; b' }],
    [
      'the end tag as text',
      '<description><![CDATA[</external_story>]]></description>',
      { description: '</external_story>' },
    ],
    ['an entity that nobody defined', '<description>&foo;</description>', { description: '&foo;' }],
    ['a type of its own', '<story_type>Incident</story_type>', { type: 'Incident' }],
  ]
  for (const [name, xml, expected] of cases) {
    const story = `<external_story>${xml}<name>A name</name><external_id>1</external_id></external_story>`
    const found = [...externalStories(`<external_stories>${story}</external_stories>`)]
    t.strictSame(found, [{ ...PLAIN, ...expected }], name)
  }
})

t.test('the content type does not matter, but the encoding does', async (t) => {
  const xml = (name: string, declaration = ''): string =>
    `${declaration}<external_stories type="array"><external_story><external_id>1</external_id><name>${name}</name></external_story></external_stories>`
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
  const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le')
  const cases: [string, string | Buffer, string][] = [
    ['application/json', xml('caf\u00e9'), 'caf\u00e9'],
    ['text/javascript', xml('caf\u00e9'), 'caf\u00e9'],
    ['text/xml', latin(xml('caf\u00e9', '<?xml version="1.0" encoding="ISO-8859-1"?>')), 'caf\u00e9'],
    ['text/xml; charset=iso-8859-1', latin(xml('caf\u00e9', '<?xml version="1.0"?>')), 'caf\u00e9'],
    ['application/xml', wide(xml('caf\u00e9')), 'caf\u00e9'],
    [
      'application/xml',
      `\ufeff  ${xml('caf\u00e9', '<?xml version="1.0" encoding="utf-8"?><?xml-stylesheet href="a"?><!-- by hand -->')}\n`,
      'caf\u00e9',
    ],
  ]
  for (const [contentType, body, name] of cases) {
    const answer = { status: 200, headers: { 'content-type': contentType }, body }
    const { stories } = await openProgram(t, { documents: { [PATH]: answer } }, source)
    t.strictSame(await stories(), [{ ...PLAIN, name }], contentType)
  }
})

t.test('a list without stories is an empty list', async (t) => {
  for (const xml of [
    '<external_stories type="array"/>',
    '<external_stories type="array">\n</external_stories>',
    '<nil-classes type="array"/>',
  ]) {
    const { stories, check } = await openProgram(t, { documents: { [PATH]: xml } }, source)
    t.strictSame(await stories(), [], xml)
    t.strictSame(await check(), [
      {
        level: 'warning',
        setting: 'source.external_stories',
        message: 'the source can be read, but there is no ticket in it',
      },
    ])
  }
})

t.test('the error for anything but external stories says what it is', async (t) => {
  const story = '<external_story><external_id>1</external_id><name>A</name></external_story>'
  const end = ': check source.external_stories'
  const cases: [string, string, string][] = [
    ['nothing', '', `the answer is not external_stories XML, but nothing at all${end}`],
    ['blanks', ' \n', `the answer is not external_stories XML, but nothing at all${end}`],
    ['text', 'Authentication failed', `the answer is not external_stories XML, but plain text${end}`],
    ['JSON', '{"error":1}', `the answer is not external_stories XML, but JSON${end}`],
    [
      'a login page',
      '<!DOCTYPE html><html><form></form></html>',
      `the answer is not external_stories XML, but a web page, most likely a login form${end}`,
    ],
    [
      'other XML',
      '<?xml version="1.0"?><issues><issue/></issues>',
      `the answer is not external_stories XML; it begins with <issues>${end}`,
    ],
    [
      'an answer that is not whole',
      `<external_stories>\n${story}\n<external_story><external_id>2</ext`,
      `the answer is not well-formed XML (line 3: "<" does not begin a complete tag)${end}`,
    ],
    [
      'an answer that ends between stories',
      `<external_stories>\n${story}\n`,
      `the answer is not well-formed XML (line 3: <external_stories> is not closed)${end}`,
    ],
    [
      'tags that do not nest',
      '<external_stories><a><b></a></b></external_stories>',
      `the answer is not well-formed XML (line 1: </a>, expected </b>)${end}`,
    ],
    [
      'two lists',
      '<external_stories/><external_stories/>',
      `the answer is not well-formed XML (line 1: a second root)${end}`,
    ],
    [
      'entities of its own',
      `<!DOCTYPE x [<!ENTITY a "b">]><external_stories>${story}</external_stories>`,
      `the answer is refused because of its document type declaration, which could define entities${end}`,
    ],
    [
      'a story without an id',
      `<external_stories>${story}<external_story><name>B</name></external_story></external_stories>`,
      'the answer cannot be used: ticket 2 has no external_id',
    ],
  ]
  for (const [name, body, message] of cases) {
    t.throws(
      () => [...externalStories(body)],
      { name: 'DeliveryError', setting: 'source.external_stories', message },
      name,
    )
  }
})

t.test('a useless answer is the same error in the list and in the check', async (t) => {
  const cases: [string, string][] = [
    [
      '<html><form></form></html>',
      'the answer is not external_stories XML, but a web page, most likely a login form: check source.external_stories',
    ],
    [
      '<?xml version="1.0" encoding="klingon"?><external_stories/>',
      'the answer is in the unknown encoding klingon: let the program send UTF-8',
    ],
  ]
  for (const [body, message] of cases) {
    const { stories, check } = await openProgram(t, { documents: { [PATH]: body } }, source)
    await t.rejects(stories(), { name: 'DeliveryError', message, verdict: 'pause' })
    t.strictSame(await check(), [{ level: 'error', setting: 'source.external_stories', message }])
  }
})

t.test('each failure of the program names the setting and what to do', async (t) => {
  const documents = { [PATH]: '<external_stories/>' }
  const authorization = `Basic ${Buffer.from('relay:right').toString('base64')}`
  const login = { username: 'relay', password: 'wr0ng-secret' }
  const cases: [object, object, string, RegExp][] = [
    [{ authorization }, {}, 'source.username', /^127\.0\.0\.1:\d+ asks for a login \(401\): set source\.username and/],
    [
      { authorization },
      login,
      'source.password',
      /^127\.0\.0\.1:\d+ rejects the login \(401\): check source\.username/,
    ],
    [
      { authorization },
      { headers: { 'X-Key': 'wr0ng-secret' } },
      'source.headers',
      /^127\.0\.0\.1:\d+ rejects the login \(401\): check source\.headers$/,
    ],
    [
      { authorization, refusal: { status: 302, headers: { location: '/login' } } },
      {},
      'source.external_stories',
      /answered 302, a redirect, which is never followed: set source\.external_stories to the URL that it points to$/,
    ],
    [
      { documents: {} },
      {},
      'source.external_stories',
      /has nothing at this URL \(404\): check source\.external_stories$/,
    ],
  ]
  for (const [options, settings, setting, message] of cases) {
    const { stories, check } = await openProgram(t, { documents, ...options }, (url) => ({
      ...source(url),
      ...settings,
    }))
    await t.rejects(stories(), { name: 'DeliveryError', setting, message, verdict: 'pause' })
    const [finding] = await check()
    t.match(finding, { level: 'error', setting, message })
    t.notMatch(finding?.message ?? '', /wr0ng/)
  }
})

t.test('a login is sent as Basic authentication or as a header', async (t) => {
  const documents = { [PATH]: '<external_stories/>' }
  const cases: [string, object][] = [
    [`Basic ${Buffer.from('relay:s\u00e4cret').toString('base64')}`, { username: 'relay', password: 's\u00e4cret' }],
    [`Basic ${Buffer.from('key:').toString('base64')}`, { username: 'key' }],
    ['Bearer abc', { headers: { Authorization: 'Bearer abc' } }],
  ]
  for (const [authorization, settings] of cases) {
    const { stories } = await openProgram(t, { documents, authorization }, (url) => ({ ...source(url), ...settings }))
    t.strictSame(await stories(), [], authorization)
  }
})

t.test('the document is fetched again after trouble, but not after a refusal', async (t) => {
  for (const [fault, requests] of [
    [{ status: 429, headers: { 'retry-after': '0' } }, 2],
    [{ status: 502 }, 2],
    ['reset', 2],
    ['reset mid-body', 2],
    [{ status: 404 }, 1],
  ] as const) {
    const { target, stories } = await openProgram(t, { documents: { [PATH]: '<external_stories/>' } }, source)
    target.fault(fault)
    const reading = stories()
    if (requests === 1) await t.rejects(reading)
    else t.strictSame(await reading, [])
    t.equal(target.requests.length, requests, JSON.stringify(fault))
  }
})

t.test('a program that cannot be reached is named by its host', async (t) => {
  const { target } = await openProgram(t, { documents: {} }, source)
  await target.close()
  const { check } = openOther(t, source(target.url))
  t.match(await check(), [{ level: 'error', setting: null, message: new RegExp(`127.0.0.1:${target.port}`) }])
})

t.test('a long list comes in pages, and reading can stop at any time', async (t) => {
  const story = (id: number): string =>
    `<external_story><external_id>${id}</external_id><name>N</name></external_story>`
  const count = 20_000
  const xml = `<external_stories>${Array.from({ length: count }, (_, index) => story(index)).join('')}</external_stories>`
  const { pages, check } = await openProgram(t, { documents: { [PATH]: xml } }, source)
  const all = await pages()
  t.strictSame(new Set(all.map(({ length }) => length)), new Set([500]))
  t.strictSame(
    all.flat().map(({ externalId }) => externalId),
    Array.from({ length: count }, (_, index) => String(index)),
  )
  t.strictSame(await check(), [
    {
      level: 'ok',
      setting: 'source.external_stories',
      message: 'the source can be read; 1000 tickets or more can become stories',
    },
  ])
})

t.test('a program that does not answer is given up after timeout_seconds', async (t) => {
  const silent = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.closeAllConnections())
  t.teardown(() => silent.close())
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  for (const kind of ['external_stories', 'json', 'feed', 'csv']) {
    const { session, close } = openSession(other, { source: { [kind]: url } }, { timeoutMs: 50 })
    t.teardown(close)
    const began = performance.now()
    const findings = (await session.check?.()) ?? []
    t.match(findings, [{ level: 'error', message: /within 0\.05 s|50 ms|time/ }], kind)
    t.ok(performance.now() - began < 10_000, kind)
  }
})
