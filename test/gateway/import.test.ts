import { readFileSync } from 'node:fs'
import t from 'tap'
import type { FoundTicket } from '../../src/stand-ins/jira-search.ts'
import { problemsOf } from '../imports/xmllint.ts'
import { type JiraStandIn, startJira } from '../targets/jira.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'

t.setTimeout(300_000)

const TOKEN = 'NjUwMjE5MTk3NTY3Oq-pat'

function ticket(number: number, fields: object): FoundTicket {
  return {
    id: String(10_000 + number),
    key: `TEST-${number}`,
    fields: { created: '2021-01-17T12:34:00.000+0100', ...fields },
  }
}

const PHASERS = ticket(1280, { summary: 'Phasers overheat', description: 'In training.', issuetype: { name: 'Bug' } })
const SHUTTLES = ticket(1281, { summary: 'Name our shuttles & <pods>', issuetype: { name: 'Story' } })

async function openJira(
  t: { teardown(work: () => Promise<void>): void },
  ...finds: FoundTicket[]
): Promise<JiraStandIn> {
  const jira = await startJira({
    filters: [{ id: '10000', name: 'All open', jql: 'project = TEST', finds }],
    mostFound: 1,
  })
  t.teardown(() => jira.close())
  return jira
}

const settings = (jira: JiraStandIn): object => ({
  type: 'jira',
  base_url: jira.url,
  personal_access_token: TOKEN,
  filter_id: 10000,
  import: { public: true, cache_seconds: 3600 },
})

async function idsShown(relay: RunningRelay, name: string): Promise<string[]> {
  const { status, text } = await relay.get(`/imports/${name}.xml`)
  if (status !== 200) throw new Error(text)
  return [...text.matchAll(/<external_id>(.*)<\/external_id>/g)].map(([, id = '']) => id)
}

t.test("a filter's tickets are shown as Tracker reads them", async (t) => {
  const jira = await openJira(t, PHASERS, SHUTTLES)
  const relay = await startRelay(t, { integrations: { jira: settings(jira) } })
  const { text } = await relay.get('/imports/jira.xml')
  t.equal(
    text,
    `<?xml version="1.0" encoding="UTF-8"?>
<external_stories type="array">
  <external_story>
    <external_id>TEST-1280</external_id>
    <name>Phasers overheat</name>
    <description>In training.</description>
    <requested_by></requested_by>
    <created_at type="datetime">2021/01/17 11:34:00 UTC</created_at>
    <story_type>bug</story_type>
  </external_story>
  <external_story>
    <external_id>TEST-1281</external_id>
    <name>Name our shuttles &amp; &lt;pods&gt;</name>
    <description></description>
    <requested_by></requested_by>
    <created_at type="datetime">2021/01/17 11:34:00 UTC</created_at>
    <story_type>feature</story_type>
  </external_story>
</external_stories>
`,
  )
  t.strictSame(await problemsOf(text), [])
})

t.test(
  'a ticket goes when Tracker tells that it has become a story, and comes back when the story is deleted',
  async (t) => {
    const jira = await openJira(t, PHASERS, SHUTTLES)
    const other = await openJira(t, PHASERS)
    const relay = await startRelay(t, { integrations: { jira: settings(jira), other: settings(other) } })
    t.strictSame(await idsShown(relay, 'jira'), ['TEST-1280', 'TEST-1281'])
    const created = readFileSync('test/activities/story_created_linked_jira.in.xml', 'utf8')
    await relay.post(created.replace('https://jira.example.com', jira.url))
    t.strictSame(await idsShown(relay, 'jira'), ['TEST-1281'])
    t.strictSame(await idsShown(relay, 'other'), ['TEST-1280'], 'the ticket of the same name in another JIRA stays')
    const deleted = readFileSync('test/activities/story_deleted.in.xml', 'utf8')
    await relay.post(deleted.replaceAll('115', '111'))
    t.strictSame(await idsShown(relay, 'jira'), ['TEST-1280', 'TEST-1281'])
  },
)

t.test('a filter that is not there is told in the words of the settings, and the login is not in it', async (t) => {
  const jira = await openJira(t, PHASERS)
  const relay = await startRelay(t, { integrations: { jira: { ...settings(jira), filter_id: 99 } } })
  const answer = await relay.get('/imports/jira.xml')
  t.equal(answer.status, 502)
  t.match(answer.json(), { detail: /^integration jira: .*filter_id/ })
  t.notMatch(answer.text + relay.output(), TOKEN)
})
