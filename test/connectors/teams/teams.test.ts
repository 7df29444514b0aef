import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import teams from '../../../src/connectors/teams/index.ts'
import type { Answer } from '../../../src/stand-ins/stand-in.ts'
import { startTeams } from '../../../src/stand-ins/teams.ts'
import { announcing, configured, failureSeen, jobFor, openSession } from '../../harness.ts'
import { hostileJob, LONG_TEXTS, noticing, OWN_WORDS, RUNS } from '../rooms.ts'

const link = 'https://www.pivotaltracker.com/story/show/109'

async function opened(t: Test, settings: object = {}) {
  const target = await startTeams()
  t.teardown(() => target.close())
  const { session, close } = openSession(teams, { url: target.hook, ...settings }, { timeoutMs: 10_000 })
  t.teardown(close)
  const { perform, check } = session
  if (perform === undefined || check === undefined) throw new Error('a function is missing')
  return { target, perform, check }
}

t.test('a card tells who did what with which story, and what was said below it', async (t) => {
  const { target, perform } = await opened(t)
  const text = 'Only **110** %.\nSee [it](https://ship.example).\n\n1. low\n   - hums\n\n> so\n\n```\nx <y>\n```'
  t.match(await perform(announcing({ what: 'rejected', author: 'Spock', text, markup: 'markdown' })), { note: /202/ })
  t.equal(
    target.messages[0]?.shown,
    [
      `Spock rejected "More power to shields ${link}"`,
      ...['Only 110 %.', 'See it https://ship.example.', '1. low', '\u2003• hums', '▏so', 'x <y>', link],
    ].join('\n'),
  )
})

t.test('whatever stands in a story or comment, it is shown as it is and nobody is called', async (t) => {
  for (const templates of [{}, OWN_WORDS]) {
    const { target, perform } = await opened(t, { templates })
    const isHarmless = fc.asyncProperty(hostileJob, async (job) => {
      await perform(job)
      const { calls, shown, body } = target.messages.at(-1) ?? { calls: ['?'], shown: '', body: {} }
      const isMeant = job.effect.kind === 'announce' && job.effect.markup === 'markdown'
      const links = JSON.stringify(body).match(/"url":"https:\/\/evil/g) ?? []
      return calls.length === 0 && shown.includes(link) && (isMeant || links.length === 0)
    })
    await t.resolves(fc.assert(isHarmless, RUNS))
  }
})

t.test('what is long is cut to fit 28 KB', async (t) => {
  const { target, perform } = await opened(t)
  for (const text of [...LONG_TEXTS, '\n'.repeat(1000).replaceAll('\n', 'x\n')])
    for (const markup of [{}, { markup: 'markdown' } as const])
      await perform(announcing({ what: 'commented', author: text, text, ...markup }, { story: { name: text } }))
  t.equal(target.messages.length, 2 * LONG_TEXTS.length + 2)
  t.ok(target.messages.every(({ shown }) => shown.includes('…')))
})

t.test('a notice to the operators is a list, and an effect that is none of its own is given up', async (t) => {
  const { target, perform } = await opened(t)
  await perform(noticing())
  t.match(target.messages[0]?.shown, 'Tracker Relay:\n• jira is held since 06:00\n• all is well')
  t.match(await failureSeen(perform(jobFor({ kind: 'forward' }))), { verdict: 'dead' })
})

t.test('what the workflow refuses is sorted by who can mend it, and its address is never told', async (t) => {
  const error = (code: string): string => JSON.stringify({ error: { code, message: `${code}.` } })
  const cases: [Answer, string, RegExp, number | null][] = [
    [{ status: 401, body: error('DirectApiAuthorizationRequired') }, 'pause', /set its url/, null],
    [{ status: 404, body: error('WorkflowNotFound') }, 'pause', /404: WorkflowNotFound/, null],
    [{ status: 400, body: error('WorkflowTriggerIsNotEnabled') }, 'pause', /NotEnabled/, null],
    [{ status: 400, body: error('TriggerInputSchemaMismatch') }, 'dead', /Mismatch/, null],
    [{ status: 413, body: '' }, 'dead', /413/, null],
    [{ status: 429, headers: { 'retry-after': '9' }, body: '' }, 'hold', /rate limit/, 9000],
    [{ status: 502, body: error('NoResponse') }, 'in doubt', /502/, null],
    [{ status: 200, body: '1' }, 'in doubt', /not as Teams does/, null],
  ]
  const { target, perform } = await opened(t)
  for (const [answer, verdict, message, retryAfterMs] of cases) {
    target.fault(answer, { where: ({ method }) => method === 'POST' })
    const found = await failureSeen(perform(announcing()))
    t.match(found, { verdict, message }, JSON.stringify(answer))
    t.equal(found.retryAfterMs, retryAfterMs)
    t.notOk(found.message.includes(target.hook.slice(-20)))
  }
  target.state.isOff = true
  t.match(await failureSeen(perform(announcing())), { verdict: 'pause' })
})

t.test('what the workflow has begun or done is delivered, with the run to look it up by', async (t) => {
  const { target, perform } = await opened(t)
  t.match(await perform(announcing()), { note: 'answered 202: the workflow has it (run 08581)' })
  target.fault({ status: 202 }, { where: ({ method }) => method === 'POST' })
  t.match(await perform(announcing()), { note: 'answered 202: the workflow has it' })
  const done: Answer = { status: 200, headers: { 'x-ms-workflow-run-id': '0858X' }, body: 'posted' }
  target.fault(done, { where: ({ method }) => method === 'POST' })
  t.match(await perform(announcing()), { note: 'answered 200: the workflow has it (run 0858X)' }, 'a step answers')
})

t.test('the check says that a workflow cannot be asked; its signature is a secret', async (t) => {
  const { target, check } = await opened(t)
  t.match((await check())[0], { level: 'ok', message: /Teams cannot be asked whose web hook this is/ })
  t.equal(target.messages.length, 0)
  t.ok(configured(teams, { url: target.hook }).secrets?.includes(target.hook.slice(target.hook.indexOf('sig=') + 4)))
})
