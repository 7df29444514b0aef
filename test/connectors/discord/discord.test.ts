import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import discord from '../../../src/connectors/discord/index.ts'
import { startDiscord } from '../../../src/stand-ins/discord.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { announcing, configured, failureSeen, jobFor, openSession, problemsOf } from '../../harness.ts'
import { hostileJob, LONG_TEXTS, noticing, OWN_WORDS, RUNS } from '../rooms.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'

async function opened(t: Test, settings: object = {}) {
  const target = await startDiscord()
  t.teardown(() => target.close())
  const { session, close } = openSession(discord, { url: target.hook, ...settings }, { timeoutMs: 10_000 })
  t.teardown(close)
  const { perform, check } = session
  if (perform === undefined || check === undefined) throw new Error('a function is missing')
  return { target, perform, check }
}

t.test('a message tells who did what with which story, and its embed what was said', async (t) => {
  const { target, perform } = await opened(t)
  const text = 'Only **110** %.\n- `hums`'
  const receipt = await perform(announcing({ what: 'rejected', author: 'Spock', text, markup: 'markdown' }))
  t.strictSame(receipt, { id: '1098765432109876001' })
  t.strictSame(target.messages[0]?.body, {
    content: `Spock rejected "[More power to shields](<${link}>)"`,
    embeds: [{ description: 'Only **110** %.\n\n- `hums`' }],
    allowed_mentions: { parse: [] },
  })
  t.equal(target.requests[0]?.query.get('wait'), 'true')
})

t.test('a message goes into the thread of the settings, and a forum channel without one pauses', async (t) => {
  const { target, perform } = await opened(t, { thread_id: '1098765432109876543' })
  target.state.isForum = true
  await perform(announcing())
  t.equal(target.messages[0]?.thread, '1098765432109876543')
  const without = await opened(t)
  without.target.state.isForum = true
  t.match(await failureSeen(without.perform(announcing())), { verdict: 'pause', message: /forum channel/ })
})

t.test('in a forum channel each story has a thread, which is begun anew when somebody has deleted it', async (t) => {
  const { target, perform } = await opened(t, { threads: true })
  target.state.isForum = true
  const first = await perform(announcing())
  const thread = '1098765432109876001'
  t.equal(first.id, `${thread}/${thread}`)
  t.equal(target.state.threads.get(thread), '#109 More power to shields')
  const second = await perform(announcing({}, { latest: first.id ?? null }))
  t.equal(second.id, `${thread}/1098765432109876002`)
  await perform(announcing({}, { latest: second.id ?? null }))
  t.strictSame(
    target.messages.map((each) => each.thread),
    [thread, thread, thread],
  )

  target.state.threads.delete(thread)
  const job = announcing({}, { latest: second.id ?? null, story: { name: 'x\n👩‍🚀'.repeat(200) } })
  t.match(await failureSeen(perform(job)), { verdict: 'retry', message: /begun anew/ })
  const anew = await perform(job)
  t.equal(anew.id, '1098765432109876004/1098765432109876004')
  t.match(target.state.threads.get('1098765432109876004'), /^#109 (x 👩‍🚀)+.{0,6}…$/u)
  target.state.isDeleted = true
  t.match(await failureSeen(perform(announcing({}, { latest: anew.id ?? null }))), { verdict: 'pause' })
  t.match(problemsOf(discord, { url: target.hook, threads: true, thread_id: '1' }), [{ setting: 'thread_id' }])
})

t.test('whatever stands in a story or comment, nobody is called and only its own words are read', async (t) => {
  for (const templates of [{}, OWN_WORDS]) {
    const { target, perform } = await opened(t, { templates })
    const isHarmless = fc.asyncProperty(hostileJob, async (job) => {
      await perform(job)
      const { body, shown, calls } = target.messages.at(-1) ?? { body: {}, shown: '', calls: ['?'] }
      const text = JSON.stringify(body)
      const isMeant = job.effect.kind === 'announce' && job.effect.markup === 'markdown'
      // A masked link needs its signs as they are.
      const masked = text.match(/(?<!\\\\)\]\(<?https:\/\/evil/g) ?? []
      const mentions = text.match(/(?<!\\\\)<@&?\d|@(everyone|here)/g) ?? []
      return calls.length === 0 && mentions.length === 0 && shown.includes(link) && (isMeant || masked.length === 0)
    })
    await t.resolves(fc.assert(isHarmless, RUNS))
  }
})

t.test('what is long is cut to 2,000 and 4,096 characters', async (t) => {
  const { target, perform } = await opened(t)
  for (const text of LONG_TEXTS)
    for (const markup of [{}, { markup: 'markdown' } as const])
      await perform(announcing({ what: 'commented', author: text, text, ...markup }, { story: { name: text } }))
  t.equal(target.messages.length, 2 * LONG_TEXTS.length)
  t.ok(target.messages.every(({ shown }) => shown.includes('…')))
})

t.test('a notice to the operators is a list, and an effect that is none of its own is given up', async (t) => {
  const { target, perform } = await opened(t)
  await perform(noticing())
  t.match(target.messages[0]?.shown, 'Tracker Relay:\n- jira is held since 06:00')
  t.match(await failureSeen(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
})

t.test('what Discord refuses is sorted by who can mend it, and the address is never told', async (t) => {
  const error = (code: number, message: string): string => JSON.stringify({ code, message })
  const limited = JSON.stringify({ message: 'You are being rate limited.', retry_after: 1.337, global: true })
  const cases: [Answer, string, RegExp, number | null][] = [
    [
      { status: 404, body: error(10_015, 'Unknown Webhook') },
      'pause',
      /404: Unknown Webhook; make a new web hook/,
      null,
    ],
    [{ status: 401, body: error(50_027, 'Invalid Webhook Token') }, 'pause', /Invalid Webhook Token/, null],
    [{ status: 403, body: error(50_027, 'Invalid Webhook Token') }, 'pause', /Invalid Webhook Token/, null],
    [{ status: 403, body: '<!DOCTYPE html>banned' }, 'hold', /403/, null],
    [{ status: 400, body: error(50_035, 'Invalid Form Body') }, 'dead', /Invalid Form Body/, null],
    [{ status: 429, body: limited }, 'hold', /rate limit/, 1337],
    [{ status: 429, headers: { 'retry-after': '5' }, body: limited }, 'hold', /rate limit/, 5000],
    [{ status: 429, body: 'error code: 1015' }, 'hold', /rate limit/, null],
    [{ status: 204 }, 'in doubt', /not as Discord does/, null],
    [{ status: 503, body: 'upstream' }, 'in doubt', /503/, null],
  ]
  const { target, perform } = await opened(t)
  for (const [answer, verdict, message, retryAfterMs] of cases) {
    target.fault(answer, { where: ({ method }) => method === 'POST' })
    const found = await failureSeen(perform(announcing()))
    t.match(found, { verdict, message }, JSON.stringify(answer))
    t.equal(found.retryAfterMs, retryAfterMs, JSON.stringify(answer))
    t.notOk(found.message.includes(target.hook.slice(-20)))
  }
  target.state.remaining = 0
  t.match(await failureSeen(perform(announcing())), { verdict: 'hold', retryAfterMs: 30_500 })
})

t.test('the check says who speaks where, without writing', async (t) => {
  const { target, check } = await opened(t)
  t.match(await check(), [
    { level: 'ok', message: 'speaks as Tracker in the channel 1087654321098765432' },
    { level: 'warning', message: /use https/ },
  ])
  target.fault({ status: 200, body: '<html>' })
  t.match(await check(), [{ level: 'error', setting: 'url', message: /not as Discord does/ }])
  target.state.isDeleted = true
  t.match(await check(), [{ level: 'error', setting: 'url', message: /Unknown Webhook/ }])
  target.down('reset')
  t.match(await check(), [{ level: 'error', setting: 'url' }])
  t.equal(target.messages.length, 0)
  t.ok(configured(discord, { url: target.hook }).secrets?.includes(target.hook.split('/').at(-1) ?? '?'))
})
