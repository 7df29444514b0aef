import t from 'tap'
import type { MissedPage } from '../../../src/sources/contract/source.ts'
import { SourceApiError } from '../../../src/sources/contract/source-api-error.ts'
import github from '../../../src/sources/github/index.ts'
import { openClient } from '../../harness.ts'
import { type GitHubLists, REPOSITORY, startGitHubLists, TOKEN } from '../../targets/github-lists.ts'
import { configuredSource } from '../recorded.ts'
import { SECRET } from './requests.ts'

type Test = Parameters<typeof openClient>[0]

const BEGIN = Date.parse('2026-11-24T06:00:00Z')
const at = (second: number): string => new Date(BEGIN + second * 1000).toISOString().replace('.000Z', 'Z')
const WHOLE = { since: new Date(BEGIN), from: new Date(BEGIN), until: new Date(BEGIN + 86_400_000) }

async function open(t: Test, repositories = [REPOSITORY]) {
  const lists = await startGitHubLists()
  t.teardown(lists.close)
  const { send } = openClient(t)
  const tools = { send, now: () => BEGIN, steady: () => 0, pause: async () => {} }
  const settings = { signing_secret: SECRET, token: TOKEN, catch_up_repositories: repositories, api_url: lists.url }
  const session = configuredSource(github, settings).open?.(tools)
  if (session?.missed === undefined) throw new Error('there is a token')
  return { lists, session, missed: session.missed }
}

function putIssue(lists: GitHubLists, number: number, updated: number, created = 0): void {
  lists.issue({
    ...{ id: number, number, title: `Issue ${number}`, state: 'open', state_reason: null, user: { login: 'scotty' } },
    ...{ created_at: at(created), updated_at: at(updated), comments: 0 },
  })
}

async function told(pages: AsyncIterable<MissedPage>): Promise<string[]> {
  const found: string[] = []
  for await (const { missed } of pages)
    for (const { body } of missed) {
      const { action, issue } = JSON.parse(body.toString()) as { action: string; issue: { number: number } }
      found.push(`${action} ${issue.number}`)
    }
  return found
}

t.test('check tells whose the token is, and which repositories it sees', async (t) => {
  const { session } = await open(t, [REPOSITORY, 'starfleet/voyager'])
  const [whose, seen, unseen] = await session.check()
  t.match(whose, { level: 'ok', setting: 'token', message: "the token is relay's" })
  t.match(seen, { level: 'ok', setting: 'catch_up_repositories', message: `the token sees ${REPOSITORY}` })
  t.match(unseen, { level: 'error', message: /sees no repository starfleet\/voyager/ })
})

t.test('an issue that moves to the end of the list while it is read hides no other one', async (t) => {
  const { lists, missed } = await open(t)
  const count = 250
  for (let number = 1; number <= count; number += 1) putIssue(lists, number, 10 * number, number)
  let second = 10 * count
  let number = 0
  lists.afterPage(() => putIssue(lists, ++number, ++second, number))
  const found = await told(missed(WHOLE))
  t.strictSame(
    [...new Set(found)],
    Array.from({ length: count }, (_, index) => `opened ${index + 1}`),
  )
})

t.test('more issues than a page that were changed in the same second are all told', async (t) => {
  const { lists, missed } = await open(t)
  for (let number = 1; number <= 230; number += 1) putIssue(lists, number, 1000, number)
  t.equal((await told(missed(WHOLE))).length, 230)
})

t.test('a limit that is used up is told with the time until it begins anew', async (t) => {
  const { lists, missed } = await open(t)
  const reset = String(BEGIN / 1000 + 1800)
  lists.fault({
    ...{ status: 403, body: JSON.stringify({ message: 'API rate limit exceeded for user ID 7.' }) },
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, date: new Date(BEGIN).toUTCString() },
  })
  const error = await told(missed(WHOLE)).catch((caught: unknown) => caught)
  t.ok(error instanceof SourceApiError)
  t.match(error, { message: /takes no more requests for now \(403: API rate limit/, retryAfterMs: 1_800_000 })
  lists.fault({ status: 429, headers: { 'retry-after': '60' }, body: '{}' })
  t.match(await told(missed(WHOLE)).catch((caught: unknown) => caught), { retryAfterMs: 60_000 })
})

t.test('a repository that the token does not see is named', async (t) => {
  const { missed } = await open(t, ['starfleet/voyager'])
  const error = await told(missed(WHOLE)).catch((caught: unknown) => caught)
  t.match(error, { message: /shows the token no \/repos\/starfleet\/voyager\/issues \(404: Not Found\)/ })
})

t.test('a token without repositories, or the other way round, is a problem of the settings', async (t) => {
  t.throws(
    () => configuredSource(github, { signing_secret: SECRET, token: TOKEN }),
    /catch_up_repositories: is missing/,
  )
  const alone = { signing_secret: SECRET, catch_up_repositories: [REPOSITORY] }
  t.throws(() => configuredSource(github, alone), /token: is missing/)
})
