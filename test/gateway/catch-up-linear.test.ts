import t, { type Test } from 'tap'
import type { ForeignState } from '../../src/sources/contract/source.ts'
import { CANCELED, DONE, IN_PROGRESS, IN_REVIEW, linearRequest, SECRET, TODO } from '../sources/linear/requests.ts'
import { KEY, type LinearStandIn, startLinear } from '../targets/linear.ts'
import { caughtUp, couldNotAsk, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const TEAM = { id: 'team-web', key: 'WEB', name: 'Webhooks' }
const SCOTTY = { id: 'user-scotty', name: 'Montgomery Scott' }

/** One issue as it stands in Linear, and what its hook sends of each change, of which the test decides. */
function linearIssue(linear: LinearStandIn, number: number, begin: number, jira: string) {
  const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString()
  const wire = ({ id, name, category }: ForeignState) => ({ id, name, type: category })
  const history: object[] = []
  const link = {
    ...{ id: `link-${number}`, title: `TEST-${number}`, url: `${jira}/browse/TEST-${number}`, creator: SCOTTY },
    ...{ createdAt: at(0.5), updatedAt: at(0.5) },
  }
  let now = TODO
  let issue = {
    ...{ id: `issue-${number}`, identifier: `WEB-${number}`, number, title: `Shields ${number}`, team: TEAM },
    ...{
      url: `https://linear.app/enterprise/issue/WEB-${number}`,
      createdAt: at(0),
      updatedAt: at(0),
      state: wire(TODO),
    },
    ...{ creator: SCOTTY, labels: [], attachments: [link], history },
    ...{ completedAt: null as string | null, canceledAt: null as string | null },
  }
  const put = (changes: object): void => {
    issue = { ...issue, ...changes }
    linear.issue(issue)
  }
  const event = (type: string, action: string, createdAt: string, data: object, more: object = {}) => ({
    ...{ type, action, actor: { ...SCOTTY, type: 'user' }, createdAt, data, url: issue.url, ...more },
  })
  const asHook = () => {
    const { attachments: _, history: __, creator: ___, ...data } = issue
    return { ...data, stateId: issue.state.id, labelIds: [] }
  }
  return {
    made() {
      put({})
      return event('Issue', 'create', at(0), asHook())
    },
    attached: () => event('Attachment', 'create', at(0.5), { ...link, issueId: issue.id }),
    moved(minute: number, to: ForeignState) {
      const from = now
      now = to
      history.unshift({
        createdAt: at(minute),
        updatedAt: at(minute),
        fromState: wire(from),
        toState: wire(to),
        actor: SCOTTY,
      })
      put({
        ...{ state: wire(to), updatedAt: at(minute) },
        completedAt: to.category === 'completed' ? at(minute) : null,
        canceledAt: to.category === 'canceled' ? at(minute) : null,
      })
      return event('Issue', 'update', at(minute), asHook(), {
        updatedFrom: { updatedAt: at(minute - 1), stateId: from.id },
      })
    },
    renamed(minute: number) {
      put({ title: `Shields ${number}, again`, updatedAt: at(minute) })
    },
    commented(minute: number, text: string, edited: number | null = null) {
      const { id, identifier, title, url } = issue
      const editedAt = edited === null ? null : at(edited)
      const node = {
        ...{ id: `comment-${number}-${minute}`, body: text, url: `${url}#comment-${minute}`, createdAt: at(minute) },
        ...{ updatedAt: editedAt ?? at(minute), editedAt, user: SCOTTY },
      }
      linear.comment({ ...node, issue: { id, identifier, title, url, team: TEAM } })
      const action = edited === null ? 'create' : 'update'
      return event(
        'Comment',
        action,
        editedAt ?? at(minute),
        { ...node, issueId: id, issue: { id, identifier, title, url } },
        {
          ...(edited === null ? {} : { updatedFrom: { body: 'before', updatedAt: at(minute) } }),
        },
      )
    },
  }
}

const systems = (t: Test, more: object = {}) =>
  systemsOf(t, startLinear, ({ url }) => ({
    ...{ type: 'linear', signing_secret: SECRET, token: KEY, catch_up_teams: ['WEB'] },
    ...{ api_url: `${url}/graphql`, states: { 'In Review': 'delivered' }, ...more },
  }))

const hook = async (relay: RunningRelay, event: object) => {
  const { body, headers } = linearRequest(event)
  return await relay.post(body, headers)
}

t.test('what the hook of Linear missed is told once and in order, and not again by hooks that come late', async (t) => {
  const { jira, tool: linear, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = linearIssue(linear, 1, begin, jira.url)
  const first = await hooked()
  t.equal((await hook(first, one.made())).status, 202)
  t.equal((await hook(first, one.commented(1, 'note first'))).status, 202)
  await first.stop()
  const two = linearIssue(linear, 2, begin, jira.url)
  const missed = [
    one.moved(2, IN_PROGRESS),
    ...Array.from({ length: 60 }, (_, index) => one.commented(3 + index, `note ${index}`)),
    one.attached(),
    two.made(),
    two.attached(),
    two.commented(64, 'note two'),
    one.moved(65, IN_REVIEW),
    one.moved(66, DONE),
    two.moved(67, CANCELED),
  ]
  // After these, what the hook said of the state is not what the issue says of its last change.
  one.renamed(70)
  two.renamed(71)
  const relay = await catchingUp()
  t.match(await caughtUp(relay), { project: 'enterprise', fresh: 60 + 6, refused: 0 })
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(
    notesIn(jira.comments('TEST-1')).slice(-60),
    Array.from({ length: 60 }, (_, index) => `note ${index}`),
  )
  t.strictSame(notesIn(jira.comments('TEST-2')), ['note two'])
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  const wrote = [...jira.comments('TEST-1'), ...jira.comments('TEST-2')].length
  const sent = (await relay.deliveries()).filter(({ state }) => state === 'delivered').length
  for (const event of missed) t.ok((await hook(relay, event)).status < 300)
  const all = await relay.allSettled((await relay.deliveries()).length)
  const late = all.filter(({ state }) => state === 'delivered').slice(sent)
  t.equal([...jira.comments('TEST-1'), ...jira.comments('TEST-2')].length, wrote)
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  t.strictSame(
    late.map(({ note }) => note).filter((note) => note?.includes('"Shields 1"') !== true),
    [],
    'but for the states between, which the API does not tell',
  )
  t.equal(late.length, 2)
})

t.test('what the hook of Linear has told is not told again', async (t) => {
  const { jira, tool: linear, hooked, catchingUp } = await systems(t)
  jira.add('TEST-1')
  const one = linearIssue(linear, 1, Date.now() - 100 * 60_000, jira.url)
  const first = await hooked()
  const events = [
    one.made(),
    one.attached(),
    one.moved(1, IN_PROGRESS),
    one.commented(2, 'note first'),
    one.commented(2, 'note second', 5),
    one.moved(60, IN_REVIEW),
  ]
  for (const event of events) t.equal((await hook(first, event)).status, 202)
  one.renamed(80)
  await first.allSettled((await first.deliveries()).length)
  const told = (await first.deliveries()).length
  await first.stop()
  const relay = await catchingUp()
  t.match(await caughtUp(relay), { fresh: 0, refused: 0 })
  t.equal((await relay.deliveries()).length, told)
  t.ok(linear.asked('issues') > 0 && linear.asked('comments') > 0)
})

t.test('issues of other teams than the hook’s are not asked for, and nothing without teams', async (t) => {
  const { jira, tool: linear, hooked, catchingUp } = await systems(t, { catch_up_teams: ['OPS'] })
  const one = linearIssue(linear, 1, Date.now() - 10 * 60_000, jira.url)
  const first = await hooked()
  t.equal((await hook(first, one.made())).status, 202)
  await first.stop()
  one.commented(3, 'note of another team')
  const relay = await catchingUp()
  t.match(await caughtUp(relay), { asked: 0, fresh: 0 })
})

t.test('a key that Linear rejects is told without the key', async (t) => {
  const { jira, tool: linear, hooked, catchingUp } = await systems(t, { token: 'lin_api_wrong_and_secret' })
  const one = linearIssue(linear, 1, Date.now() - 10 * 60_000, jira.url)
  const first = await hooked()
  t.equal((await hook(first, one.made())).status, 202)
  await first.stop()
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^Linear's API rejects the token \(401: Authentication required/ })
  t.notMatch(relay.output(), 'lin_api_wrong_and_secret')
})

t.test('an issue of Linear that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: linear, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = linearIssue(linear, 1, begin, jira.url)
  const two = linearIssue(linear, 2, begin + 60_000, jira.url)
  const first = await hooked()
  for (const event of [one.made(), one.attached()]) t.equal((await hook(first, event)).status, 202)
  await first.stop()
  two.made()
  two.commented(1, 'note early')
  for (let index = 0; index < 70; index += 1) one.commented(3 + index, `note ${index}`)
  two.renamed(85)
  const relay = await catchingUp({ at_most: 1 })
  await testTheCut(t, relay, jira, { fresh: 70 + 3, notes: 70 })
})
