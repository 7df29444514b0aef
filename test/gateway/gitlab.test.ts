import t from 'tap'
import { GITLAB_TOKEN, startGitLab } from '../../src/stand-ins/gitlab.ts'
import { gitlabRequest, SECRET_TOKEN, SIGNING_TOKEN } from '../sources/gitlab/requests.ts'
import { startJira } from '../targets/jira.ts'
import { startRelay } from './running-relay.ts'

const EPOCH = Date.UTC(2026, 10, 24, 9, 0, 0)
/** Of GitLab's two ways to write a time, one and the other in turn. */
const at = (minute: number): string => {
  const time = new Date(EPOCH + minute * 60_000).toISOString()
  return minute % 2 === 0 ? time : time.replace('T', ' ').replace('.000Z', ' UTC')
}
const ACTOR = { id: 7, name: 'Montgomery Scott', username: 'scotty' }
const RELAY = { id: 8, name: 'Relay', username: 'project_42_bot_1f2e3d' }
const PROJECT = {
  id: 'enterprise',
  secret: 'a-hook-of-the-enterprise',
  source: {
    ...{ type: 'gitlab', signing_secret: SIGNING_TOKEN, secret_token: SECRET_TOKEN },
    ...{ states: { 'workflow::review': 'delivered' }, own_accounts: [RELAY.username] },
  },
}
const url = (iid: number): string => `https://gitlab.example/starfleet/enterprise/-/issues/${iid}`
const label = (title: string) => ({ id: title.length, title })
const TO_DO = { id: 'status/1', name: 'To do', category: 'to_do' }
const IN_PROGRESS = { id: 'status/2', name: 'In progress', category: 'in_progress' }
const DONE = { id: 'status/3', name: 'Done', category: 'done' }

interface Attributes {
  readonly action: string
  readonly state?: string
  readonly status: object
  readonly labels?: readonly object[]
  readonly changes?: object
}

function issue(iid: number, minute: number, { changes = {}, ...attributes }: Attributes, user: object = ACTOR) {
  const whole = {
    ...{ id: 9000 + iid, iid, title: `Shields ${iid}`, description: null, type: 'Issue', url: url(iid) },
    ...{
      state: 'opened',
      labels: [label(`jira:TEST-${iid}`)],
      created_at: at(0),
      updated_at: at(minute),
      ...attributes,
    },
  }
  const updated = { previous: at(minute - 1), current: at(minute) }
  return { object_kind: 'issue', user, object_attributes: whole, changes: { ...changes, updated_at: updated } }
}

function note(iid: number, minute: number, text: string, user: object = ACTOR) {
  const whole = {
    ...{ id: 300 + iid, note: text, noteable_type: 'Issue', system: false, action: 'create' },
    ...{ created_at: at(minute), updated_at: at(minute), url: `${url(iid)}#note_${300 + iid}` },
  }
  return {
    object_kind: 'note',
    user,
    object_attributes: whole,
    issue: { id: 9000 + iid, iid, title: `Shields ${iid}` },
  }
}

/** An issue's day: made with its link, in progress, commented, in review, done, reopened, done. */
function day(iid: number, begin: number): object[] {
  const links = label(`jira:TEST-${iid}`)
  const review = { previous: [links], current: [links, label('workflow::review')] }
  const closed = { state_id: { previous: 1, current: 2 } }
  return [
    issue(iid, begin, { action: 'open', status: TO_DO }),
    issue(iid, begin + 1, { action: 'update', status: IN_PROGRESS }),
    note(iid, begin + 2, `Shields **${iid}** are up`),
    issue(iid, begin + 3, { action: 'update', status: IN_PROGRESS, changes: { relative_position: { current: 1 } } }),
    issue(iid, begin + 4, {
      action: 'update',
      status: IN_PROGRESS,
      labels: review.current,
      changes: { labels: review },
    }),
    issue(iid, begin + 5, { action: 'close', state: 'closed', status: DONE, changes: closed }),
    issue(iid, begin + 6, { action: 'reopen', status: TO_DO, changes: { state_id: { previous: 2, current: 1 } } }),
    issue(iid, begin + 7, { action: 'close', state: 'closed', status: DONE, changes: closed }),
  ]
}

async function start(t: Parameters<typeof startRelay>[0]) {
  const jira = await startJira()
  t.teardown(jira.close)
  for (const number of [1, 2, 3]) jira.add(`TEST-${number}`)
  const relay = await startRelay(t, {
    projects: [{ ...PROJECT, integrations: ['jira'] }],
    integrations: { jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' } },
  })
  async function send(event: object): Promise<number> {
    const { body, headers } = gitlabRequest(event)
    return (await relay.post(body, headers)).status
  }
  return { jira, relay, send }
}

t.test('linked tickets follow a day of GitLab once each, in order, also if every third hook comes twice', async (t) => {
  const { jira, relay, send } = await start(t)
  const days = [1, 2, 3].map((iid) => day(iid, iid * 20))
  const events = (days[0] ?? []).flatMap((_, index) => days.flatMap((each) => each[index] ?? []))
  const statuses: number[] = []
  for (const [index, event] of events.entries()) {
    statuses.push(await send(event))
    if (index % 3 === 2) statuses.push(await send(event))
  }
  t.strictSame([...new Set(statuses)].sort(), [200, 202], 'nothing that GitLab would count as a failure')
  const { activities } = await relay.store.activityPage({ limit: 100 })
  t.equal(activities.length, 3 * 7, 'each but those of the order on a board, once')
  await relay.allSettled((await relay.deliveries()).length)
  for (const iid of [1, 2, 3]) {
    t.equal(jira.statusOf(`TEST-${iid}`), 'Resolved', `TEST-${iid} is where its issue is`)
    t.equal(jira.comments(`TEST-${iid}`).filter(({ body }) => body.includes('are up')).length, 1)
  }
  const states = (await relay.deliveries()).flatMap(({ effect }) => (effect.kind === 'state' ? effect.state : []))
  t.equal(states.filter((state) => state === 'rejected').length, 3, 'what is reopened was rejected')
  t.equal(states.filter((state) => state === 'delivered').length, 3, 'a label says so')
  t.equal(states.filter((state) => state === 'started').length, 3, 'a status says so')
})

t.test('what the relay wrote into GitLab comes back, is answered, and is carried nowhere', async (t) => {
  const { relay, send } = await start(t)
  await send(issue(1, 0, { action: 'open', status: TO_DO }))
  const closed = { state_id: { previous: 1, current: 2 } }
  for (let time = 0; time < 100; time += 1) {
    t.equal(await send(note(1, 1, 'Kirk commented:\n\nup\n\n[relay 0123456789ab]', RELAY)), 200)
    t.equal(await send(issue(1, 2, { action: 'close', state: 'closed', status: DONE, changes: closed }, RELAY)), 200)
  }
  t.strictSame(await relay.deliveries(), [])
  t.equal((await relay.metrics()).get('relay_activities_ignored_total{reason="own"}'), 200)
})

t.test('what a person’s token closed and labelled is known, with both of the events that GitLab sends', async (t) => {
  const standIn = await startGitLab({
    projects: [
      { id: 1, path: 'starfleet/enterprise', members: { 7: 20 } },
      { id: 2, path: 'starfleet/voyager', members: { 7: 20 } },
    ],
  })
  t.teardown(standIn.close)
  const web = (path: string): string => `${standIn.address}/${path}`
  const linked = (path: string) => ({ description: `See ${web(path)}/-/issues/5` })
  const issues = {
    enterprise: standIn.addIssue({ iid: 5, projectId: 1, ...linked('starfleet/voyager') }),
    voyager: standIn.addIssue({ iid: 5, projectId: 2, ...linked('starfleet/enterprise') }),
  }
  type Name = keyof typeof issues
  const source = {
    type: 'gitlab',
    signing_secret: SIGNING_TOKEN,
    secret_token: SECRET_TOKEN,
    states: { Doing: 'started' },
  }
  const target = (project: string) => ({
    ...{ type: 'gitlab', base_url: standIn.address, project, token: GITLAB_TOKEN, labels: { started: 'Doing' } },
  })
  const relay = await startRelay(t, {
    projects: [
      { id: 'enterprise', secret: 'a-hook-of-the-enterprise', source, integrations: ['to-voyager'] },
      { id: 'voyager', secret: 'a-hook-of-the-voyager', source, integrations: ['to-enterprise'] },
    ],
    integrations: { 'to-voyager': target('starfleet/voyager'), 'to-enterprise': target('starfleet/enterprise') },
  })
  async function post(name: Name, action: string, changes: object): Promise<number> {
    const { iid, title, description, state, labels, projectId } = issues[name]
    const now = new Date().toISOString()
    const { body, headers } = gitlabRequest({
      ...{ object_kind: 'issue', user: ACTOR },
      project: { path_with_namespace: `starfleet/${name}`, web_url: web(`starfleet/${name}`) },
      object_attributes: {
        ...{ id: 9000 + projectId, iid, title, description, state, action, type: 'Issue' },
        ...{ url: `${web(`starfleet/${name}`)}/-/issues/${iid}`, labels: labels.map(label) },
        ...{ created_at: at(0), updated_at: now, ...(state === 'closed' ? { closed_at: now } : {}) },
      },
      changes: { ...changes, updated_at: { previous: at(0), current: now } },
    })
    const answer = await fetch(`${relay.url}/hooks/${name}/a-hook-of-the-${name}`, { method: 'POST', headers, body })
    return answer.status
  }
  const closed = { state_id: { previous: 1, current: 2 } }
  for (const name of ['enterprise', 'voyager'] as const) t.equal(await post(name, 'open', {}), 202)

  issues.enterprise.labels = ['Doing']
  t.equal(await post('enterprise', 'update', { labels: { previous: [], current: [label('Doing')] } }), 202)
  await relay.allSettled(1)
  t.strictSame(issues.voyager.labels, ['Doing'])
  t.equal(await post('voyager', 'update', { labels: { previous: [], current: [label('Doing')] } }), 200)

  Object.assign(issues.enterprise, { state: 'closed', labels: [] })
  t.equal(await post('enterprise', 'close', closed), 202)
  await relay.allSettled(2)
  t.match(issues.voyager, { state: 'closed', labels: [] })
  t.equal(await post('voyager', 'close', closed), 200)
  const both = { ...closed, labels: { previous: [label('Doing')], current: [] } }
  t.equal(await post('voyager', 'update', both), 200, 'the update tells the state once more')
  t.equal((await relay.metrics()).get('relay_activities_ignored_total{reason="own"}'), 3)

  issues.voyager.state = 'opened'
  t.equal(await post('voyager', 'reopen', { state_id: { previous: 2, current: 1 } }), 202, 'a person')
  await relay.allSettled(3)
  t.equal(issues.enterprise.state, 'opened')
})

t.test('a request with another token is refused, and kept without it', async (t) => {
  const { relay } = await start(t)
  const { body, headers } = gitlabRequest(day(1, 0)[0] ?? {}, { token: 'a-token-of-somebody' })
  const answer = await relay.post(body, headers)
  t.equal(answer.status, 401)
  t.match(answer.text, /X-Gitlab-Token is not secret_token/)
  t.notMatch(JSON.stringify(relay.lines()), 'a-token-of-somebody')
})
