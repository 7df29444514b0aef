import t from 'tap'
import type { MissedPage } from '../../../src/sources/contract/source.ts'
import gitlab from '../../../src/sources/gitlab/index.ts'
import { openClient } from '../../harness.ts'
import { type GitLabLists, PROJECT_PATH, startGitLabLists, TOKEN } from '../../targets/gitlab-lists.ts'
import { configuredSource } from '../recorded.ts'
import { SECRET_TOKEN } from './requests.ts'

type Test = Parameters<typeof openClient>[0]

const BEGIN = Date.parse('2026-11-24T06:00:00Z')
const at = (second: number): string => new Date(BEGIN + second * 1000).toISOString()
const WHOLE = { since: new Date(BEGIN), from: new Date(BEGIN), until: new Date(BEGIN + 86_400_000) }

async function open(t: Test, projects = [PROJECT_PATH]) {
  const lists = await startGitLabLists()
  t.teardown(lists.close)
  const { send } = openClient(t)
  const tools = { send, now: () => BEGIN, steady: () => 0, pause: async () => {} }
  const settings = { secret_token: SECRET_TOKEN, token: TOKEN, catch_up_projects: projects }
  const session = configuredSource(gitlab, { ...settings, api_url: `${lists.url}/api/v4/` }).open?.(tools)
  if (session?.missed === undefined) throw new Error('there is a token')
  return { lists, session, missed: session.missed }
}

function putIssue(lists: GitLabLists, iid: number, updated: number, more: object = {}): void {
  lists.issue({
    ...{ id: 900 + iid, iid, title: `Issue ${iid}`, state: 'opened', confidential: false, user_notes_count: 0 },
    ...{ created_at: at(updated), updated_at: at(updated), ...more },
  })
}

async function bodies(pages: AsyncIterable<MissedPage>): Promise<{ object_attributes: Record<string, unknown> }[]> {
  const found = []
  for await (const { missed } of pages) for (const { body } of missed) found.push(JSON.parse(body.toString()))
  return found
}

t.test('check tells whose the token is, and which projects it sees', async (t) => {
  const { session } = await open(t, [PROJECT_PATH, 'starfleet/voyager'])
  const [whose, seen, unseen] = await session.check()
  t.match(whose, { level: 'ok', setting: 'token', message: "the token is relay's" })
  t.match(seen, { level: 'ok', setting: 'catch_up_projects', message: `the token sees ${PROJECT_PATH}` })
  t.match(unseen, { level: 'error', message: /sees no project starfleet\/voyager/ })
})

t.test('issues of several pages are told, each once', async (t) => {
  const { lists, missed } = await open(t)
  for (let iid = 1; iid <= 250; iid += 1) putIssue(lists, iid, 10 * iid)
  const told = (await bodies(missed(WHOLE))).map(({ object_attributes: { iid, action } }) => `${action} ${iid}`)
  t.strictSame(
    told,
    Array.from({ length: 250 }, (_, index) => `open ${index + 1}`),
  )
})

t.test('an issue that was closed as a duplicate, or moved, is told as such', async (t) => {
  const { lists, missed } = await open(t)
  const closed = { state: 'closed', closed_at: at(-1 + 20), created_at: at(-100), closed_by: { username: 'scotty' } }
  putIssue(lists, 1, 20, {
    ...closed,
    _links: { closed_as_duplicate_of: 'https://gitlab.com/api/v4/projects/1/issues/2' },
  })
  putIssue(lists, 2, 21, { ...closed, moved_to_id: 77 })
  const [duplicate, moved] = await bodies(missed(WHOLE))
  t.match(duplicate, { object_attributes: { iid: 1, action: 'close', duplicated_to_id: /issues\/2$/ } })
  t.match(moved, { object_attributes: { iid: 2, action: 'close', moved_to_id: 77, duplicated_to_id: null } })
})

t.test('of an old issue with many notes only the newest pages are asked for', async (t) => {
  const { lists, missed } = await open(t)
  putIssue(lists, 1, 500, { created_at: at(-9000), user_notes_count: 400 })
  for (let id = 1; id <= 400; id += 1)
    lists.note(1, { id, body: `note ${id}`, author: { username: 'scotty' }, created_at: at(id - 250), system: false })
  const told = await bodies(missed(WHOLE))
  t.equal(told.length, 151)
  t.equal(lists.requests.filter(({ path }) => path.endsWith('/notes')).length, 2)
})

t.test('a limit is told with the time that GitLab asks to wait', async (t) => {
  const { lists, missed } = await open(t)
  const refused = async () => await bodies(missed(WHOLE)).catch((caught: unknown) => caught)
  lists.fault({ status: 429, headers: { 'retry-after': '42' }, body: 'Retry later\n' })
  t.match(await refused(), { message: /takes no more requests for now \(429\)/, retryAfterMs: 42_000 })
  const reset = String(BEGIN / 1000 + 30)
  lists.fault({ status: 429, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': reset, date: at(0) } })
  t.match(await refused(), { retryAfterMs: 30_000 })
})

t.test('a token without projects, or the other way round, is a problem of the settings', async (t) => {
  t.throws(
    () => configuredSource(gitlab, { secret_token: SECRET_TOKEN, token: TOKEN }),
    /catch_up_projects: is missing/,
  )
  const alone = { secret_token: SECRET_TOKEN, catch_up_projects: [PROJECT_PATH] }
  t.throws(() => configuredSource(gitlab, alone), /token: is missing/)
})
