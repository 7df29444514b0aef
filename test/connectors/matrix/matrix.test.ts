import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import type { Job } from '../../../src/connectors/contract/connector.ts'
import matrix from '../../../src/connectors/matrix/index.ts'
import { MATRIX_ALIAS, MATRIX_ROOM, MATRIX_TOKEN, startMatrix } from '../../../src/stand-ins/matrix.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { announcing, failureSeen, jobFor, openSession, problemsOf } from '../../harness.ts'
import { hostileJob, LONG_TEXTS, noticing, OWN_WORDS, RUNS } from '../rooms.ts'

const MINUTE = 60_000
const link = 'https://www.pivotaltracker.com/story/show/109'
const isSend = ({ method }: { method: string }): boolean => method === 'PUT'

async function opened(t: Test, settings: object = {}) {
  let at = Date.parse('2026-11-24T06:00:00.000Z')
  const now = (): Date => new Date(at)
  const target = await startMatrix({ now })
  t.teardown(() => target.close())
  const given = { base_url: `${target.url}/`, access_token: MATRIX_TOKEN, room: MATRIX_ROOM, ...settings }
  const open = () => {
    const { session, close } = openSession(matrix, given, { timeoutMs: 10_000, now })
    t.teardown(close)
    const { perform, confirm, check } = session
    if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
    return { perform, confirm, check }
  }
  const pass = (ms: number): void => {
    at += ms
  }
  return { target, ...open(), again: open, now, pass }
}

t.test('a message is HTML and plain text, mentions nobody, and tells what happened with which story', async (t) => {
  const { target, perform } = await opened(t)
  const text = 'Only **110** %.\n- `hums` <b>'
  const receipt = await perform(
    announcing({ what: 'rejected', author: 'Spock', text, markup: 'markdown' }, { key: 'dlv_1' }),
  )
  t.equal(receipt.id, target.events[0]?.event_id)
  t.strictSame(target.events[0]?.content, {
    msgtype: 'm.notice',
    body: `Spock rejected "More power to shields":\n${text}\n${link}`,
    format: 'org.matrix.custom.html',
    formatted_body: `<p>Spock rejected &quot;<a href="${link}">More power to shields</a>&quot;</p><blockquote><p>Only <strong>110</strong> %.</p><ul><li><code>hums</code> &lt;b&gt;</li></ul></blockquote>`,
    'm.mentions': {},
    'tracker-relay.delivery': '7f9a94e06526a4ad5e853cc766546994',
  })
})

t.test('what follows about a story is in the thread of its first message, whoever is asked for it', async (t) => {
  const { target, perform, again } = await opened(t)
  const first = await perform(announcing())
  const second = await perform(announcing({}, { latest: first.id ?? null }))
  const third = await again().perform(announcing({}, { latest: second.id ?? null }))
  const relations = target.events.map(({ content }) => content['m.relates_to'])
  const inThread = (latest: unknown): object => ({
    ...{ rel_type: 'm.thread', event_id: first.id, is_falling_back: true, 'm.in_reply_to': { event_id: latest } },
  })
  t.strictSame(relations, [undefined, inThread(first.id), inThread(second.id)])
  t.equal(target.requests.filter(({ path }) => path.includes('/event/')).length, 1, 'only the new session asks')
  await perform(announcing({}, { latest: '$gone' }))
  t.equal(target.events[3]?.content['m.relates_to'], undefined, 'a message that was removed has no thread')
  const flat = await opened(t, { threads: false })
  await flat.perform(announcing({}, { latest: third.id ?? null }))
  t.equal(flat.target.events[0]?.content['m.relates_to'], undefined)
})

t.test('a repeat writes nothing, and after the server has forgotten it the message is found', async (t) => {
  const { target, perform, confirm, again, now, pass } = await opened(t, { room: MATRIX_ALIAS })
  const job: Job = { ...announcing(), inDoubt: true }
  const since = now()
  target.fault('lose the answer', { where: isSend })
  t.match(await failureSeen(perform(job)), { verdict: 'in doubt' })
  t.match(await perform(job), { id: target.events[0]?.event_id }, 'the transaction is known')
  t.equal(target.events.length, 1)
  for (let count = 0; count < 250; count += 1)
    target.write('@kirk:ship.example', { msgtype: 'm.text', body: `${count}` })
  pass(90 * MINUTE)
  target.state.isForgetful = true
  t.match(await again().confirm(job, since), { id: target.events[0]?.event_id, note: 'already in the room' })
  t.equal(await confirm(announcing(), since), 'absent', 'another one with the same words')
})

t.test('whatever stands in a story or comment, its HTML is text and nobody is called', async (t) => {
  for (const templates of [{}, OWN_WORDS]) {
    const { target, perform } = await opened(t, { templates })
    const isHarmless = fc.asyncProperty(hostileJob, async (job) => {
      await perform(job)
      const { formatted_body, body, 'm.mentions': mentions } = target.events.at(-1)?.content ?? {}
      const tags = String(formatted_body).match(/<[^>]*>/g) ?? []
      const isKnown = tags.every((tag) =>
        /^<(\/?(p|pre|code|blockquote|ul|ol|li|strong|em|del|a)|br|hr|ol start="\d+"|a href="https?:\/\/[^"<>\s]+")>$/.test(
          tag,
        ),
      )
      const calls = `${formatted_body}${body}`.match(/@room/gi) ?? []
      return isKnown && calls.length === 0 && JSON.stringify(mentions) === '{}' && String(formatted_body).includes(link)
    })
    await t.resolves(fc.assert(isHarmless, RUNS))
  }
})

t.test('what is long is cut to fit an event', async (t) => {
  const { target, perform } = await opened(t)
  for (const text of LONG_TEXTS)
    for (const markup of [{}, { markup: 'markdown' } as const])
      await perform(announcing({ what: 'commented', author: text, text, ...markup }, { story: { name: text } }))
  t.equal(target.events.length, 2 * LONG_TEXTS.length)
  t.ok(target.events.every(({ content }) => String(content.formatted_body).includes('…')))
})

t.test('a notice to the operators rings, and an effect that is none of its own is given up', async (t) => {
  const { target, perform } = await opened(t)
  await perform(noticing())
  t.match(target.events[0]?.content, { msgtype: 'm.text', body: /^Tracker Relay:\n- jira is held since 06:00/ })
  t.match(await failureSeen(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
})

t.test('what a homeserver refuses is sorted by who can mend it', async (t) => {
  const error = (errcode: string, more: object = {}): string => JSON.stringify({ errcode, error: 'No.', ...more })
  const cases: [Answer, string, RegExp, number | null][] = [
    [{ status: 401, body: error('M_UNKNOWN_TOKEN') }, 'pause', /M_UNKNOWN_TOKEN No.; log in again/, null],
    [{ status: 403, body: error('M_FORBIDDEN') }, 'pause', /let the account join the room/, null],
    [{ status: 404, body: error('M_UNRECOGNIZED') }, 'hold', /check base_url and room/, null],
    [{ status: 413, body: error('M_TOO_LARGE') }, 'dead', /M_TOO_LARGE/, null],
    [{ status: 400, body: error('M_BAD_JSON') }, 'dead', /M_BAD_JSON/, null],
    [{ status: 429, body: error('M_LIMIT_EXCEEDED', { retry_after_ms: 1500 }) }, 'hold', /rate limit/, 1500],
    [{ status: 429, headers: { 'retry-after': '3' }, body: error('M_LIMIT_EXCEEDED') }, 'hold', /rate limit/, 3000],
    [{ status: 200, body: '{}' }, 'in doubt', /not as Matrix does/, null],
    [{ status: 502, body: '' }, 'in doubt', /502/, null],
  ]
  const { target, perform } = await opened(t)
  for (const [answer, verdict, message, retryAfterMs] of cases) {
    target.fault(answer, { where: isSend })
    const found = await failureSeen(perform(announcing()))
    t.match(found, { verdict, message }, JSON.stringify(answer))
    t.equal(found.retryAfterMs, retryAfterMs, JSON.stringify(answer))
  }
  target.state.remaining = 0
  t.match(await failureSeen(perform(announcing())), { verdict: 'hold', retryAfterMs: 30_250 })
  target.state.isMuted = true
  t.match(await failureSeen(perform(announcing())), { verdict: 'pause' })
  t.equal(target.events.length, 0)
})

t.test('after an upgrade of the room its address leads to the new one, without a restart', async (t) => {
  const { target, perform } = await opened(t, { room: MATRIX_ALIAS })
  await perform(announcing())
  Object.assign(target.state, { room: '!new:ship.example', joined: ['!new:ship.example'] })
  t.match(await failureSeen(perform(announcing({ what: 'delivered' }))), { verdict: 'pause' })
  await perform(announcing({ what: 'delivered' }))
  t.equal(target.requests.filter(isSend).at(-1)?.path.includes(encodeURIComponent('!new:ship.example')), true)
  t.equal(target.events.length, 2)
})

t.test('the check says who speaks where, and what is missing', async (t) => {
  const { target, check } = await opened(t)
  t.match(await check(), [
    { level: 'ok', setting: 'access_token', message: 'speaks as @relay:ship.example' },
    { level: 'ok', setting: 'room', message: `speaks in ${MATRIX_ROOM}` },
  ])
  target.state.isEncrypted = true
  t.match((await check())[2], { level: 'warning', setting: 'room', message: /encrypted/ })
  target.state.joined = []
  t.match((await check())[1], { level: 'error', setting: 'room', message: /invite it/ })
  const unknown = await opened(t, { room: '#galley:ship.example' })
  t.match((await unknown.check())[1], { level: 'error', setting: 'room', message: /M_NOT_FOUND/ })
  target.state.revoked = true
  t.match((await check())[0], { level: 'error', setting: 'access_token' })
  target.down('reset')
  t.match((await check())[0], { level: 'error', setting: 'base_url' })
  t.equal(target.requests.filter(isSend).length, 0)
})

t.test('an address with a query or a login is a problem of the config', async (t) => {
  for (const base_url of [
    'matrix.example.com',
    'https://relay:x@matrix.example.com',
    'https://matrix.example.com/?a=b',
  ])
    t.match(problemsOf(matrix, { base_url, access_token: 'x', room: MATRIX_ROOM }), [{ setting: 'base_url' }], base_url)
})
