import t, { type Test } from 'tap'
import { githubRequest, SECRET } from '../sources/github/requests.ts'
import { type GitHubLists, REPOSITORY, startGitHubLists, TOKEN } from '../targets/github-lists.ts'
import { caughtUp, couldNotAsk, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const SCOTTY = { id: 8, login: 'scotty', type: 'User' }
const RELAY = { id: 7, login: 'relay', type: 'User' }
const TICKETS = [1, 2, 3, 5]

interface Hook {
  readonly name: 'issues' | 'issue_comment'
  readonly payload: object
}

/** One issue as it stands in GitHub, and what its hook sends of each change, of which the test decides. */
function githubIssue(github: GitHubLists, number: number, begin: number, body: string, more: object = {}) {
  const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString().replace(/\.\d+Z$/, 'Z')
  const html = `https://github.com/${REPOSITORY}/issues/${number}`
  let issue = {
    ...{ id: 900_000 + number, number, title: `Shields ${number}`, body, html_url: html, user: SCOTTY },
    ...{ labels: [], assignees: [], created_at: at(0), updated_at: at(0) },
    ...{ state: 'open', state_reason: null as string | null, closed_at: null as string | null },
    ...{ closed_by: null as object | null, comments: 0, ...more },
  }
  const put = (changes: object): void => {
    issue = { ...issue, ...changes }
    github.issue(issue)
  }
  const hook = (name: Hook['name'], action: string, sender: object, also: object = {}): Hook => {
    const { closed_by: _, ...told } = issue
    return { name, payload: { action, issue: told, ...also, repository: { full_name: REPOSITORY }, sender } }
  }
  return {
    made() {
      put({})
      return hook('issues', 'opened', SCOTTY)
    },
    closed(minute: number, state_reason: string, by = SCOTTY) {
      put({ state: 'closed', state_reason, closed_at: at(minute), closed_by: by, updated_at: at(minute) })
      return hook('issues', 'closed', by)
    },
    reopened(minute: number) {
      put({ state: 'open', state_reason: 'reopened', closed_at: null, closed_by: null, updated_at: at(minute) })
      github.event(number, { id: number * 1000 + minute, event: 'reopened', actor: SCOTTY, created_at: at(minute) })
      return hook('issues', 'reopened', SCOTTY)
    },
    labelled(minute: number) {
      put({ labels: [{ id: 1, name: 'later' }], updated_at: at(minute) })
    },
    commented(minute: number, text: string, edited: number | null = null) {
      const id = number * 100_000 + Math.round(minute * 100)
      const kind = 'pull_request' in issue ? 'pull' : 'issues'
      const comment = {
        ...{ id, body: text, user: SCOTTY, created_at: at(minute), updated_at: at(edited ?? minute) },
        ...{ issue_url: `https://api.github.com/repos/${REPOSITORY}/issues/${number}` },
        html_url: `https://github.com/${REPOSITORY}/${kind}/${number}#issuecomment-${id}`,
      }
      github.comment(comment)
      if (edited !== null)
        return hook('issue_comment', 'edited', SCOTTY, { comment, changes: { body: { from: 'before' } } })
      put({ updated_at: at(minute), comments: issue.comments + 1 })
      return hook('issue_comment', 'created', SCOTTY, { comment })
    },
  }
}

const systems = (t: Test, more: object = {}) =>
  systemsOf(t, startGitHubLists, ({ url }) => ({
    ...{ type: 'github', signing_secret: SECRET, own_accounts: ['relay'], token: TOKEN, api_url: url },
    ...{ catch_up_repositories: [REPOSITORY], ...more },
  }))

const send = async (relay: RunningRelay, { name, payload }: Hook) => {
  const { body, headers } = githubRequest(name, payload)
  return await relay.post(body, headers)
}

t.test('what the hook of GitHub missed is told once and in order, and not again by hooks that come late', async (t) => {
  const { jira, tool: github, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of TICKETS) jira.add(`TEST-${number}`)
  const ticket = (number: number): string => `Also ${jira.url}/browse/TEST-${number}`
  const one = githubIssue(github, 1, begin, ticket(1))
  const three = githubIssue(github, 3, begin, ticket(3))
  const five = githubIssue(github, 5, begin, ticket(5))
  const first = await hooked()
  const known = [one.made(), three.made(), three.closed(1, 'completed'), five.made(), one.commented(1, 'note first')]
  for (const event of known) t.equal((await send(first, event)).status, 202)
  await first.stop()
  const two = githubIssue(github, 2, begin + 60_000, ticket(2))
  const pull = githubIssue(github, 4, begin, ticket(2), { pull_request: { html_url: 'https://github.com/x/pull/4' } })
  const count = 230
  const missed = [
    one.closed(2, 'completed'),
    ...Array.from({ length: count }, (_, index) => one.commented(3 + index / 10, `note ${index}`)),
    two.made(),
    two.commented(30, 'note two'),
    two.commented(31, 'note own\n\n[relay 0123456789ab]'),
    one.reopened(40),
    one.closed(41, 'completed'),
    two.closed(42, 'not_planned'),
    three.reopened(43),
    five.closed(44, 'completed', RELAY),
    pull.made(),
    pull.commented(46, 'note pull'),
  ]
  // After these, the issue says of its last change other than what the hook said.
  for (const each of [one, two, three, five]) each.labelled(50)
  const relay = await catchingUp()
  const told = count + ['two made', 'note two', 'one closed', 'two closed', 'three reopened'].length
  t.match(await caughtUp(relay), { project: 'enterprise', fresh: told, refused: 0 })
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(
    notesIn(jira.comments('TEST-1')).filter((text) => text !== 'note first'),
    Array.from({ length: count }, (_, index) => `note ${index}`),
  )
  t.strictSame(notesIn(jira.comments('TEST-2')), ['note two'])
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  t.equal(jira.statusOf('TEST-3'), 'Reopened')
  t.equal(jira.statusOf('TEST-5'), 'Open', 'what the relay closed itself is not carried on')
  const comments = () => TICKETS.map((number) => jira.comments(`TEST-${number}`).length)
  const states = () => TICKETS.map((number) => jira.statusOf(`TEST-${number}`))
  const [wrote, stood] = [comments(), states()]
  for (const event of missed) t.ok((await send(relay, event)).status < 300)
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(comments(), wrote, 'no comment comes twice')
  t.strictSame(states(), stood)
})

t.test('what the hook of GitHub has told is not told again', async (t) => {
  const { jira, tool: github, hooked, catchingUp } = await systems(t)
  jira.add('TEST-1')
  const one = githubIssue(github, 1, Date.now() - 100 * 60_000, `Also ${jira.url}/browse/TEST-1`)
  const first = await hooked()
  const events = [
    one.made(),
    one.commented(1, 'note first'),
    one.closed(2, 'completed'),
    one.commented(1, 'note first, again', 5),
    one.reopened(60),
  ]
  for (const event of events) t.equal((await send(first, event)).status, 202)
  one.labelled(80)
  await first.allSettled((await first.deliveries()).length)
  const told = (await first.deliveries()).length
  await first.stop()
  const relay = await catchingUp()
  t.match(await caughtUp(relay), { fresh: 0, refused: 0 })
  t.equal((await relay.deliveries()).length, told)
  t.ok(github.requests.some(({ path }) => path.endsWith('/issues/1/comments')))
})

t.test('a token that GitHub rejects is told without the token', async (t) => {
  const { jira, tool: github, hooked, catchingUp } = await systems(t, { token: 'github_pat_wrong_and_secret' })
  const one = githubIssue(github, 1, Date.now() - 10 * 60_000, `Also ${jira.url}/browse/TEST-1`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^GitHub's API rejects the token \(401: Bad credentials\)/ })
  t.notMatch(relay.output(), 'github_pat_wrong_and_secret')
})

t.test('an issue of GitHub that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: github, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = githubIssue(github, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = githubIssue(github, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  two.made()
  two.commented(1, 'note early')
  for (let index = 0; index < 120; index += 1) one.commented(3 + index / 10, `note ${index}`)
  two.labelled(50)
  const relay = await catchingUp({ at_most: 1 })
  await testTheCut(t, relay, jira, { fresh: 120 + 2, notes: 120 })
})
