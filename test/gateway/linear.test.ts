import t from 'tap'
import type { ForeignState } from '../../src/sources/contract/source.ts'
import { DONE, IN_PROGRESS, IN_REVIEW, linearRequest, SECRET, TODO } from '../sources/linear/requests.ts'
import { startJira } from '../targets/jira.ts'
import { startRelay } from './running-relay.ts'

const TEAM = { id: '9e383f51-2629-4f19-97ff-451cc2f0a0ad', key: 'WEB', name: 'Webhooks' }
const ACTOR = { id: '674c90c8-35ea-454d-8ca4-5548258fd795', name: 'Montgomery Scott', type: 'user' }
const EPOCH = Date.UTC(2026, 10, 24, 9, 0, 0)
const at = (minute: number): string => new Date(EPOCH + minute * 60_000).toISOString()

const PROJECT = {
  id: 'enterprise',
  secret: 'a-hook-of-the-enterprise',
  source: { type: 'linear', signing_secret: SECRET, states: { 'In Review': 'delivered' } },
}

const issueUrl = (number: number): string => `https://linear.app/enterprise/issue/WEB-${number}/shields`

function issue(number: number, minute: number, state: ForeignState) {
  return {
    ...{ id: `issue-${number}`, identifier: `WEB-${number}`, number, title: `Shields ${number}` },
    ...{ url: issueUrl(number), createdAt: at(0), updatedAt: at(minute), labelIds: [], labels: [] },
    ...{ team: TEAM, state: { id: state.id, name: state.name, type: state.category }, stateId: state.id },
  }
}

const event = (type: string, action: string, minute: number, data: object, more: object = {}) => ({
  ...{ type, action, actor: ACTOR, createdAt: at(minute), data, organizationId: 'org', webhookId: 'hook', ...more },
})

const moved = (number: number, minute: number, from: ForeignState, to: ForeignState) =>
  event('Issue', 'update', minute, issue(number, minute, to), {
    updatedFrom: { updatedAt: at(minute - 1), stateId: from.id },
    url: issueUrl(number),
  })

/** An issue's day: made, attached to its ticket, started, commented, in review, done, reopened, done. */
function day(number: number, begin: number, jira: string): object[] {
  const comment = {
    ...{ id: `comment-${number}`, body: `Shields **${number}** are up`, createdAt: at(begin + 3) },
    ...{ updatedAt: at(begin + 3), issueId: `issue-${number}` },
    issue: { id: `issue-${number}`, identifier: `WEB-${number}`, title: `Shields ${number}`, url: issueUrl(number) },
  }
  const attachment = {
    ...{ id: `link-${number}`, title: `TEST-${number}`, url: `${jira}/browse/TEST-${number}` },
    ...{ issueId: `issue-${number}`, updatedAt: at(begin + 1), createdAt: at(begin + 1) },
  }
  return [
    event('Issue', 'create', begin, issue(number, begin, TODO), { url: issueUrl(number) }),
    event('Attachment', 'create', begin + 1, attachment),
    moved(number, begin + 2, TODO, IN_PROGRESS),
    event('Comment', 'create', begin + 3, comment, { url: `${issueUrl(number)}#comment-1` }),
    event('Issue', 'update', begin + 3, issue(number, begin + 3, IN_PROGRESS), { updatedFrom: { sortOrder: 1 } }),
    moved(number, begin + 4, IN_PROGRESS, IN_REVIEW),
    moved(number, begin + 5, IN_REVIEW, DONE),
    moved(number, begin + 6, DONE, IN_PROGRESS),
    moved(number, begin + 7, IN_PROGRESS, DONE),
  ]
}

t.test('linked tickets follow a day of Linear once each, in order, also if hooks come twice or late', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  const numbers = [1, 2, 3, 4, 5]
  for (const number of numbers) jira.add(`TEST-${number}`)
  const relay = await startRelay(t, {
    projects: [{ ...PROJECT, integrations: ['jira', 'log'] }],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      log: { type: 'log' },
    },
  })
  const days = numbers.map((number) => day(number, number * 10, jira.url))
  // As a workspace sends them: all stories beside each other.
  const inOrder = (days[0] ?? []).flatMap((_, index) => days.flatMap((each) => each[index] ?? []))
  const late: object[] = []
  const answers = new Map<number, number>()
  let sent = 0
  const send = async (each: object): Promise<void> => {
    const { body, headers } = linearRequest(each)
    const { status } = await relay.post(body, headers)
    answers.set(status, (answers.get(status) ?? 0) + 1)
  }
  for (const [index, each] of inOrder.entries()) {
    if (index % 10 === 9) late.push(each)
    else await send(each)
    if (index % 3 === 2) await send(each)
    // What Linear could not deliver comes again a minute later.
    if (late.length > 0 && index % 10 === 3) await send(late.shift() ?? {})
    sent = index
  }
  for (const each of late) await send(each)
  t.equal(sent, inOrder.length - 1)
  t.strictSame([...answers.keys()].sort(), [200, 202])

  const { activities } = await relay.store.activityPage({ limit: 100 })
  t.equal(activities.length, numbers.length * 8, 'each but those of the order, once')
  const deliveries = (await relay.deliveries()).filter(({ integration }) => integration === 'jira')
  await relay.allSettled((await relay.deliveries()).length)
  for (const number of numbers) {
    t.equal(jira.statusOf(`TEST-${number}`), 'Resolved', `TEST-${number} is where its issue is`)
    const comments = jira.comments(`TEST-${number}`).filter(({ body }) => body.includes('are up'))
    t.equal(comments.length, 1, `TEST-${number} has the comment once`)
    const states = jira.tickets.get(`TEST-${number}`)?.history.map(({ to }) => to) ?? []
    t.equal(new Set(states).size >= 2, true, states.join(', '))
  }
  t.equal(deliveries.length, numbers.length * 6)
  const metrics = await relay.metrics()
  t.ok((metrics.get('relay_activities_ignored_total{reason="no news"}') ?? 0) >= numbers.length)
})

t.test('people read the words of Linear, with the link that it sent', async (t) => {
  const relay = await startRelay(t, { projects: [{ ...PROJECT, integrations: ['log'] }] })
  const [created, , started] = day(7, 0, 'https://jira.example')
  for (const each of [created, started, moved(7, 9, IN_PROGRESS, { ...DONE, name: 'Nope', category: 'canceled' })]) {
    const { body, headers } = linearRequest(each ?? {})
    t.equal((await relay.post(body, headers)).status, 202)
  }
  const deliveries = await relay.allSettled(3)
  t.strictSame(
    deliveries.map(({ note }) => note),
    [
      `logged: Montgomery Scott added "Shields 7" ${issueUrl(7)}`,
      `logged: Montgomery Scott started "Shields 7" ${issueUrl(7)}`,
      `logged: Montgomery Scott cancelled "Shields 7" ${issueUrl(7)}`,
    ],
  )
})
