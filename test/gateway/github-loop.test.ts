import t from 'tap'
import { GITHUB_TOKEN, type GitHubIssue, githubApp, startGitHub } from '../../src/stand-ins/github.ts'
import { githubRequest, SECRET } from '../sources/github/requests.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'

/** Two repositories that follow each other, each the source of one project and the tickets of the other. */
const REPOSITORIES = [
  { id: 42, name: 'starfleet/enterprise', roles: { 7: 'write' as const } },
  { id: 43, name: 'starfleet/voyager', roles: { 7: 'write' as const } },
]
const AT_ONCE = 20
t.setTimeout(120_000)

async function startMirror(
  t: Parameters<typeof startRelay>[0],
  login: 'app' | 'token',
  { namesAccounts = true }: { namesAccounts?: boolean } = {},
) {
  const { app, privateKey } = githubApp({
    installations: [{ id: 501, repositories: [42, 43], permissions: { issues: 'write', metadata: 'read' } }],
  })
  const standIn = await startGitHub({ repositories: REPOSITORIES, app })
  t.teardown(standIn.close)
  const page = (repository: string): string => `${standIn.url}/${repository}/issues/5`
  const [enterprise, voyager] = [
    standIn.addIssue({ number: 5, repositoryId: 42, body: `Also ${page('starfleet/voyager')}` }),
    standIn.addIssue({ number: 5, repositoryId: 43, body: `Also ${page('starfleet/enterprise')}` }),
  ]
  const own = login === 'app' ? 'tracker-relay[bot]' : 'relay'
  const source = {
    ...{ type: 'github', signing_secret: SECRET, states: { Doing: 'started' } },
    ...(namesAccounts ? { own_accounts: [own] } : {}),
  }
  const credentials = login === 'app' ? { app_id: app.id, app_private_key: privateKey } : { token: GITHUB_TOKEN }
  const target = (repository: string) => ({
    ...{ type: 'github', base_url: standIn.url, repository, labels: { started: 'Doing' }, ...credentials },
  })
  const relay = await startRelay(t, {
    projects: [
      { id: 'enterprise', secret: 'a-hook-of-the-enterprise', source, integrations: ['to-voyager'] },
      { id: 'voyager', secret: 'a-hook-of-the-voyager', source, integrations: ['to-enterprise'] },
    ],
    integrations: {
      'to-voyager': target('starfleet/voyager'),
      'to-enterprise': target('starfleet/enterprise'),
    },
  })

  /** As GitHub tells of an issue in a web hook. */
  function eventOf(issue: GitHubIssue, action: string, sender: string, comment?: object, label?: string): object {
    const repository = REPOSITORIES.find(({ id }) => id === issue.repositoryId)?.name ?? ''
    const at = new Date().toISOString()
    return {
      action,
      issue: {
        ...{ id: 900_000 + issue.repositoryId, number: issue.number, title: issue.title, body: issue.body },
        ...{ html_url: page(repository), state: issue.state, state_reason: issue.stateReason, updated_at: at },
        ...{ closed_at: issue.state === 'closed' ? at : null, assignees: [] },
        labels: issue.labels.map((name) => ({ name })),
      },
      ...(comment === undefined ? {} : { comment }),
      ...(label === undefined ? {} : { label: { name: label } }),
      repository: { full_name: repository },
      sender: { login: sender, id: 1, type: sender.endsWith('[bot]') ? 'Bot' : 'User' },
    }
  }

  async function post(project: 'enterprise' | 'voyager', event: string, payload: object): Promise<number> {
    const { body, headers } = githubRequest(event, payload)
    const { status } = await fetch(`${relay.url}/hooks/${project}/a-hook-of-the-${project}`, {
      ...{ method: 'POST', headers, body },
    })
    return status
  }

  const settled = async (count: number) => {
    const deliveries = await relay.allSettled(count)
    return deliveries.map(({ integration, state }) => `${integration}: ${state}`)
  }
  return { standIn, relay, enterprise, voyager, own, eventOf, post, settled }
}

for (const [login, times] of [
  ['app', 1000],
  ['token', 100],
] as const)
  t.test(`as ${login}: what the relay wrote comes back ${times} times, and nothing is written twice`, async (t) => {
    const { standIn, relay, enterprise, voyager, own, eventOf, post, settled } = await startMirror(t, login)
    const text = (body: string, id: number) => ({
      id,
      body,
      created_at: '2026-11-24T06:00:00Z',
      updated_at: '2026-11-24T06:00:00Z',
    })

    const opened = [eventOf(enterprise, 'opened', 'grace'), eventOf(voyager, 'opened', 'grace')]
    t.equal(await post('enterprise', 'issues', opened[0] ?? {}), 202)
    t.equal(await post('voyager', 'issues', opened[1] ?? {}), 202)
    t.equal(
      await post('enterprise', 'issue_comment', eventOf(enterprise, 'created', 'grace', text('Shields up', 1))),
      202,
    )
    t.strictSame(await settled(1), ['to-voyager: delivered'])
    enterprise.state = 'closed'
    enterprise.stateReason = 'completed'
    t.equal(await post('enterprise', 'issues', eventOf(enterprise, 'closed', 'grace')), 202)
    t.strictSame(await settled(2), ['to-voyager: delivered', 'to-voyager: delivered'])
    t.match(voyager, { state: 'closed', stateReason: 'completed' })
    const [written] = voyager.comments
    t.match(written?.body, /^grace commented:\n\nShields up\n/)

    const statuses = new Set<number>()
    const writes = standIn.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/access_tokens'))
    const comment = text(written?.body ?? '', written?.id ?? 0)
    for (let time = 0; time < times; time += AT_ONCE)
      for (const status of await Promise.all(
        Array.from({ length: AT_ONCE }, async () => [
          await post('voyager', 'issue_comment', eventOf(voyager, 'created', own, comment)),
          await post('voyager', 'issues', eventOf(voyager, 'closed', own)),
        ]),
      ))
        for (const each of status) statuses.add(each)
    t.strictSame([...statuses], [200])
    t.equal((await relay.deliveries()).length, 2)
    t.equal(enterprise.comments.length, 0)
    t.equal(voyager.comments.length, 1)
    t.equal(enterprise.events.length, 0)
    t.equal(voyager.events.length, 1)
    t.equal(
      standIn.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/access_tokens')).length,
      writes.length,
    )
    const own_events = (await relay.metrics()).get('relay_activities_ignored_total{reason="own"}')
    t.equal(own_events, 2 * times)
  })

t.test('a person, or another bot, is not taken for the relay', async (t) => {
  const { enterprise, voyager, eventOf, post, settled } = await startMirror(t, 'app')
  await post('enterprise', 'issues', eventOf(enterprise, 'opened', 'grace'))
  voyager.state = 'closed'
  voyager.stateReason = 'completed'
  await post('voyager', 'issues', eventOf(voyager, 'opened', 'grace'))
  t.equal(await post('voyager', 'issues', eventOf(voyager, 'closed', 'stale[bot]')), 202)
  await settled(1)
  await eventually(
    async () => enterprise.state,
    (state) => state === 'closed',
    'the other issue follows',
  )
})

t.test(
  'a comment that comes back although no account is named, with a person’s token, is known by its mark',
  async (t) => {
    const { voyager, eventOf, post, relay } = await startMirror(t, 'token')
    const body = 'grace commented:\n\nShields up\n\n<!-- [relay 0123456789ab] -->'
    const at = '2026-11-24T06:00:00Z'
    const event = eventOf(voyager, 'created', 'grace', { id: 7, body, created_at: at, updated_at: at })
    t.equal(await post('voyager', 'issue_comment', event), 200)
    t.strictSame(await relay.deliveries(), [])
  },
)

t.test(
  'what a person’s token closed, reopened and labelled comes back 1000 times, and is known by itself',
  async (t) => {
    const { standIn, relay, enterprise, voyager, eventOf, post, settled } = await startMirror(t, 'token', {
      namesAccounts: false,
    })
    const writes = () => standIn.requests.filter(({ method }) => method !== 'GET').length
    const ownEvents = async () => (await relay.metrics()).get('relay_activities_ignored_total{reason="own"}') ?? 0
    for (const [project, issue] of [['enterprise', enterprise] as const, ['voyager', voyager] as const])
      t.equal(await post(project, 'issues', eventOf(issue, 'opened', 'grace')), 202)

    /** A person does it to one issue, and the relay to the other; then GitHub tells of that, again and again. */
    async function mirrored(
      count: number,
      times: number,
      change: () => { action: string; label?: string },
      isDone: (issue: GitHubIssue) => boolean,
    ): Promise<object> {
      const { action, label } = change()
      t.equal(await post('enterprise', 'issues', eventOf(enterprise, action, 'grace', undefined, label)), 202)
      await settled(count)
      t.ok(isDone(voyager), action)
      const [before, known] = [writes(), await ownEvents()]
      const echo = eventOf(voyager, action, 'grace', undefined, label)
      const statuses = new Set<number>()
      for (let time = 0; time < times; time += AT_ONCE)
        for (const status of await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, times - time) }, () => post('voyager', 'issues', echo)),
        ))
          statuses.add(status)
      t.strictSame([...statuses], [200], action)
      t.equal((await ownEvents()) - known, times, `${action} is counted`)
      t.equal((await relay.deliveries()).length, count, `${action} causes nothing`)
      t.equal(writes(), before)
      return echo
    }

    await mirrored(
      1,
      334,
      () => {
        enterprise.labels = ['Doing']
        return { action: 'labeled', label: 'Doing' }
      },
      ({ labels }) => labels.includes('Doing'),
    )
    await mirrored(
      2,
      333,
      () => {
        enterprise.labels = []
        enterprise.state = 'closed'
        enterprise.stateReason = 'completed'
        return { action: 'closed' }
      },
      ({ state }) => state === 'closed',
    )
    await mirrored(
      3,
      333,
      () => {
        enterprise.state = 'open'
        enterprise.stateReason = 'reopened'
        return { action: 'reopened' }
      },
      ({ state }) => state === 'open',
    )

    // What a person does there is none of it, also if the relay has just done the same.
    voyager.state = 'closed'
    voyager.stateReason = 'completed'
    t.equal(await post('voyager', 'issues', eventOf(voyager, 'closed', 'grace')), 202)
    await settled(4)
    t.equal(enterprise.state, 'closed')
    t.equal(await post('enterprise', 'issues', eventOf(enterprise, 'closed', 'grace')), 200)
    enterprise.state = 'open'
    t.equal(await post('enterprise', 'issues', eventOf(enterprise, 'reopened', 'grace')), 202)
    await settled(5)
    t.equal(voyager.state, 'open', 'the state that the relay itself has set is remembered')
  },
)
