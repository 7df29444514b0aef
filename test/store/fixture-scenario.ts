import { readFileSync } from 'node:fs'
import type { DatabaseSettings } from '../../src/store/database.ts'
import type { Store } from '../../src/store/store.ts'
import { eventually } from '../gateway/eventually.ts'
import { changed, commented, created } from '../gateway/tracker-says.ts'
import { faultOfPost, HOOKS_URL, PORTS, type Targets, TRACKER_TOKEN } from './fixture-targets.ts'

/** What happens to a relay whose database becomes a fixture: every state, every kind of row. */

export const SECRET = 'kobayashi-maru-1701'
/** Of the integration with max_per_day, in what was recorded. */
export const CAPPED = { name: 'capped', perDay: 2 } as const

const HOURS = 3600
const comments = { kinds: ['note_create'] }
const hook = (name: string, parts: object = {}): object => ({
  type: 'webhook',
  url: `${HOOKS_URL}/${name}`,
  ...comments,
  ...parts,
})
const account = (name: string): object => ({
  type: 'twitter',
  api_base_url: `${HOOKS_URL}/${name}`,
  consumer_key: 'xvz1evFS4wEEPTGEFPHBog',
  consumer_secret: 'a-secret-of-the-app',
  publish_story_comments: false,
  retry: { schedule_seconds: [2 * HOURS, 2 * HOURS] },
  breaker: { failures: 100 },
})

const integrations = {
  ok: hook('ok'),
  later: hook('later', { retry: { schedule_seconds: [2 * HOURS, 2 * HOURS] } }),
  dead: hook('dead', { retry: { schedule_seconds: [1], jitter: 0 } }),
  gone: hook('gone', { concurrency: 1 }),
  [CAPPED.name]: hook(CAPPED.name, { max_per_day: CAPPED.perDay, concurrency: 1 }),
  down: {
    ...hook('down', { concurrency: 1, breaker: { failures: 1, probe_seconds: [2 * HOURS] } }),
    url: `http://127.0.0.1:${PORTS.down}/down`,
  },
  /** Its account is authorised with a PIN, so its token is sealed in the database. */
  news: account('news'),
  wire: account('wire'),
  jira: {
    type: 'jira',
    base_url: `http://127.0.0.1:${PORTS.jira}`,
    api_username: 'relay',
    api_password: 'correct horse',
  },
}

export function fixtureConfig(folder: string, database: DatabaseSettings): object {
  const tracker = { api_url: `http://127.0.0.1:${PORTS.tracker}/services/{version}`, token: TRACKER_TOKEN }
  return {
    server: { host: '127.0.0.1', port: 0 },
    database,
    imports: { folder: `${folder}/imports` },
    log: { level: 'warn', format: 'json' },
    credentials: { keys: ['a key that is in the fixture, and nowhere else'] },
    projects: [
      { id: '26', secret: SECRET, integrations: Object.keys(integrations), tracker },
      { id: '27', secret: SECRET, integrations: ['ok'] },
    ],
    integrations,
  }
}

/** The first activity: what is known is a duplicate for later releases too. */
export const FIRST = created(1, { story: '109', name: 'More power to shields' })
/** It was sent to the hook of project 26, and can be handed in again for its own. */
export const ASTRAY = commented(30, { story: '800', text: 'This belongs to project 27', project: '27' })
/** What the log alone holds of the database that was killed. */
export const ONLY_IN_THE_LOG = 'Said last, before the power went'

const linked = (number: number, story: string, ticket: string): string =>
  readFileSync('test/activities/story_created_linked_jira.in.xml', 'utf8')
    .replaceAll('111', story)
    .replaceAll('>999<', `>${number}<`)
    .replaceAll('>143<', `>${number}<`)
    .replaceAll('TEST-1280', ticket)
    .replaceAll('https://jira.example.com', `http://127.0.0.1:${PORTS.jira}`)

interface Driven {
  readonly store: Store
  readonly targets: Targets
  /** Where the relay listens. */
  readonly url: string
}

/** Up to all that happens before the database's log is emptied. */
export async function drive({ store, targets, url }: Driven): Promise<void> {
  const post = (body: string): Promise<void> => postTo(url, body)
  for (const path of ['/later', '/dead']) targets.refusals.set(path, 404)
  targets.refusals.set('/gone', 410)
  targets.silent.add('/wire')
  faultOfPost(targets, '/news', 'More power', 'lose the answer')
  faultOfPost(targets, '/news', 'Phasers', 'reset')
  faultOfPost(targets, '/wire', 'Phasers', 'hang')
  targets.tracker.integration('26', { id: '33', kind: 'jira', baseUrl: `http://127.0.0.1:${PORTS.jira}` })
  targets.tracker.story('26', '130', { integrationId: '33', externalId: 'TEST-3' })
  const operators = { projectId: '26', storyId: '120', system: 'jira', integrationId: null, externalUrl: null }
  await store.setLinks(() => [[{ ...operators, externalId: 'TEST-2' }]], Date.now())

  await post(FIRST)
  await post(linked(2, '111', 'TEST-1'))
  await post(linked(3, '160', 'TEST-9').replaceAll('Phasers overheat', 'Tribbles multiply'))
  await post(changed(4, { story: '160', state: 'unstarted' }).replace('story_update', 'story_delete'))
  for (const number of [5, 6, 7])
    await post(commented(number, { story: '109', text: `Comment ${number} &lt;&amp;&gt; 🖖` }))
  for (const [index, story] of ['111', '120', '130', '140'].entries())
    await post(commented(8 + index, { story, text: `Comment of ${story}` }))
  await stand(store, 'jira', { delivered: 3, skipped: 4 })

  await store.savePause('jira', null, 'the tickets move house', Date.now())
  await eventually(
    async () =>
      /^relay_integration_paused\{integration="jira"\} 1$/m.test(await (await fetch(`${url}/metrics`)).text()),
    Boolean,
    'the relay has noticed the pause',
  )
  for (const [index, story] of ['111', '120', '130'].entries())
    await post(commented(12 + index, { story, text: `Another comment of ${story}` }))
  await post(changed(15, { story: '111', state: 'accepted' }))

  for (const body of [ASTRAY, '<html>not an activity</html>', '<activity>cut off']) await postTo(url, body, [422, 400])
  await stand(store, 'dead', { dead: 10 })
  await stand(store, 'ok', { delivered: 10 })
  await replayed(store, 'dead', 'dead')
  await replayed(store, 'ok', 'delivered')
  await stand(store, 'later', { waiting: 5, pending: 5 })
  await stand(store, 'down', { held: 1, pending: 9 })
  await stand(store, 'gone', { held: 1, pending: 9 })
  await stand(store, CAPPED.name, { delivered: CAPPED.perDay, pending: 10 - CAPPED.perDay })
  await stand(store, 'news', { delivered: 1, waiting: 2, pending: 1 })
  await stand(store, 'wire', { delivering: 3, pending: 1 })
  await stand(store, 'jira', { delivered: 3, skipped: 4, pending: 4 })
}

/** What only the log of the database holds when the relay is killed. */
export async function driveTheLast({ store, url }: Omit<Driven, 'targets'>): Promise<void> {
  await postTo(url, commented(16, { story: '150', text: ONLY_IN_THE_LOG }))
  await stand(store, 'ok', { delivered: 11 })
  await stand(store, 'later', { waiting: 6, pending: 5 })
  await stand(store, 'dead', { dead: 11 })
}

async function postTo(url: string, body: string, expected: readonly number[] = [202]): Promise<void> {
  const headers = { 'content-type': 'application/xml' }
  const { status } = await fetch(`${url}/hooks/26/${SECRET}`, { method: 'POST', headers, body })
  if (!expected.includes(status)) throw new Error(`the hook answered ${status}`)
}

/** Waits until the deliveries of the integration stand so. */
async function stand(store: Store, integration: string, wanted: Record<string, number>): Promise<void> {
  await eventually(
    async () => await stateCounts(store, integration),
    (found) => isSame(found, wanted),
    `${integration}: ${JSON.stringify(wanted)}`,
  )
}

async function stateCounts(store: Store, integration: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const { state } of await store.deliveries({ integration, limit: 1000 })) found[state] = (found[state] ?? 0) + 1
  return found
}

function isSame(one: Record<string, number>, other: Record<string, number>): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => one[key] === other[key])
}

/** Replays the integration's first delivery, and waits until it is over once more. */
async function replayed(store: Store, integration: string, state: 'dead' | 'delivered'): Promise<void> {
  const first = (await store.deliveries({ integration, state, limit: 1000 })).at(-1)
  if (first === undefined) throw new Error(`${integration} has nothing to replay`)
  await store.replay({ ids: [first.id] }, Date.now())
  await eventually(
    async () => (await store.delivery(first.id))?.delivery,
    (found) => found !== undefined && found.attempts > first.attempts && found.state === state,
    'the replayed delivery is over',
  )
}
