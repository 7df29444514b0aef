import t from 'tap'
import { FEED_FORMATS, write } from '../../src/imports/feed-format.ts'
import { createStoryMapping, type FeedStory } from '../../src/imports/feed-story.ts'
import { problemsOf } from './xmllint.ts'

const SHIELDS: FeedStory = {
  external_id: 'ENT-17',
  name: 'More power to shields & <phasers>',
  description: 'They hold\n\tfor 3 minutes ]]>',
  requested_by: 'James "Jim" Kirk',
  created_at: '2008/12/10 00:00:00 UTC',
  story_type: 'feature',
  estimate: 3,
}
const TRIBBLES: FeedStory = {
  external_id: 'ENT-18',
  name: 'Tribbles',
  description: '',
  requested_by: '',
  created_at: null,
  story_type: 'bug',
  estimate: null,
}

async function written(name: 'xml' | 'json', ...batches: FeedStory[][]): Promise<string> {
  let text = ''
  for await (const piece of write(
    FEED_FORMATS[name],
    (async function* () {
      yield* batches
    })(),
  ))
    text += piece
  return text
}

t.test('the XML is the one that Tracker reads', async (t) => {
  const feed = await written('xml', [SHIELDS], [], [TRIBBLES])
  t.equal(
    feed,
    `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
  <external_story>
    <external_id>ENT-17</external_id>
    <name>More power to shields &amp; &lt;phasers&gt;</name>
    <description>They hold
\tfor 3 minutes ]]&gt;</description>
    <requested_by>James "Jim" Kirk</requested_by>
    <created_at type="datetime">2008/12/10 00:00:00 UTC</created_at>
    <story_type>feature</story_type>
    <estimate type="integer">3</estimate>
  </external_story>
  <external_story>
    <external_id>ENT-18</external_id>
    <name>Tribbles</name>
    <description></description>
    <requested_by></requested_by>
    <story_type>bug</story_type>
  </external_story>
</external_stories>
`,
  )
  t.strictSame(await problemsOf(feed), [])
})

t.test('the JSON has the same content', async (t) => {
  const feed = await written('json', [SHIELDS], [TRIBBLES])
  t.strictSame(JSON.parse(feed), [
    { ...SHIELDS },
    { external_id: 'ENT-18', name: 'Tribbles', description: '', requested_by: '', story_type: 'bug' },
  ])
  t.strictSame(Object.keys((JSON.parse(feed) as object[])[0] ?? {}), Object.keys(SHIELDS), 'in the same order')
})

t.test('a list of no tickets is a whole document', async (t) => {
  t.strictSame(await problemsOf(await written('xml')), [])
  t.strictSame(JSON.parse(await written('json')), [])
  t.strictSame(JSON.parse(await written('json', [], [])), [])
})

t.test('any text of a ticket makes a document that libxml2 and the schema find nothing wrong with', async (t) => {
  const map = createStoryMapping({ estimate_bugs_and_chores: true }, undefined)
  const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join('')
  const texts = [
    every,
    [...every].reverse().join(''),
    ']]> <![CDATA[ <!-- --> <?xml version="1.0"?> &lt; &#0; &nosuch; <!DOCTYPE x [<!ENTITY y "z">]>',
    '\ud83d \udd96 \ud83d\ud83d \u{1f596}\udd96',
    'עברית ‮ العربية ‏ 日本語 ไทย 🇬🇧 👩‍🚀',
    'x'.repeat(30_000),
    '🖖'.repeat(30_000),
    '&'.repeat(30_000),
    '',
    // An id is short, so all characters come in pieces too.
    ...(every.match(/.{400}/gs) ?? []),
  ]
  const stories = texts.map((text, index) =>
    map({
      externalId: `ENT-${index} ${text.slice(0, 400)}`,
      name: text,
      description: text,
      requestedBy: text,
      createdAt: new Date(0),
      type: text,
      estimate: 1,
    }),
  )
  const feed = await written(
    'xml',
    stories.filter((story) => story !== null),
  )
  t.equal(stories.includes(null), false)
  t.strictSame(await problemsOf(feed), [])
})

t.test('the schema finds what is wrong', async (t) => {
  const feed = await written('xml', [SHIELDS])
  const wrong = async (from: string, to: string): Promise<number> => {
    t.ok(feed.includes(from))
    return (await problemsOf(feed.replace(from, to))).length
  }
  t.not(await wrong('&amp;', '&'), 0, 'not well-formed')
  t.not(await wrong('shields', 'shi\u0007elds'), 0, 'a control character')
  t.not(await wrong(' type="array"', ''), 0)
  t.not(await wrong(' type="datetime"', ''), 0)
  t.not(await wrong('2008/12/10 00:00:00 UTC', '2008-12-10T00:00:00Z'), 0)
  t.not(await wrong('>feature<', '>epic<'), 0)
  t.not(await wrong('>3<', '>-1<'), 0)
  t.not(await wrong('<name>More power to shields &amp; &lt;phasers&gt;</name>', '<name></name>'), 0)
  t.not(await wrong('They', 'x'.repeat(20_000)), 0, 'too long a description')
  const [story = ''] = /<external_story>.*<\/external_story>/s.exec(feed) ?? []
  t.not(await wrong(story, story + story), 0, 'a ticket twice')
})
