import t from 'tap'
import type { Verdict } from '../../../src/connectors/contract/delivery-error.ts'
import type { LighthouseOptions } from '../../../src/stand-ins/lighthouse.ts'
import type { Answer, Fault } from '../../../src/stand-ins/stand-in.ts'
import { failure, jobFor } from '../../harness.ts'
import { commentJob, confirmBy, openAccount, performBy, stateJob, TOKEN } from './lighthouse-account.ts'

const isPut = ({ method }: { method: string }): boolean => method === 'PUT'
const isGet = ({ method }: { method: string }): boolean => method === 'GET'
const loginPage: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html><html><body>Log in</body></html>',
}

t.test('a problem with the token, the project or the URL holds the integration and names the setting', async (t) => {
  const cases: [string, object, LighthouseOptions, RegExp][] = [
    ['a wrong token', { token: 'f'.repeat(40) }, {}, /401.*token/],
    ['a token that may only read', {}, { tokens: { [TOKEN]: { userId: 1, readOnly: true } } }, /full access/],
    ['a token for another project', {}, { tokens: { [TOKEN]: { userId: 1, projectId: 9 } } }, /another project/],
    ['a project that is not there', { external_project_id: 4711 }, {}, /no project 4711.*external_project_id/],
    ['a private project of others', {}, { projects: [{ id: 54448, members: [2] }] }, /no project 54448.*member/],
    ['another URL', {}, {}, /account and base_url/],
  ]
  for (const [name, settings, options, message] of cases) {
    const { target, again } = await openAccount(t, {}, options)
    target.addTicket({ number: 5 })
    const moved = name === 'another URL' ? { base_url: `${target.url}/wrong` } : {}
    for (const job of [commentJob('The private text'), stateJob('accepted')]) {
      const error = await failure(performBy(again({ ...settings, ...moved }), job))
      t.strictSame([error.verdict, error.targetDown], ['hold', false], name)
      t.match(error.message, message, name)
      t.notMatch(error.message, new RegExp(`${TOKEN}|private text`))
    }
    t.strictSame(target.comments(5), [], name)
    t.equal(target.ticket(5).state, 'new', name)
  }
})

t.test('each failure of a write and of a read has its verdict', async (t) => {
  const rails = (status: number, value: unknown): Answer => ({
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  })
  const cases: [Fault, Verdict, Verdict][] = [
    [{ status: 302, headers: { location: 'https://lighthouseapp.com/login' } }, 'hold', 'hold'],
    [{ status: 400 }, 'dead', 'dead'],
    [{ status: 401 }, 'hold', 'hold'],
    [{ status: 402 }, 'pause', 'pause'],
    [{ status: 403 }, 'hold', 'hold'],
    [rails(422, [['title', "can't be blank"]]), 'dead', 'dead'],
    [{ status: 429 }, 'hold', 'hold'],
    [{ status: 500 }, 'in doubt', 'retry'],
    [{ status: 502 }, 'in doubt', 'retry'],
    [{ status: 503 }, 'in doubt', 'retry'],
    [{ status: 503, headers: { 'retry-after': '60' } }, 'in doubt', 'retry'],
    [loginPage, 'in doubt', 'hold'],
    [{ status: 200, body: '<html>Welcome to this network' }, 'in doubt', 'hold'],
    ['reset', 'in doubt', 'retry'],
    ['garbage', 'in doubt', 'retry'],
    ['hang', 'in doubt', 'retry'],
  ]
  for (const [fault, written, asked] of cases) {
    const { target, again } = await openAccount(t)
    target.addTicket({ number: 5 })
    const session = again({}, fault === 'hang' ? { timeoutMs: 300 } : {})
    target.fault(fault, { where: isPut })
    t.equal((await failure(performBy(session, commentJob('x')))).verdict, written, `PUT: ${JSON.stringify(fault)}`)
    target.fault(fault, { where: isGet })
    t.equal((await failure(confirmBy(session, commentJob('x')))).verdict, asked, `GET: ${JSON.stringify(fault)}`)
    t.strictSame(target.comments(5), [], JSON.stringify(fault))
  }
})

t.test('a target that cannot be reached is tried again', async (t) => {
  const { target, session } = await openAccount(t)
  target.addTicket({ number: 5 })
  await target.close()
  const error = await failure(performBy(session, commentJob('x')))
  t.strictSame([error.verdict, error.targetDown], ['retry', true])
})

t.test('a success counts even if its body breaks off', async (t) => {
  const { target, perform } = await openAccount(t, {}, { putAnswer: 'ticket' })
  target.addTicket({ number: 5 })
  target.fault('reset mid-body', { where: isPut })
  await perform(commentJob('x'))
  t.equal(target.comments(5).length, 1)
})

t.test('a read that breaks off or returns something else proves nothing', async (t) => {
  const { target, confirm } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.fault('reset mid-body')
  t.equal((await failure(confirm(commentJob('x')))).verdict, 'retry')
  target.fault({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"ticket":{}}' })
  t.equal((await failure(confirm(commentJob('x')))).verdict, 'hold')
})

t.test('over the rate limit, the integration waits as long as Lighthouse says', async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.limit(1, 75)
  const { verdict, retryAfterMs, status } = await failure(perform(commentJob('x')))
  t.strictSame({ verdict, retryAfterMs, status }, { verdict: 'hold', retryAfterMs: 75_000, status: 429 })
  target.limit(null)
  await perform(commentJob('x'))
  t.equal(target.comments(5).length, 1)
})

t.test('a deleted ticket ends the delivery, however it is found out', async (t) => {
  for (const full_update of [true, false]) {
    const { target, perform, confirm } = await openAccount(t, { full_update })
    target.addTicket({ number: 5 })
    target.deleteTicket(5)
    const works = [() => perform(commentJob('x')), () => perform(stateJob('started')), () => confirm(commentJob('x'))]
    for (const work of works) {
      const error = await failure(work())
      t.equal(error.verdict, 'dead')
      t.match(error.message, /no ticket 5 in project 54448/)
    }
  }
})

t.test('the story must be linked to a ticket of this project', async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5 })
  const elsewhere = commentJob('x', { url: 'http://acme.lighthouseapp.com/projects/100-other/tickets/5-broken' })
  t.match(await failure(perform(elsewhere)), { verdict: 'dead', message: /project 100.*external_project_id is 54448/ })
  for (const number of ['PROJ-5', '5/../6', '', '0', '5.json?x='])
    t.match(await failure(perform(commentJob('x', { number }))), { verdict: 'dead' }, JSON.stringify(number))
  const unlinked = { ...commentJob('x'), ticket: null }
  t.match(await failure(perform(unlinked)), { verdict: 'dead' })
  t.strictSame(target.requests, [], 'no request was sent')
  await perform(
    commentJob('x', { url: 'http://acme.lighthouseapp.com/projects/54448-lh-test/tickets/5', number: '#5' }),
  )
  t.equal(target.comments(5).length, 1)
})

t.test('an effect that a ticket cannot show is refused', async (t) => {
  const { perform, confirm } = await openAccount(t)
  const job = jobFor({ kind: 'forward' }, { ticket: { externalId: '5', externalUrl: null } })
  t.match(await failure(perform(job)), { verdict: 'dead' })
  t.match(await failure(confirm(job)), { verdict: 'dead' })
})

t.test("Lighthouse's own reason is quoted, shortened and on one line", async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.fault(
    { status: 422, body: JSON.stringify([['title', `is\nbad\u001b[31m ${'x'.repeat(1000)}`], [{}, 7], 'plain']) },
    { where: isPut },
  )
  const { message } = await failure(perform(commentJob('x')))
  t.match(message, /title is bad/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  t.notMatch(message, /[\u0000-\u001f]/)
  t.ok(message.length < 300)
  target.fault({ status: 422, body: '<errors><error>no</error></errors>' }, { where: isPut })
  t.equal((await failure(perform(commentJob('x')))).message, 'Lighthouse answered 422')
})
