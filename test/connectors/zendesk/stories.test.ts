import t, { type Test } from 'tap'
import type { ExternalStory } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import zendesk from '../../../src/connectors/zendesk/index.ts'
import type { Recorded } from '../../../src/stand-ins/stand-in.ts'
import {
  agent,
  apiToken,
  client,
  startZendesk,
  type ZendeskOptions,
  type ZendeskStandIn,
  type ZendeskTicket,
  type ZendeskUser,
} from '../../../src/stand-ins/zendesk.ts'
import { configured, openSession, problemsOf } from '../../harness.ts'
import { type Reading, reading } from '../reading.ts'

const byClient = { oauth_client_id: client.identifier, oauth_client_secret: client.secret ?? '' }
const onlyImport = { update_comments: false, update_state: false }
const anyText = 'Drucker "brennt" <b>& raucht</b> \u{1f525}\n\tקפטן ‏קירק‏ 漢字 \u0007 &amp; ]]>'
const spock: ZendeskUser = {
  id: 20978392,
  name: 'S\'chn T\'gai "Spock" <\u{1f596}>',
  email: 's@ufp.example',
  role: 'end-user',
}

interface Source extends Reading {
  readonly target: ZendeskStandIn
}

async function source(t: Test, options: ZendeskOptions, settings: object = {}): Promise<Source> {
  const target = await startZendesk({ users: [agent, spock], ...options })
  t.teardown(() => target.close())
  const login = /oauth|user_/.test(Object.keys(settings).join()) ? {} : byClient
  return {
    target,
    ...reading(t, zendesk, { url: target.url, view_id: 25, ...login, ...settings }, { timeoutMs: 10_000 }),
  }
}

const many = (count: number, parts: (id: number) => Partial<ZendeskTicket> = () => ({})): Partial<ZendeskTicket>[] =>
  Array.from({ length: count }, (_, at) => ({ id: at + 1, subject: `ticket ${at + 1}`, ...parts(at + 1) }))

function viewOf(tickets: readonly Partial<ZendeskTicket>[], parts: object = {}): ZendeskOptions {
  const ids = tickets.map(({ id = 0 }) => id)
  return { tickets, views: [{ id: 25, title: 'Open bugs', tickets: ids, ...parts }] }
}

const isOfView = ({ path }: Recorded): boolean => path === '/api/v2/views/25/tickets.json'

async function failureSeen({ stories }: Reading): Promise<unknown> {
  const found: ExternalStory[] | unknown = await stories().catch((error: unknown) => error)
  if (!(found instanceof DeliveryError)) return found
  const { verdict, message } = found
  return { verdict, message }
}

t.test('the tickets of a view are read whole, in the order of the view', async (t) => {
  const createdAt = new Date('2009-07-20T22:55:29Z')
  const { target, pages } = await source(t, {
    ...viewOf([
      {
        id: 35436,
        subject: 'Help, my printer is on fire!',
        description: anyText,
        type: 'incident',
        requesterId: spock.id,
        createdAt,
      },
      { id: 12, subject: anyText, description: null, createdAt },
      {
        id: 77,
        subject: ' ',
        description: '\r\n  It smells odd.\nVery odd.',
        type: 'task',
        requesterId: 404,
        createdAt,
      },
      { id: 78, subject: null, description: '', requesterId: agent.id, createdAt },
    ]),
  })
  t.strictSame(await pages(), [
    [
      {
        externalId: '35436',
        name: 'Help, my printer is on fire!',
        description: anyText,
        requestedBy: 'S\'chn T\'gai "Spock" <\u{1f596}>',
        createdAt,
        type: 'incident',
        estimate: null,
      },
      {
        externalId: '12',
        name: anyText,
        description: '',
        requestedBy: '',
        createdAt,
        type: null,
        estimate: null,
      },
      {
        externalId: '77',
        name: 'It smells odd.',
        description: '\r\n  It smells odd.\nVery odd.',
        requestedBy: '',
        createdAt,
        type: 'task',
        estimate: null,
      },
      {
        externalId: '78',
        name: 'Ticket 78',
        description: '',
        requestedBy: 'Tracker Relay',
        createdAt,
        type: null,
        estimate: null,
      },
    ],
  ])
  t.ok(target.requests.every(({ method, path }) => method === 'GET' || path === '/oauth/tokens'))
})

t.test('a ticket of whatever type becomes a bug', async (t) => {
  t.strictSame(configured(zendesk, { url: 'acme', ...byClient }).imports?.storyTypes, { byType: {}, otherwise: 'bug' })
})

t.test('there is a source only where a view is set, in whatever form', async (t) => {
  const plain = { url: 'acme', ...byClient, update_comments: true, update_state: true }
  for (const settings of [plain, { ...plain, view_id: '' }, { ...plain, view_id: ' ' }]) {
    t.strictSame(problemsOf(zendesk, settings), [])
    await t.rejects(reading(t, zendesk, settings).stories(), { message: 'zendesk has no stories' })
  }
  const ids = async (view_id: string) => {
    t.strictSame(problemsOf(zendesk, { ...plain, view_id }), [])
    return (await source(t, viewOf(many(1)), { view_id })).ids()
  }
  t.strictSame(await ids('25'), ['1'])
  t.strictSame(await ids('https://acme.zendesk.com/agent/filters/25'), ['1'])
  t.strictSame(await ids('https://acme.zendesk.com/api/v2/views/25.json'), ['1'])
  t.strictSame(problemsOf(zendesk, { ...plain, view_id: 'Open bugs' }), [
    { setting: 'view_id', problem: 'must be the number in the URL of a view, such as 25 in /agent/filters/25' },
  ])
})

t.test('many tickets come in pages of a hundred, all of them and in order', async (t) => {
  const tickets = many(250, (id) => ({ description: `about ${id}`, requesterId: spock.id })).reverse()
  const { target, pages } = await source(t, viewOf(tickets))
  const read = await pages()
  t.strictSame(
    read.map((page) => page.length),
    [100, 100, 50],
  )
  t.strictSame(
    read.flat().map(({ externalId, description }) => [Number(externalId), description]),
    tickets.map(({ id, description }) => [id, description]),
  )
  t.equal(target.requests.filter(isOfView).length, 3)
})

t.test('one page is read ahead, and no more', async (t) => {
  const target = await startZendesk(viewOf(many(500)))
  t.teardown(() => target.close())
  const { session, close } = openSession(zendesk, {
    url: target.url,
    view_id: 25,
    ...byClient,
  })
  t.teardown(close)
  const stories = session.stories?.()[Symbol.asyncIterator]()
  await stories?.next()
  await stories?.next()
  t.ok(target.requests.filter(isOfView).length <= 3)
  await stories?.return?.()
})

t.test('requesters that do not come along are asked for, a hundred at once and each once', async (t) => {
  const people = Array.from({ length: 130 }, (_, at): ZendeskUser => ({ ...spock, id: 1000 + at, name: `Nr. ${at}` }))
  const tickets = many(230, (id) => ({ requesterId: 1000 + (id % 131) }))
  const { target, stories } = await source(t, { ...viewOf(tickets, { sideloads: false }), users: [agent, ...people] })
  t.strictSame(
    (await stories()).map(({ requestedBy }) => requestedBy),
    tickets.map(({ id = 0 }) => (id % 131 === 130 ? '' : `Nr. ${id % 131}`)),
  )
  const asked = target.requests.filter(({ path }) => path === '/api/v2/users/show_many.json')
  const ids = asked.flatMap(({ query }) => (query.get('ids') ?? '').split(','))
  t.equal(ids.length, 131)
  t.equal(new Set(ids).size, 131)
})

t.test('a login that may not see users shows the tickets without requesters', async (t) => {
  const options = viewOf(
    many(120, () => ({ requesterId: spock.id })),
    { sideloads: false },
  )
  const { target, stories } = await source(t, options)
  const refused = { status: 403, headers: { 'content-type': 'application/json' }, body: '{"error":"Forbidden"}' }
  target.fault(refused, { times: 9, where: ({ path }) => path.endsWith('/show_many.json') })
  const found = await stories()
  t.equal(found.length, 120)
  t.ok(found.every(({ requestedBy }) => requestedBy === ''))
  t.equal(target.requests.filter(({ path }) => path.endsWith('/show_many.json')).length, 1)
})

t.test('an empty view is an empty list', async (t) => {
  t.strictSame(await (await source(t, viewOf([]))).stories(), [])
})

t.test('a login that something on the way removes is an error, never an empty list', async (t) => {
  const lost = await source(t, { ...viewOf(many(1)), losesLogin: true }, { oauth_token: 'any' })
  t.match(await failureSeen(lost), { verdict: 'hold', message: /^Zendesk rejects the login; / })
  const empty = await source(t, { ...viewOf([]), losesLogin: true }, { oauth_token: 'any' })
  const nothing = JSON.stringify({ tickets: [], users: [], meta: { has_more: false } })
  empty.target.fault(
    { status: 200, headers: { 'content-type': 'application/json' }, body: nothing },
    { where: isOfView },
  )
  t.match(await failureSeen(empty), { verdict: 'hold', message: /treats the relay as an anonymous visitor/ })
})

t.test(
  'what is wrong with the view or the login is told in the words of the settings, also by the check',
  async (t) => {
    const wrong = async (options: ZendeskOptions, settings: object = {}) => {
      const opened = await source(t, options, settings)
      const told = await failureSeen(opened)
      return { told, finding: (await opened.check()).at(-1) }
    }
    const about = (setting: string, message: string) => ({
      told: { verdict: 'pause', message },
      finding: { level: 'error', setting, message },
    })
    t.strictSame(
      await wrong(viewOf(many(1)), { view_id: 26 }),
      about(
        'view_id',
        "Zendesk has no view 26 that its user can see; take the number of view_id from the view's address, /agent/filters/25",
      ),
    )
    t.strictSame(
      await wrong(viewOf(many(1), { visibleTo: [7] })),
      about(
        'view_id',
        'Zendesk does not show view 25 to its user; share the view with everybody or with a group of the user, or set another view_id',
      ),
    )
    const allowed = { ...client, allowedScopes: ['tickets:read', 'tickets:write', 'users:read'] }
    t.strictSame(
      await wrong({ ...viewOf(many(1)), clients: [allowed] }),
      about('oauth_client_secret', 'Zendesk does not show views to the OAuth token; give it the scope read'),
    )
    const refused =
      'Zendesk rejects the login; check user_email and api_token, and that token access is on; or better, set up oauth_client_id and oauth_client_secret'
    t.strictSame(await wrong(viewOf(many(1)), { user_email: agent.email, api_token: 'wrong' }), {
      told: { verdict: 'hold', message: refused },
      finding: { level: 'error', setting: 'api_token', message: refused },
    })
  },
)

t.test('every way to log in reads the view', async (t) => {
  const users = [{ ...agent, password: 'make it so' }]
  const options = { ...viewOf(many(2)), users, passwordAccess: true }
  const byToken = await source(t, options, { user_email: agent.email, api_token: apiToken })
  t.strictSame(await byToken.ids(), ['1', '2'])
  t.strictSame(await (await source(t, options, { user_email: agent.email, user_password: 'make it so' })).ids(), [
    '1',
    '2',
  ])
  const target = await startZendesk(options)
  t.teardown(() => target.close())
  const settings = { url: target.url, view_id: 25, oauth_token: target.accessToken(29, 'read') }
  t.strictSame(await reading(t, zendesk, settings).ids(), ['1', '2'])
  target.revokeAccessTokens()
  await t.rejects(reading(t, zendesk, settings).ids(), { message: /^Zendesk rejects the login; it has expired/ })
})

t.test('a token that ends while the view is read is replaced', async (t) => {
  const { target, ids } = await source(t, viewOf(many(150)))
  let pages = 0
  target.fault('reset', {
    where: (request) => {
      if (isOfView(request) && ++pages === 2) target.revokeAccessTokens()
      return false
    },
  })
  t.equal((await ids()).length, 150)
  t.equal(target.grants, 2)
})

t.test('a client is asked for no more scopes than the settings need', async (t) => {
  const scopes = async (settings: object): Promise<unknown> => {
    const { target, check } = await source(t, viewOf(many(1)), settings)
    await check()
    const request = target.requests.find(({ path }) => path === '/oauth/tokens')
    return (JSON.parse(request?.body.toString() ?? '{}') as { scope?: unknown }).scope
  }
  t.equal(await scopes({}), 'tickets:read tickets:write users:read read')
  t.equal(await scopes(onlyImport), 'read')
  t.equal(await scopes({ view_id: '' }), 'tickets:read tickets:write users:read')
})

t.test('a short limit and trouble of the server are sat out', async (t) => {
  const { target, ids } = await source(t, viewOf(many(250)))
  const plain = { 'content-type': 'text/plain' }
  const limited = { ...plain, 'retry-after': '0', 'ratelimit-remaining': '0' }
  const body = 'Number of allowed API requests per minute exceeded'
  target.fault({ status: 429, headers: limited, body }, { where: isOfView })
  target.fault(
    { status: 503, headers: plain, body: 'down' },
    { where: (each) => isOfView(each) && each.query.size === 3 },
  )
  target.fault('reset', { where: (each) => isOfView(each) && each.query.size === 3 })
  t.equal((await ids()).length, 250)
})

t.test('trouble that lasts is an error, also in the middle of the view', async (t) => {
  const json = { 'content-type': 'application/json' }
  const limited = await source(t, viewOf(many(1)))
  limited.target.fault({ status: 429, headers: { ...json, 'retry-after': '41' }, body: '{}' }, { where: isOfView })
  const down = await source(t, viewOf(many(150)))
  down.target.fault(
    { status: 500, headers: json, body: '{}' },
    { times: 99, where: (each) => isOfView(each) && each.query.has('page[after]') },
  )
  const other = await source(t, viewOf(many(1)))
  other.target.fault({ status: 200, headers: json, body: '{"tickets":[{"id":"1"}]}' }, { times: 9, where: isOfView })
  const endless = await source(t, viewOf(many(1)))
  const more = JSON.stringify({ tickets: [{ id: 1 }], meta: { has_more: true, after_cursor: null } })
  endless.target.fault({ status: 200, headers: json, body: more }, { times: 9, where: isOfView })
  const told = await Promise.all([limited, down, other, endless].map(failureSeen))
  t.match(told, [
    { verdict: 'hold', message: 'Zendesk answered 429; over its rate limit' },
    { verdict: 'retry', message: 'Zendesk answered 500' },
    { verdict: 'hold', message: /does not answer as a Zendesk does\. Check url\.$/ },
    { verdict: 'retry', message: 'Zendesk does not say how the tickets of view 25 go on' },
  ])
})

t.test('the check says how much there is to import, and who only imports needs no right to write', async (t) => {
  const { target, check } = await source(t, viewOf(many(3)), onlyImport)
  t.strictSame(await check(), [
    { level: 'ok', setting: null, message: `logged in to ${target.url} as "Tracker Relay" (agent)` },
    { level: 'ok', setting: 'view_id', message: 'the view "Open bugs" shows 3 tickets' },
  ])
  const last = async (parts: object) => (await (await source(t, viewOf(many(3), parts))).check()).slice(2)
  t.strictSame(await last({}), [{ level: 'ok', setting: 'view_id', message: 'the view "Open bugs" shows 3 tickets' }])
  t.strictSame(await last({ counted: 1, title: 'A\n\u202eB' }), [
    { level: 'ok', setting: 'view_id', message: 'the view "A B" shows 1 ticket' },
  ])
  t.strictSame(await last({ counted: null, active: false }), [
    { level: 'ok', setting: 'view_id', message: 'the view "Open bugs" can be read' },
    { level: 'warning', setting: 'view_id', message: 'the view "Open bugs" is deactivated in Zendesk; activate it' },
  ])
})
