import t, { type Test } from 'tap'
import { type JiraCloudLists, startJiraCloudLists, TOKEN, USERNAME } from '../targets/jira-cloud-lists.ts'
import { caughtUp, couldNotAsk, notesIn, systemsOf, testTheCut } from './missed-hooks.ts'
import type { RunningRelay } from './running-relay.ts'

t.setTimeout(300_000)

const SCOTTY = { accountId: '557058:scotty', displayName: 'Montgomery Scott' }
const TODO = { id: '1', name: 'To Do', statusCategory: { key: 'new' } }
const DOING = { id: '2', name: 'In Progress', statusCategory: { key: 'indeterminate' } }
const DONE = { id: '3', name: 'Done', statusCategory: { key: 'done' } }

/** One issue as it stands in Jira Cloud, and what its hook sends of each change, of which the test decides. */
function jiraIssue(cloud: JiraCloudLists, number: number, begin: number, description: string) {
  const ms = (minute: number): number => begin + minute * 60_000
  const at = (minute: number): string => new Date(ms(minute)).toISOString().replace('Z', '+0000')
  const comments: object[] = []
  const histories: object[] = []
  let fields = {
    ...{ summary: `Shields ${number}`, description, status: TODO, resolution: null, labels: [] as string[] },
    ...{ project: { name: 'The engine' }, issuetype: { name: 'Story' }, creator: SCOTTY },
    ...{ created: at(0), updated: at(0), comment: { comments, total: 0 } },
  }
  const whole = () => ({
    ...{ id: String(10_000 + number), key: `ENG-${number}`, fields },
    self: `${cloud.url}/rest/api/2/issue/${10_000 + number}`,
  })
  const put = (changes: object): void => {
    fields = { ...fields, ...changes }
    cloud.issue({ ...whole(), changelog: { histories: [...histories].reverse() } })
  }
  const changed = (minute: number, items: readonly object[], changes: object) => {
    const id = String(number * 100_000 + Math.round(minute * 100))
    histories.push({ id, author: SCOTTY, created: at(minute), items })
    put({ ...changes, updated: at(minute) })
    const event = { webhookEvent: 'jira:issue_updated', timestamp: ms(minute), user: SCOTTY }
    return { ...event, issue: whole(), changelog: { id, items } }
  }
  return {
    made() {
      put({})
      return { webhookEvent: 'jira:issue_created', timestamp: ms(0), user: SCOTTY, issue: whole() }
    },
    moved(minute: number, to: typeof TODO) {
      const from = fields.status
      const item = { field: 'status', from: from.id, fromString: from.name, to: to.id, toString: to.name }
      return changed(minute, [item], { status: to })
    },
    labelled: (minute: number) =>
      changed(minute, [{ field: 'labels', fromString: '', toString: 'later' }], { labels: ['later'] }),
    ranked: (minute: number) => changed(minute, [{ field: 'Rank', fromString: '', toString: 'Ranked higher' }], {}),
    commented(minute: number, body: string, more: object = {}) {
      const id = String(number * 1_000_000 + Math.round(minute * 100))
      const comment = { id, body, author: SCOTTY, created: at(minute), updated: at(minute), ...more }
      comments.push(comment)
      put({ updated: at(minute) })
      return { webhookEvent: 'comment_created', timestamp: ms(minute), comment, issue: whole() }
    },
  }
}

const systems = (t: Test, more: object = {}) =>
  systemsOf(t, startJiraCloudLists, ({ url }) => ({
    ...{ type: 'mapped', tool: 'jira', token: TOKEN, ...more },
    catch_up: {
      username: USERNAME,
      url: `${url}/rest/api/2/search/jql?jql=project%20%3D%20ENG%20AND%20updated%20%3E%3D%20-{minutes_ago}m%20ORDER%20BY%20updated%20ASC&fields=updated&maxResults=100`,
    },
  }))

const send = (relay: RunningRelay, event: object) =>
  relay.post(JSON.stringify(event), { 'content-type': 'application/json' })

t.test('what a hook of Jira missed is told once and in order, and not again by hooks that come late', async (t) => {
  const { jira, tool: cloud, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = jiraIssue(cloud, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = jiraIssue(cloud, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
  const gone = jiraIssue(cloud, 3, begin, 'deleted while it is asked')
  const first = await hooked()
  for (const event of [one.made(), one.commented(1, 'note first')]) t.equal((await send(first, event)).status, 202)
  await first.stop()
  const missed = [
    one.moved(2, DOING),
    ...Array.from({ length: 30 }, (_, index) => one.commented(3 + index, `note ${index}`)),
    two.made(),
    two.commented(34, 'note two'),
    two.commented(35, 'note secret', { visibility: { type: 'role', value: 'Administrators' } }),
    one.moved(36, DONE),
    two.ranked(37),
  ]
  gone.made()
  cloud.fault({ status: 404, body: '{}' }, { where: ({ path }) => path.endsWith('/10003') })
  const relay = await catchingUp()
  const told = ['one started', 'two made', 'note two', 'one done'].length + 30
  t.match(await caughtUp(relay), { project: 'enterprise', fresh: told, refused: 0 })
  await relay.allSettled((await relay.deliveries()).length)
  t.strictSame(
    notesIn(jira.comments('TEST-1')).filter((text) => text !== 'note first'),
    Array.from({ length: 30 }, (_, index) => `note ${index}`),
  )
  t.strictSame(notesIn(jira.comments('TEST-2')), ['note two'])
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  const count = (await relay.deliveries()).length
  for (const event of missed) t.ok((await send(relay, event)).status < 300)
  t.equal((await relay.deliveries()).length, count, 'each is a duplicate, or left out')
})

t.test('an issue of Jira that was changed after the place where the list is cut loses nothing', async (t) => {
  const { jira, tool: cloud, hooked, catchingUp } = await systems(t)
  const begin = Date.now() - 100 * 60_000
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const one = jiraIssue(cloud, 1, begin, `Also ${jira.url}/browse/TEST-1`)
  const two = jiraIssue(cloud, 2, begin + 60_000, `Also ${jira.url}/browse/TEST-2`)
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  two.made()
  two.commented(1, 'note early')
  for (let index = 0; index < 120; index += 1) one.commented(3 + index / 10, `note ${index}`)
  for (let number = 3; number < 8; number += 1) jiraIssue(cloud, number, begin + 30 * 60_000, 'another').made()
  two.ranked(50)
  const relay = await catchingUp({ at_most: 1 })
  await testTheCut(t, relay, jira, { fresh: 120 + 2 + 5, notes: 120 })
})

t.test('a token that Jira rejects is told without the token', async (t) => {
  const { tool: cloud, hooked, catchingUp } = await systems(t, { token: 'ATATT-wrong-and-secret' })
  const one = jiraIssue(cloud, 1, Date.now() - 10 * 60_000, '')
  const first = await hooked()
  t.equal((await send(first, one.made())).status, 202)
  await first.stop()
  const relay = await catchingUp()
  t.match(await couldNotAsk(relay), { detail: /^Jira's API rejects the token \(401: Client must be authenticated/ })
  t.notMatch(relay.output(), 'ATATT-wrong-and-secret')
  t.notMatch(relay.output(), Buffer.from(`${USERNAME}:ATATT-wrong-and-secret`).toString('base64'))
})
