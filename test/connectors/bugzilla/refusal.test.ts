import t, { type Test } from 'tap'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import { faultError } from '../../../src/connectors/bugzilla/refusal.ts'
import type { Job, Receipt } from '../../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../../../src/connectors/contract/effect.ts'
import { type BugzillaOptions, type BugzillaStandIn, bug, startBugzilla } from '../../../src/stand-ins/bugzilla.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { jobFor, openSession } from '../../harness.ts'

const login = { username: 'relay@relay.test', password: 'Relay-Passw0rd1' }
const both = ['5.2', '5.3'] as const
const text = 'words that no message may repeat'
const comment: CommentEffect = { kind: 'comment', storyId: '1', author: 'Ada', text, commentId: '5' }
const accepted: StateEffect = { kind: 'state', storyId: '1', author: 'Ada', state: 'accepted', from: null }
const job = (effect: CommentEffect | StateEffect = comment, externalId = '7'): Job =>
  jobFor(effect, { ticket: { externalId, externalUrl: null } })

interface Outcome {
  readonly verdict: string
  readonly message: string
  readonly targetDown: boolean
  readonly retryAfterMs: number | null
}

interface Tried {
  readonly target: BugzillaStandIn
  perform(job: Job): Promise<Outcome>
  performed(job: Job): Promise<Receipt>
  confirm(job: Job): Promise<Outcome>
}

async function tried(t: Test, options: BugzillaOptions, settings: object, now?: () => Date): Promise<Tried> {
  const target = await startBugzilla({ bugs: [bug(7)], ...options })
  t.teardown(() => target.close())
  const { session, close } = openSession(bugzilla, { url: target.url, ...settings }, now === undefined ? {} : { now })
  t.teardown(close)
  const outcome = async (promise: Promise<unknown> | undefined): Promise<Outcome> => {
    try {
      await promise
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      const { verdict, message, targetDown, retryAfterMs } = error
      t.notMatch(message, /Passw0rd|Kq3v|words that no message/)
      return { verdict, message, targetDown, retryAfterMs }
    }
    return { verdict: 'none', message: '', targetDown: false, retryAfterMs: null }
  }
  return {
    target,
    perform: (given) => outcome(session.perform?.(given)),
    async performed(given) {
      if (session.perform === undefined) throw new Error('the session performs nothing')
      return await session.perform(given)
    },
    confirm: (given) => outcome(session.confirm?.(given, new Date())),
  }
}

t.test('a wrong password pauses, and is not tried again for ten minutes', async (t) => {
  for (const version of ['3.4', '3.6', '4.4', '5.2', '5.3', 'harmony'] as const) {
    let now = Date.parse('2026-11-24T00:00:00Z')
    const { target, perform, confirm } = await tried(
      t,
      { version },
      { ...login, password: 'Wrong-Passw0rd' },
      () => new Date(now),
    )
    const refused = 'Bugzilla does not accept username and password; correct them (five wrong logins lock the account)'
    const later = `${refused} (the relay tries again at 00:10 UTC at the earliest)`
    const first = await Promise.all(Array.from({ length: 8 }, () => perform(job())))
    t.strictSame(new Set(first.map(({ verdict }) => verdict)), new Set(['pause']))
    t.strictSame(new Set(first.map(({ message }) => message)), new Set([refused, later]))
    const tries = (): number =>
      target.requests.filter(({ body, headers }) => `${body}${headers['x-bugzilla-password']}`.includes('Wrong')).length
    t.ok(tries() <= 2, `${tries()} tries`)
    const before = tries()
    t.equal((await perform(job())).message, later)
    t.equal((await confirm(job())).message, later)
    t.equal(tries(), before)
    now += 10 * 60 * 1000
    t.equal((await perform(job())).message, refused)
    t.equal(tries(), before + 1)
    now += 10 * 60 * 1000
    for (const user of target.users) user.password = 'Wrong-Passw0rd'
    t.equal((await perform(job())).verdict, 'none')
    t.equal((await confirm(job())).verdict, 'none')
  }
})

t.test('an account that may not log in pauses, and is tried again as soon as it may', async (t) => {
  for (const version of both) {
    const { target, perform } = await tried(t, { version }, login)
    const [user] = target.users
    if (user === undefined) throw new Error('the stand-in has no users')
    user.disabled = true
    t.match(await perform(job()), { verdict: 'pause', message: /account is disabled/ })
    user.disabled = false
    user.mustChangePassword = true
    t.match(await perform(job()), { verdict: 'pause', message: /wants a new password/ })
    user.mustChangePassword = false
    t.equal((await perform(job())).verdict, 'none')
  }
})

t.test('a wrong or revoked key pauses, also where only something is read', async (t) => {
  for (const version of ['5.0', '5.2', '5.3', 'harmony'] as const) {
    const { perform, confirm } = await tried(t, { version }, { api_key: 'Kq3vRevoked' })
    const refused = { verdict: 'pause', message: /^Bugzilla does not accept api_key; make a new one/ }
    t.match(await perform(job()), refused)
    t.match(await confirm(job()), refused)
  }
})

t.test('a proxy that drops the key is found out, also where a visitor would be answered', async (t) => {
  const { target, perform, confirm } = await tried(t, { version: 'harmony', users: [] }, { api_key: 'Kq3vRelayKey' })
  const visitor: Answer = {
    status: 401,
    headers: { 'content-type': 'application/json' },
    body: '{"error":true,"code":410,"message":"You must log in before using this part of Bugzilla."}',
  }
  target.fault(visitor, { times: 2, where: ({ path }) => /whoami|comment/.test(path) })
  const refused = { verdict: 'pause', message: /^Bugzilla takes the relay for a visitor.*X-BUGZILLA-API-KEY/ }
  t.match(await confirm(job()), refused)
  t.match(await perform(job()), refused)
  t.strictSame(target.asked, ['Bugzilla.version', 'GET /rest/version'])
})

t.test('a bug that is gone or hidden is the end of the delivery', async (t) => {
  for (const version of ['3.4', '3.6', ...both] as const) {
    const hidden = bug(8, { visibleTo: ['insider@relay.test'] })
    const { perform, confirm } = await tried(t, { version, bugs: [hidden] }, login)
    t.match(await perform(job(comment, '9')), {
      verdict: 'dead',
      message: 'the bug no longer exists in Bugzilla; link the story to an existing one: Bug #9 does not exist.',
    })
    t.match(await perform(job(comment, '8')), {
      verdict: 'dead',
      message: /^the account may not see the bug; give it access/,
    })
    t.match(await confirm(job(comment, '9')), { verdict: 'dead' })
  }
})

t.test('a status that is refused leaves the comment alone, and says why: map_status or the right', async (t) => {
  const cases = [
    [{ status: 'NOSUCH' }, /does not know a name in map_status.*There is no status named 'NOSUCH'/],
    [{ status: 'RESOLVED', resolution: 'NOPE' }, /does not know a name in map_status.*no Resolution named 'NOPE'/],
    [{ status: 'RESOLVED' }, /wants a resolution with this status; add a valid one in map_status/],
    [{ status: 'IN_PROGRESS', resolution: 'FIXED' }, /does not accept a resolution with an open status/],
    [{ status: 'VERIFIED', resolution: 'FIXED' }, /workflow does not allow.*from CONFIRMED to VERIFIED/],
  ] as const
  for (const version of both)
    for (const [status, message] of cases) {
      const { target, performed } = await tried(t, { version }, { ...login, map_status: { accepted: status } })
      const { note } = await performed(job(accepted))
      t.match(note, /^the comment alone: /)
      t.match(note, message)
      t.match(target.comments(7), [{ text: /^Ada accepted "More power to shields"/ }])
      t.strictSame([target.bugs.get(7)?.status, target.bugs.get(7)?.resolution], ['CONFIRMED', ''])
    }
  const plain = { username: 'plain@relay.test', password: 'Plain-Passw0rd1' }
  const { target, performed } = await tried(t, {}, { ...plain, map_status: { accepted: { status: 'IN_PROGRESS' } } })
  t.match(await performed(job(accepted)), { note: /or the account has no right to it \(editbugs\)/ })
  t.equal(target.comments(7).length, 1)
})

t.test('a rule of the server that has no code of its own leaves the comment alone too', async (t) => {
  const rules = [
    'Bug 7 has 1 unresolved dependency.',
    'You must select a target milestone for bug 7 if you are going to accept it.',
    "A value must be set for the 'Root Cause' field.",
  ]
  for (const version of ['4.0', '4.4', ...both, 'harmony'] as const)
    for (const ruleOfItsOwn of rules) {
      const map_status = { accepted: { status: 'RESOLVED', resolution: 'FIXED' } }
      const { target, performed } = await tried(t, { version, ruleOfItsOwn }, { ...login, map_status })
      t.equal((await performed(job(accepted))).note, `the comment alone: Bugzilla refuses: ${ruleOfItsOwn}`)
      t.match(target.comments(7), [{ text: /^Ada accepted "More power to shields"/ }])
      t.equal(target.bugs.get(7)?.status, 'CONFIRMED')
    }
})

t.test('a refusal of the bug itself, or by something in front, does not make a second write', async (t) => {
  const map_status = { accepted: { status: 'RESOLVED', resolution: 'FIXED' } }
  const hidden = bug(8, { visibleTo: ['insider@relay.test'] })
  const { target, perform } = await tried(t, { version: '5.2', bugs: [bug(7), hidden] }, { ...login, map_status })
  t.equal((await perform(job(accepted, '8'))).verdict, 'dead')
  t.equal((await perform(job(accepted, '9'))).verdict, 'dead')
  target.fault({ status: 409, headers: { 'content-type': 'text/html' }, body: 'no' })
  t.equal((await perform(job(accepted))).verdict, 'dead')
  t.strictSame(
    target.asked.filter((each) => each === 'Bug.add_comment'),
    [],
  )
})

t.test('a database that is down is waited for without using up attempts, and its login is never shown', async (t) => {
  for (const version of ['3.4', '3.6', '4.4', '5.2', '5.3', 'harmony'] as const) {
    const { target, perform, confirm } = await tried(t, { version }, login)
    // REST has only a web page to say so, as after any accident.
    const isPage = version === '5.3' || version === 'harmony'
    const held = { verdict: 'hold', targetDown: true, message: /^Bugzilla cannot reach its database/ }
    target.trouble = 'database down'
    t.match(await perform(job()), held, `${version}: before the version is known`)
    target.trouble = 'none'
    t.equal((await perform(job())).verdict, 'none')
    target.trouble = 'database down'
    t.match(await perform(job()), isPage ? { verdict: 'in doubt', targetDown: true } : held, `${version}: a write`)
    t.match(await confirm(job()), isPage ? { verdict: 'retry', targetDown: true } : held, `${version}: a read`)
  }
})

t.test('maintenance is waited for', async (t) => {
  for (const version of both) {
    const { target, perform, confirm } = await tried(t, { version }, login)
    target.trouble = 'maintenance'
    t.match(await perform(job()), { verdict: 'retry', targetDown: true })
    target.trouble = 'none'
    await confirm(job())
    target.trouble = 'maintenance'
    t.match(await perform(job()), { verdict: 'in doubt', targetDown: true, message: 'Bugzilla answered 503' })
    t.match(await confirm(job()), { verdict: 'retry', targetDown: true })
  }
})

t.test('whatever a server in front answers has its meaning', async (t) => {
  const html = (status: number, headers: Record<string, string> = {}): Answer => ({
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body: '<html>a page</html>',
  })
  const cases = [
    [html(200), 'in doubt', 'retry', /is a web page.*check url/],
    [html(302, { location: 'https://elsewhere.example/' }), 'hold', 'hold', /redirect/],
    [html(401), 'hold', 'hold', /rejects the credentials/],
    [html(404), 'hold', 'hold', /does not lead to Bugzilla's web service/],
    [html(429, { 'retry-after': '7' }), 'hold', 'hold', /rate limit/],
    [html(502), 'in doubt', 'retry', /502/],
    [html(503, { 'retry-after': '7' }), 'in doubt', 'retry', /503/],
  ] as const
  for (const version of both)
    for (const [answer, write, read, message] of cases) {
      const { target, perform, confirm } = await tried(t, { version }, login)
      await confirm(job())
      target.fault(answer, { times: 2 })
      const written = await perform(job())
      const asked = await confirm(job())
      t.match([written.verdict, asked.verdict, written.message, asked.message], [write, read, message, message])
      if (answer.headers?.['retry-after'] === '7') t.equal(written.retryAfterMs, 7000)
    }
})

t.test('an answer that breaks off or cannot be understood leaves a write in doubt', async (t) => {
  for (const version of both) {
    const { target, perform, confirm } = await tried(t, { version }, login)
    await confirm(job())
    target.fault('reset mid-body')
    t.match(await perform(job()), { verdict: 'in doubt', targetDown: true })
    target.fault('reset mid-body')
    t.match(await confirm(job()), { verdict: 'retry', targetDown: true })
    const odd: Answer[] = [
      {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: '<methodResponse><params><param><value>ok</value></param></params></methodResponse>',
      },
      { status: 200, headers: { 'content-type': 'text/xml' }, body: 'no XML' },
      { status: 201, headers: { 'content-type': 'application/json' }, body: '{"ok":1}' },
      { status: 201, headers: { 'content-type': 'application/json' }, body: '[]' },
      { status: 201, headers: { 'content-type': 'application/json' }, body: '{"id":' },
    ]
    for (const answer of odd) {
      target.down(answer)
      t.equal((await perform(job())).verdict, 'in doubt')
      t.equal((await confirm(job())).verdict, 'retry')
      target.down(null)
    }
  }
})

t.test('a fault is believed whatever the status says', async (t) => {
  const { target, perform } = await tried(t, { version: 'harmony' }, login)
  await perform(job())
  const fault = (status: number, body: object): Answer => ({
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify({ error: true, ...body }),
  })
  const cases: [Answer, Partial<Outcome> | { message: RegExp }][] = [
    [
      fault(200, { code: 100500, message: 'Perl at Bug.pm line 649.' }),
      { verdict: 'in doubt', message: 'Bugzilla failed with the code 100500; its own log tells why' },
    ],
    [
      fault(500, { message: 'Procedure error' }),
      { verdict: 'in doubt', message: 'Bugzilla failed with the code 100500; its own log tells why' },
    ],
    [fault(200, { code: '101', message: 'Bug #7 does not exist.' }), { verdict: 'dead' }],
    [
      fault(400, { code: 32000, message: 'You have exceeded the rate limit.' }),
      { verdict: 'hold', message: 'Bugzilla says that its rate limit is reached' },
    ],
    [
      fault(400, { code: 32000, message: 'Bugs of\u202e this\u0000 kind\n  are closed.' }),
      { verdict: 'dead', message: 'Bugzilla refuses: Bugs of this kind are closed.' },
    ],
    [
      fault(400, { code: 53, message: 'x'.repeat(300) }),
      { verdict: 'dead', message: `Bugzilla refuses with code 53: ${'x'.repeat(199)}…` },
    ],
    [
      fault(404, { code: 32614, message: 'no such resource' }),
      { verdict: 'dead', message: 'this Bugzilla is too old for what is asked of it' },
    ],
    [fault(400, { code: -32000, message: 'oh' }), { verdict: 'in doubt' }],
  ]
  for (const [answer, expected] of cases) {
    target.fault(answer)
    t.match(await perform(job()), expected)
  }
})

t.test('words of Perl and of databases are not repeated', async (t) => {
  const asked = { kind: 'write', login: 'password', status: 200 } as const
  for (const words of [
    "DBI connect('dbname=bugs','bugs','db-secret') failed",
    'Undefined subroutine at Bugzilla/Bug.pm',
    'something broke at template line 12',
    'the password is x',
  ])
    t.equal(faultError({ code: 32000, text: words }, asked).message, 'Bugzilla refuses')
  t.equal(
    faultError({ code: 'Cli"ent<b>', text: 'x' }, asked).message,
    'Bugzilla failed with the code Clientb; its own log tells why',
  )
})

t.test('nobody at the address is waited for', async (t) => {
  const { target, perform, confirm } = await tried(t, {}, login)
  await target.close()
  t.match(await perform(job()), { verdict: 'retry', targetDown: true })
  t.match(await confirm(job()), { verdict: 'retry', targetDown: true })
})

t.test('an address where Bugzilla is not, or cannot be talked to, holds', async (t) => {
  const wrong = await tried(t, {}, login)
  const session = openSession(bugzilla, { url: `${wrong.target.url}/bugs`, ...login })
  t.teardown(session.close)
  await t.rejects(async () => await session.session.perform?.(job()), {
    verdict: 'hold',
    message: "url does not lead to Bugzilla's web service (404); correct url",
  })
  const { perform } = await tried(t, { version: '5.0', xmlRpc: false }, login)
  t.match(await perform(job()), {
    verdict: 'hold',
    message: /^Bugzilla 5\.0\.6 at url has no XML-RPC; install the Perl modules/,
  })
})
