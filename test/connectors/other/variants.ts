import { type DocumentSourceOptions, startDocumentSource } from '../../targets/document-source.ts'
import type { Variant } from '../variant.ts'

/** @param sourceAt the source in the settings, for a program at this URL */
function reading(
  name: string,
  options: (url: () => string) => DocumentSourceOptions,
  sourceAt: (url: string) => object,
  settings: object = {},
): Variant {
  return {
    name,
    connector: 'other',
    async start() {
      let url = ''
      const standIn = await startDocumentSource(options(() => url))
      url = standIn.url
      return { standIn, settings: { source: sourceAt(standIn.url), ...settings } }
    },
  }
}

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
  <external_story>
    <external_id>1234</external_id>
    <name>More power to shields</name>
    <description>Shields fail &lt;at&gt; warp 9 &amp; above&#10;漢字 <![CDATA[<b>bold</b>]]></description>
    <requested_by>James Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>bug</story_type>
    <estimate type="integer">3</estimate>
  </external_story>
  <external_story>
    <external_id>owner/repo/issues/9</external_id>
    <name>  Cloak </name>
    <story_type>feature</story_type>
  </external_story>
</external_stories>
`

const FEED = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>Tickets</title><link>https://example.com/</link><description>All of them</description>
  <item>
    <title>Shields &amp;amp; phasers fail</title>
    <link>https://example.com/tickets/7</link>
    <guid isPermaLink="false">tag:example.com,2008:7</guid>
    <description>&lt;p&gt;Raise &lt;b&gt;shields&lt;/b&gt;&lt;/p&gt;</description>
    <dc:creator>James Kirk</dc:creator>
    <pubDate>Wed, 10 Dec 2008 01:30:00 +0130</pubDate>
    <category>Bug</category>
  </item>
</channel>
</rss>`

const CSV =
  'ID;Title;Text;Who;When\r\n7;"More ""power""; please";"line one\r\nline two 漢字";James Kirk;2008-12-10\r\nA-8;Cloak'

const issue = (number: number, more: object = {}) => ({ number, fields: { summary: `Issue ${number}` }, ...more })
const kirk = { body: 'line one\nline two 漢字', people: [{ name: 'Kirk', role: 'author' }], opened: 1228867200 }

export const variants: readonly Variant[] = [
  reading(
    'other-external-stories',
    () => ({ documents: { '/stories.xml': XML }, authorization: `Basic ${btoa('relay:correct horse')}` }),
    (url) => ({ external_stories: `${url}/stories.xml`, username: 'relay', password: 'correct horse' }),
    { base_url: 'https://tickets.example.com/tickets/' },
  ),
  reading(
    'other-json',
    (url) => ({
      authorization: 'Bearer 2f1c',
      documents: {
        get '/issues?state=open'() {
          return JSON.stringify({ issues: [issue(7, kirk)], next: `${url()}/issues?page=2` })
        },
        '/issues?page=2': JSON.stringify({ issues: [issue(8, { fields: { summary: 'Cloak', points: 2 } })] }),
      },
    }),
    (url) => ({
      json: `${url}/issues?state=open`,
      headers: { authorization: 'Bearer 2f1c' },
      items: 'issues',
      next: 'next',
      fields: {
        external_id: '"ACME-" & number',
        name: 'fields.summary',
        description: '/body',
        requested_by: 'people[role = "author"].name',
        created_at: 'opened',
        estimate: 'fields.points',
      },
    }),
  ),
  reading(
    'other-feed',
    () => ({
      documents: {
        '/feed': { status: 200, headers: { 'content-type': 'application/rss+xml; charset=utf-8' }, body: FEED },
      },
    }),
    (url) => ({ feed: `${url}/feed` }),
  ),
  reading(
    'other-csv',
    () => ({ documents: { '/tickets.csv': CSV } }),
    (url) => ({
      csv: `${url}/tickets.csv`,
      columns: { external_id: 'ID', name: 'Title', description: 'Text', requested_by: 'Who', created_at: 'When' },
    }),
  ),
]
