import t from 'tap'
import { PEOPLE, SECRET, STATES, shortcutRequest } from '../sources/shortcut/requests.ts'
import { startJira } from '../targets/jira.ts'
import { startRelay } from './running-relay.ts'

const [SCOTTY = ''] = PEOPLE.keys()
const EPOCH = Date.UTC(2026, 10, 24, 9, 0, 0)
const at = (minute: number): string => new Date(EPOCH + minute * 60_000).toISOString()
const [UNSCHEDULED, , REVIEW, DONE] = [...STATES.keys()].map(Number)
const DEVELOPMENT = 500000006

const PROJECT = {
  id: 'enterprise',
  secret: 'a-hook-of-the-enterprise',
  source: {
    type: 'shortcut',
    signing_secret: SECRET,
    states: { 'Ready for Review': 'delivered' },
    members: { [SCOTTY]: 'Montgomery Scott' },
  },
}

const references = [...STATES.values()].map(({ id, name, category }) => ({
  ...{ id: Number(id), entity_type: 'workflow-state', name, type: category },
}))

const story = (number: number, action: string, values: object) => ({
  ...{ id: number, entity_type: 'story', action, name: `Shields ${number}`, story_type: 'feature' },
  ...{ app_url: `https://app.shortcut.com/enterprise/story/${number}` },
  ...values,
})

const event = (id: string, minute: number, actions: readonly object[]) => ({
  ...{ id, changed_at: at(minute), version: 'v1', member_id: SCOTTY, actions, references },
})

const moved = (id: string, number: number, minute: number, from?: number, to?: number) =>
  event(id, minute, [story(number, 'update', { changes: { workflow_state_id: { new: to, old: from } } })])

/** A story's day: made with its ticket, started, commented, in review, done, reopened, done. */
function day(number: number, begin: number, jira: string): object[] {
  const id = (what: string): string => `${what}-${number}`
  const links = { workflow_state_id: UNSCHEDULED, external_links: [`${jira}/browse/TEST-${number}`] }
  const comment = {
    id: 100 + number,
    entity_type: 'story-comment',
    action: 'create',
    text: `Shields **${number}** are up`,
  }
  return [
    event(id('create'), begin, [story(number, 'create', links)]),
    moved(id('start'), number, begin + 1, UNSCHEDULED, DEVELOPMENT),
    event(id('comment'), begin + 2, [
      comment,
      story(number, 'update', { changes: { comment_ids: { adds: [100 + number] } } }),
    ]),
    event(id('sort'), begin + 2, [story(number, 'update', { changes: { position: { new: 1, old: 2 } } })]),
    moved(id('review'), number, begin + 3, DEVELOPMENT, REVIEW),
    moved(id('done'), number, begin + 4, REVIEW, DONE),
    moved(id('reopen'), number, begin + 5, DONE, DEVELOPMENT),
    moved(id('again'), number, begin + 6, DEVELOPMENT, DONE),
  ]
}

t.test('linked tickets follow a day of Shortcut once each, in order, also if hooks come twice or late', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  const numbers = [1, 2, 3, 4, 5]
  for (const number of numbers) jira.add(`TEST-${number}`)
  const relay = await startRelay(t, {
    projects: [{ ...PROJECT, integrations: ['jira'] }],
    integrations: { jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' } },
  })
  const days = numbers.map((number) => day(number, number * 10, jira.url))
  const inOrder = (days[0] ?? []).flatMap((_, index) => days.flatMap((each) => each[index] ?? []))
  const send = async (each: object): Promise<void> => {
    const { body, headers } = shortcutRequest(each)
    t.ok([200, 202].includes((await relay.post(body, headers)).status))
  }
  const late: object[] = []
  for (const [index, each] of inOrder.entries()) {
    if (index % 10 === 9) late.push(each)
    else await send(each)
    if (index % 3 === 2) await send(each)
    if (late.length > 0 && index % 10 === 3) await send(late.shift() ?? {})
  }
  for (const each of late) await send(each)
  const { activities } = await relay.store.activityPage({ limit: 100 })
  t.equal(activities.length, numbers.length * 7, 'each but those of the order, once')
  t.equal(
    activities.every(({ author }) => author === 'Montgomery Scott'),
    true,
  )
  const deliveries = await relay.allSettled(numbers.length * 6)
  t.ok(deliveries.every(({ state, note }) => state === 'delivered' || note?.startsWith('too late: ')))
  for (const number of numbers) {
    t.equal(jira.statusOf(`TEST-${number}`), 'Resolved', `TEST-${number} is where its story is`)
    const comments = jira.comments(`TEST-${number}`).filter(({ body }) => body.includes('are up'))
    t.equal(comments.length, 1, `TEST-${number} has the comment once`)
  }
})

t.test('one event about several stories is one activity, and each ticket gets its part', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  for (const number of [1, 2]) jira.add(`TEST-${number}`)
  const relay = await startRelay(t, {
    projects: [{ ...PROJECT, integrations: ['jira', 'log'] }],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      log: { type: 'log' },
    },
  })
  const both = (id: string, minute: number, values: (number: number) => object) => {
    const { body, headers } = shortcutRequest(
      event(
        id,
        minute,
        [1, 2].map((number) => story(number, 'update', { changes: values(number) })),
      ),
    )
    return relay.post(body, headers)
  }
  await both('link', 1, (number) => ({ external_links: { adds: [`${jira.url}/browse/TEST-${number}`] } }))
  const answer = await both('done', 2, () => ({ workflow_state_id: { new: DONE, old: DEVELOPMENT } }))
  t.match(answer.json(), { deliveries: 4, duplicate: false })
  await relay.allSettled(4)
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  t.equal(jira.statusOf('TEST-2'), 'Resolved')
})
