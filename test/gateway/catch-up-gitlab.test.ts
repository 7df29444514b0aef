import t, { type Test } from 'tap'
import { gitlabRequest, SECRET_TOKEN, SIGNING_TOKEN } from '../sources/gitlab/requests.ts'
import { type GitLabLists, PROJECT_PATH, startGitLabLists, TOKEN } from '../targets/gitlab-lists.ts'
import { caughtUp, couldNotAsk, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const SCOTTY = { id: 8, username: 'scotty', name: 'Montgomery Scott' }
const RELAY = { id: 7, username: 'relay', name: 'The relay' }
const TICKETS = [1, 2, 3, 5]

/** One issue as it stands in GitLab, and what its hook sends of each change, of which the test decides. */
function gitlabIssue(gitlab: GitLabLists, iid: number, begin: number, description: string, confidential = false) {
  /** The issue and its event are written one after the other. */
  const at = (minute: number, laterMs = 0): string => new Date(begin + minute * 60_000 + laterMs).toISOString()
  const url = `https://gitlab.com/${PROJECT_PATH}/-/issues/${iid}`
  let count = 0
  let issue = {
    ...{ id: 900_000 + iid, iid, project_id: 42, title: `Shields ${iid}`, description, confidential },
    ...{ author: SCOTTY, created_at: at(0), updated_at: at(0), state: 'opened', closed_at: null as string | null },
    ...{ closed_by: null as object | null, labels: [] as string[], assignees: [], issue_type: 'issue', weight: null },
    ...{ due_date: null, moved_to_id: null, _links: { closed_as_duplicate_of: null }, user_notes_count: 0 },
    ...{ web_url: url, references: { short: `#${iid}`, full: `${PROJECT_PATH}#${iid}` } },
  }
  const put = (changes: object): void => {
    issue = { ...issue, ...changes }
    gitlab.issue(issue)
  }
  const project = { id: 42, path_with_namespace: PROJECT_PATH }
  const asHook = () => {
    const { id, title, state, created_at, updated_at, closed_at } = issue
    return {
      ...{ id, iid, title, description, state, created_at, updated_at, closed_at, confidential },
      ...{ type: 'Issue', labels: issue.labels.map((label) => ({ title: label })), url, weight: null },
    }
  }
  const hook = (action: string, changes: object, user = SCOTTY): object => ({
    ...{ object_kind: 'issue', event_type: 'issue', user, project, changes, assignees: [] },
    ...{ object_attributes: { ...asHook(), action }, labels: asHook().labels },
  })
  const toState = (previous: number, current: number) => ({ state_id: { previous, current } })
  return {
    made() {
      put({})
      return hook('open', { title: { previous: '', current: issue.title } })
    },
    closed(minute: number, by = SCOTTY) {
      put({ state: 'closed', closed_at: at(minute), closed_by: by, updated_at: at(minute, 1) })
      count += 1
      gitlab.stateEvent(iid, { id: iid * 1000 + count, state: 'closed', user: by, created_at: at(minute, 9) })
      return hook('close', { ...toState(1, 2), closed_at: { previous: null, current: at(minute) } }, by)
    },
    reopened(minute: number) {
      put({ state: 'opened', closed_at: null, closed_by: null, updated_at: at(minute) })
      count += 1
      gitlab.stateEvent(iid, { id: iid * 1000 + count, state: 'reopened', user: SCOTTY, created_at: at(minute, 9) })
      return hook('reopen', toState(2, 1))
    },
    /** Also with a closing, without an event of its own. */
    status(name: string, category: string, minute?: number) {
      const status = { id: `gid://gitlab/WorkItems::Statuses::SystemDefined::Status/${name.length}`, name, category }
      put({ status, ...(minute === undefined ? {} : { updated_at: at(minute) }) })
    },
    changed(minute: number, changes: object) {
      put({ ...changes, updated_at: at(minute) })
    },
    labelled(minute: number) {
      put({ labels: ['later'], updated_at: at(minute) })
    },
    commented(minute: number, body: string, more: { edited?: number; internal?: boolean; system?: boolean } = {}) {
      const { edited, internal = false, system = false } = more
      const id = iid * 100_000 + Math.round(minute * 100)
      const [created_at, updated_at] = [at(minute), at(edited ?? minute)]
      gitlab.note(iid, { id, body, author: SCOTTY, created_at, updated_at, internal, system, noteable_type: 'Issue' })
      put({ updated_at, user_notes_count: issue.user_notes_count + 1 })
      const action = edited === undefined ? 'create' : 'update'
      return {
        ...{ object_kind: 'note', event_type: 'note', user: SCOTTY, project, issue: asHook() },
        object_attributes: {
          ...{ id, note: body, noteable_type: 'Issue', noteable_id: issue.id, system, internal, action },
          ...{ created_at, updated_at, url: `${url}#note_${id}` },
        },
      }
    },
  }
}

const systems = (t: Test, more: object = {}) =>
  systemsOf(
    t,
    startGitLabLists,
    ({ url }) => ({
      ...{ type: 'gitlab', signing_secret: SIGNING_TOKEN, secret_token: SECRET_TOKEN, own_accounts: ['relay'] },
      ...{ token: TOKEN, api_url: `${url}/api/v4`, catch_up_projects: [PROJECT_PATH], ...more },
    }),
    ({ url }) => ({ gitlab: { type: 'gitlab', base_url: url, project: PROJECT_PATH, token: TOKEN } }),
  )

const send = async (relay: RunningRelay, payload: object) => {
  const { body, headers } = gitlabRequest(payload)
  return await relay.post(body, headers)
}

t.test('what the hook of GitLab missed is told once and in order, and not again by hooks that come late', async (t) => {
  const { jira, tool: gitlab, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of TICKETS) jira.add(`TEST-${number}`)
  const ticket = (number: number): string => `Also ${jira.url}/browse/TEST-${number}`
  const one = gitlabIssue(gitlab, 1, begin, ticket(1))
  const three = gitlabIssue(gitlab, 3, begin, ticket(3))
  const five = gitlabIssue(gitlab, 5, begin, ticket(5))
  const first = await hooked()
  const known = [one.made(), three.made(), three.closed(1), five.made(), one.commented(1, 'note first')]
  for (const event of known) t.equal((await send(first, event)).status, 202)
  await first.stop()
  const two = gitlabIssue(gitlab, 2, begin + 60_000, ticket(2))
  const secret = gitlabIssue(gitlab, 4, begin, ticket(2), true)
  const count = 230
  const missed = [
    one.closed(2),
    ...Array.from({ length: count }, (_, index) => one.commented(3 + index / 10, `note ${index}`)),
    two.made(),
    two.commented(30, 'note two'),
    two.commented(31, 'note own\n\n[relay 0123456789ab]'),
    one.reopened(40),
    one.closed(41),
    two.closed(42),
    three.reopened(43),
    five.closed(44, RELAY),
    one.commented(45, 'note internal', { internal: true }),
    one.commented(46, 'note system', { system: true }),
  ]
  // Its hook does not tell of this one.
  secret.made()
  secret.commented(47, 'note secret')
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

t.test('what the hook of GitLab has told is not told again', async (t) => {
  const { jira, tool: gitlab, hooked, catchingUp } = await systems(t)
  jira.add('TEST-1')
  const one = gitlabIssue(gitlab, 1, Date.now() - 100 * 60_000, `Also ${jira.url}/browse/TEST-1`)
  const first = await hooked()
  const events = [
    one.made(),
    one.commented(1, 'note first'),
    one.closed(2),
    one.commented(1, 'note first, again', { edited: 5 }),
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
  t.ok(gitlab.requests.some(({ path }) => path.endsWith('/notes')))
})

t.test('a token that GitLab rejects is told without the token', async (t) => {
  const { jira, tool: gitlab, hooked, catchingUp } = await systems(t, { token: 'glpat-wrong-and-secret' })
  const one = gitlabIssue(gitlab, 1, Date.now() - 10 * 60_000, `Also ${jira.url}/browse/TEST-1`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^GitLab's API rejects the token \(401: 401 Unauthorized\)/ })
  t.notMatch(relay.output(), 'glpat-wrong-and-secret')
})

t.test(
  'what the relay has just closed in GitLab is known when its hook missed it, whoever the account is',
  async (t) => {
    const { jira, tool: gitlab, hooked, catchingUp } = await systems(t, { own_accounts: [] })
    const begin = Date.now() - 100 * 60_000
    const issues = [1, 2].map((iid) => {
      jira.add(`TEST-${iid}`)
      return gitlabIssue(gitlab, iid, begin, `Also ${jira.url}/browse/TEST-${iid}`)
    })
    const first = await hooked()
    for (const issue of issues) t.equal((await send(first, issue.made())).status, 202)
    await first.store.foretellOwnWrite({
      deliveryId: 1,
      write: { page: `https://gitlab.com/${PROJECT_PATH}/-/issues/1`, changes: ['closed', '+done'] },
      at: begin + 10 * 60_000 - 500,
    })
    await first.stop()
    for (const issue of issues) issue.closed(10)
    const relay = await catchingUp()
    t.match(await caughtUp(relay), { fresh: 1, refused: 0 })
    await relay.allSettled((await relay.deliveries()).length)
    t.equal(jira.statusOf('TEST-1'), 'Open', 'the relay did it')
    t.equal(jira.statusOf('TEST-2'), 'Resolved', 'somebody else did')
  },
)

t.test('what the hook missed is asked for also after a clock that was ahead', async (t) => {
  const { jira, tool: gitlab, hooked, catchingUp } = await systems(t)
  jira.add('TEST-1')
  const one = gitlabIssue(gitlab, 1, Date.now() - 100 * 60_000, `Also ${jira.url}/browse/TEST-1`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  const inAYear = Date.now() + 365 * 24 * 3_600_000
  await first.store.saveCatchUp({
    ...{ projectId: 'enterprise', since: inAYear, upTo: inAYear, askedAt: inAYear, succeededAt: inAYear },
    failing: null,
  })
  await first.stop()
  one.commented(10, 'note missed')
  const relay = await catchingUp()
  t.match(await caughtUp(relay), { fresh: 1, refused: 0 })
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(notesIn(jira.comments('TEST-1')), ['note missed'])
  const [state] = await relay.store.catchUps()
  t.ok((state?.since ?? inAYear) < Date.now())
})

t.test('an answer of GitLab that cannot be read is told as the tool’s, and not as the store’s', async (t) => {
  const { tool: gitlab, hooked, catchingUp } = await systems(t)
  const one = gitlabIssue(gitlab, 1, Date.now() - 10 * 60_000, '')
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  one.changed(3, { assignees: 'scotty' })
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^GitLab's API answered what cannot be read: assignees is "scotty"/ })
  const [state] = await relay.store.catchUps()
  t.match(state, { failing: { problem: /cannot be read/ } })
  t.equal((await relay.metrics()).get('relay_store_errors_total'), 0)
})

t.test('an issue of GitLab that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: gitlab, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = gitlabIssue(gitlab, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = gitlabIssue(gitlab, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
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

t.test(
  'statuses of GitLab are told where a token sees them, and none of a story of which nothing is known',
  async (t) => {
    const { jira, tool: gitlab, hooked, catchingUp } = await systems(t)
    const begin = Date.now() - 100 * 60_000
    for (const number of [1, 2, 3, 4]) jira.add(`TEST-${number}`)
    const issues = [1, 2, 3, 4].map((number) =>
      gitlabIssue(gitlab, number, number === 4 ? begin - 3_600_000 : begin, `Also ${jira.url}/browse/TEST-${number}`),
    )
    const [one, two, three, four] = issues
    const first = await hooked()
    for (const issue of [one, two, three]) t.equal((await send(first, issue?.made() ?? {})).status, 202)
    await first.stop()
    one?.closed(10)
    one?.status('Done', 'DONE')
    two?.closed(11)
    two?.status("Won't do", 'CANCELED')
    three?.status('In progress', 'IN_PROGRESS', 12)
    four?.made()
    four?.status('In progress', 'IN_PROGRESS', 13 + 60)
    const relay = await catchingUp()
    t.match(await caughtUp(relay), { fresh: 3, refused: 0 })
    await relay.allSettled((await relay.deliveries()).length)
    t.equal(jira.statusOf('TEST-1'), 'Resolved')
    t.equal(jira.statusOf('TEST-2'), 'Open', 'cancelled is told to people')
    t.equal(jira.statusOf('TEST-3'), 'In Progress')
    const told = (await relay.deliveries()).flatMap(({ integration, note }) => (integration === 'room' ? [note] : []))
    t.match(
      told.filter((note) => note?.includes('Shields 2')),
      [/added "Shields 2"/, /cancelled "Shields 2"/],
    )
  },
)
