import t from 'tap'
import { apiToken, startZendesk } from '../../../src/stand-ins/zendesk.ts'
import { clockAt, failureSeen } from '../../harness.ts'
import { became, byClient, jobOn, opened, remark, sessionOn, TICKET, updates } from './opened.ts'

const isUpdate = ({ method }: { method: string }): boolean => method === 'PUT'
const isTicket = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'GET' && path === `/api/v2/tickets/${TICKET}.json`

t.test('what is for a closed ticket is skipped and not written', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'closed' }] })
  t.strictSame(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'skip',
    message: `Zendesk's ticket ${TICKET} is closed, and a closed ticket takes no more comments`,
    status: null,
    retryAfterMs: null,
  })
  t.strictSame(updates(zendesk), [])
})

t.test('what is for a ticket that is closed between read and write is skipped too', async (t) => {
  const { zendesk, session, clock } = await opened(t)
  t.equal(await session.confirm(jobOn(remark), clock.now()), 'absent')
  const ticket = zendesk.tickets.get(TICKET)
  if (ticket !== undefined) ticket.status = 'closed'
  t.strictSame(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'skip',
    message: `Zendesk's ticket ${TICKET} is closed, and a closed ticket takes no more comments`,
    status: 422,
    retryAfterMs: null,
  })
})

t.test('a ticket that is gone is a permanent failure', async (t) => {
  const { session } = await opened(t)
  t.strictSame(await failureSeen(session.perform(jobOn(remark, { ticket: '404' }))), {
    verdict: 'dead',
    message: 'Zendesk has no ticket 404 that its user can see: it was deleted, or belongs to another Zendesk',
    status: 404,
    retryAfterMs: null,
  })
})

t.test('a required field that is empty is named', async (t) => {
  const { session } = await opened(t, { tickets: [{ missingField: 'Kind of fire' }] })
  t.strictSame(await failureSeen(session.perform(jobOn(became('started')))), {
    verdict: 'dead',
    message: `Zendesk refuses this change of ticket ${TICKET}: base: Kind of fire: is required`,
    status: 422,
    retryAfterMs: null,
  })
})

t.test('a ticket that is full of comments is a permanent failure', async (t) => {
  const { session } = await opened(t, { mostComments: 0 })
  t.match(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'dead',
    status: 422,
    message: /as many comments/,
  })
})

t.test("Zendesk's own words are shown short, on one line and without control characters", async (t) => {
  const { zendesk, session } = await opened(t)
  const description = `a\u0000b\u001b[31m\n\u202e${'x'.repeat(500)}`
  zendesk.fault({ status: 422, body: JSON.stringify({ error: 'RecordInvalid', description }) }, { where: isUpdate })
  t.strictSame(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'dead',
    message: `Zendesk refuses this change of ticket ${TICKET}: a b [31m ${'x'.repeat(110)}…`,
    status: 422,
    retryAfterMs: null,
  })
})

t.test('a wrong login is held, and names the settings to look at', async (t) => {
  const ways: [object, RegExp][] = [
    [{ user_email: 'relay@acme.example', api_token: 'wrong' }, /user_email and api_token/],
    [{ user_email: 'relay@acme.example', user_password: 'wrong' }, /accepts passwords from few accounts/],
    [{ oauth_token: 'wrong' }, /create another and set oauth_token/],
    [{ ...byClient, oauth_client_secret: 'wrong' }, /oauth_client_id and oauth_client_secret/],
  ]
  for (const [settings, message] of ways) {
    const { zendesk, session } = await opened(t, { settings })
    t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'hold', status: 401, message })
    t.equal(zendesk.requests.length, 1, 'asked once, and nothing written')
  }
})

t.test('a login that Zendesk does not see at all is held before anything is written', async (t) => {
  const settings = { user_email: 'relay@acme.example', api_token: apiToken }
  const { zendesk, session } = await opened(t, { losesLogin: true, settings })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'hold', message: /anonymous visitor/ })
  t.strictSame(updates(zendesk), [])
})

t.test('an end user, whose comments would be public, and a suspended user never write', async (t) => {
  const base = { id: 29, name: 'Tracker Relay', email: 'relay@acme.example' }
  for (const [user, message] of [
    [{ ...base, role: 'end-user' as const }, /is an end user, whose comments are public/],
    [{ ...base, role: 'agent' as const, suspended: true }, /is suspended or deleted/],
  ] as const) {
    const { zendesk, session } = await opened(t, { users: [user] })
    t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'hold', message })
    t.strictSame(updates(zendesk), [])
  }
})

t.test('a comment that Zendesk publishes all the same is not repeated, and stops all that follow', async (t) => {
  const { zendesk, session } = await opened(t, { publishes: true })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'dead', message: /make it private there/ })
  t.match(await failureSeen(session.perform(jobOn(remark, { key: 'dlv_next' }))), { verdict: 'pause' })
  t.equal(zendesk.comments(TICKET).length, 1)
})

t.test('a person who resumes after a published comment has seen to it, and is not stopped by it again', async (t) => {
  const clock = clockAt()
  const options = { now: clock.now, publishes: true }
  const zendesk = await startZendesk(options)
  t.teardown(() => zendesk.close())
  const session = sessionOn(t, zendesk, { settings: byClient, clock })
  const at = async (key: string): Promise<string> =>
    (await failureSeen(session.perform(jobOn(remark, { key })))).verdict
  t.strictSame([await at('dlv_1'), await at('dlv_2')], ['dead', 'pause'])
  options.publishes = false
  await session.perform(jobOn(remark, { key: 'dlv_2' }))
  t.strictSame(
    zendesk.comments(TICKET).map((each) => each.public),
    [true, false],
  )
  options.publishes = true
  t.strictSame([await at('dlv_3'), await at('dlv_4')], ['dead', 'pause'], 'should it happen again, all stops again')
  t.equal(zendesk.requests.filter(({ path }) => path.endsWith('/me.json')).length, 2, 'who the user is, is asked anew')
})

t.test('a ticket that is hidden from the user is its own failure, a missing scope is held', async (t) => {
  const hidden = await opened(t, { tickets: [{ visibleTo: [7] }] })
  t.match(await failureSeen(hidden.session.perform(jobOn(remark))), {
    verdict: 'dead',
    status: 403,
    message: `Zendesk hides ticket ${TICKET} from its user; give that user access to the ticket's group`,
  })
  const { zendesk, clock } = await opened(t)
  const scopes = ['users:read', 'users:read tickets:read', 'tickets:read tickets:write']
  const [noTickets, noWrite, noUsers] = scopes.map((scope) =>
    sessionOn(t, zendesk, { clock, settings: { oauth_token: zendesk.accessToken(29, scope) } }),
  )
  for (const [session, message] of [
    [noTickets, /the scopes tickets:read and tickets:write/],
    [noWrite, /read tickets but not change them; give an OAuth token the scope tickets:write/],
    [noUsers, /the scope users:read/],
  ] as const)
    t.match(session && (await failureSeen(session.perform(jobOn(remark)))), { verdict: 'hold', status: 403, message })
  t.strictSame(zendesk.comments(TICKET), [])
})

t.test('one ticket that may not be changed does not hold the others, once another one was', async (t) => {
  const { session } = await opened(t, { tickets: [{ id: 1 }, { id: 2, readOnlyFor: [29] }] })
  await session.perform(jobOn(remark, { ticket: '1' }))
  t.strictSame(await failureSeen(session.perform(jobOn(remark, { ticket: '2', key: 'dlv_2' }))), {
    verdict: 'retry',
    message: "Zendesk does not let its user change ticket 2; give that user access to the ticket's group",
    status: 403,
    retryAfterMs: null,
  })
})

t.test('a light agent comments in private but cannot open a ticket', async (t) => {
  const light = { id: 29, name: 'Relay', email: 'relay@acme.example', role: 'agent' as const, lightAgent: true }
  const { zendesk, session } = await opened(t, { users: [light] })
  await session.perform(jobOn(remark))
  t.match(await failureSeen(session.perform(jobOn(became('started'), { key: 'dlv_2' }))), {
    verdict: 'retry',
    status: 403,
  })
  t.strictSame(
    zendesk.comments(TICKET).map((each) => each.public),
    [false],
  )
})

t.test('a collision in its database is tried again', async (t) => {
  const { zendesk, session } = await opened(t)
  for (const [status, error] of [
    [409, 'DatabaseConflict'],
    [503, 'DatabaseDeadlock'],
  ] as const) {
    zendesk.fault(
      { status, headers: { 'retry-after': '3' }, body: JSON.stringify({ error, description: 'Database collision' }) },
      { where: isUpdate },
    )
    t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'retry', status, retryAfterMs: 3000 })
  }
})

t.test('maintenance is waited for as long as Zendesk asks, and leaves a write in doubt', async (t) => {
  const { zendesk, session } = await opened(t)
  zendesk.fault({ status: 503, headers: { 'retry-after': '120' } }, { where: isUpdate })
  t.match(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'in doubt',
    status: 503,
    retryAfterMs: 120_000,
  })
  zendesk.fault({ status: 503, headers: { 'retry-after': '60' } }, { where: isTicket })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'retry', status: 503, retryAfterMs: 60_000 })
})

t.test('a read that fails leaves nothing in doubt', async (t) => {
  const { zendesk, session } = await opened(t)
  for (const fault of ['reset', 'garbage', { status: 500 }] as const) {
    zendesk.fault(fault, { where: isTicket })
    t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'retry' })
  }
  t.strictSame(updates(zendesk), [])
})

t.test('an address that is not a Zendesk is held, and url is named', async (t) => {
  const settings = { user_email: 'relay@acme.example', api_token: apiToken }
  const { zendesk, session } = await opened(t, { settings })
  const isMe = ({ path }: { path: string }): boolean => path === '/api/v2/users/me.json'
  zendesk.fault({ status: 404, body: '<html>No help desk</html>' }, { where: isMe })
  t.match(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'hold',
    message: /is not a Zendesk; check url/,
  })
  zendesk.fault({ status: 200, body: '<html>Welcome</html>' }, { where: isMe })
  t.match(await failureSeen(session.perform(jobOn(remark))), {
    verdict: 'hold',
    message: /does not answer as a Zendesk does. Check url/,
  })
  zendesk.fault({ status: 301, headers: { location: 'https://elsewhere.example/' } }, { where: isMe })
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'hold', status: 301 })
  await zendesk.close()
  t.match(await failureSeen(session.perform(jobOn(remark))), { verdict: 'retry' })
})

t.test('no failure repeats a secret or the text of the comment', async (t) => {
  const secrets = ['s3cret-of-the-client', apiToken, 'wrong-secret', remark.kind === 'comment' ? remark.text : '']
  for (const settings of [
    { ...byClient, oauth_client_secret: 'wrong-secret' },
    { user_email: 'relay@acme.example', api_token: 'wrong-secret' },
    { user_email: 'relay@acme.example', user_password: 'wrong-secret' },
    { oauth_token: 'wrong-secret' },
    {
      oauth_client_id: 'tracker_relay',
      oauth_client_secret: 's3cret-of-the-client',
      oauth_refresh_token: 'wrong-secret',
    },
    byClient,
  ]) {
    const { zendesk, session } = await opened(t, { settings })
    zendesk.fault({ status: 400, body: '{}' }, { where: isUpdate })
    const { message } = await failureSeen(session.perform(jobOn(remark)))
    const findings = JSON.stringify(await session.check())
    t.strictSame(
      secrets.filter((secret) => `${message}${findings}`.includes(secret)),
      [],
    )
  }
})
