import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createEvaluator, EVALUATOR_LIMITS } from '../../src/expressions/evaluator.ts'

const HAS_PROC = process.platform === 'linux'
const skip = !HAS_PROC && 'there is no /proc'

/** A program with an evaluator, which says what it evaluates first. */
function program(t: { teardown(work: () => unknown): void }, expression: string, then: string): ChildProcess {
  const file = new URL('../../src/expressions/evaluator.js', import.meta.url).href
  const code = `
    import { createEvaluator } from ${JSON.stringify(file)}
    const { evaluate } = createEvaluator(${JSON.stringify(expression)})
    console.log(await evaluate({ text: 'first' }, {}))
    ${then}
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, NODE_OPTIONS: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** The processes that a process has started. */
function startedBy(parent: number): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && fieldsOf(name)[1] === String(parent))
}

/** Behind the name, which may have blanks in it: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function fieldsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}

const isThere = (pid: string): boolean => !['', 'Z', 'X'].includes(fieldsOf(pid)[0] ?? '')

const ticksOf = (pid: string): number => Number(fieldsOf(pid)[11] ?? 0)

/** Starting Node takes a fifth of a second of the processor, in ticks of 10 ms. */
const MORE_THAN_STARTING = 100

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setTimeout(10)
}

t.test('a program ends while its process idles, and the process with it', { skip }, async (t) => {
  const parent = program(t, 'text', '')
  const started: string[] = []
  parent.stdout?.once('data', () => started.push(...startedBy(parent.pid ?? 0)))
  const [code] = (await once(parent, 'exit')) as [number]
  t.equal(code, 0)
  for (const pid of started) await until(() => !isThere(pid))
  t.pass('none is left')
})

t.test('a process in an endless regular expression ends when its program is killed', { skip }, async (t) => {
  const endless = "await evaluate({ text: 'a'.repeat(60) + '!' }, {}).catch(() => {})"
  const parent = program(t, '$contains(text, /^(a+)+$/)', endless)
  await once(parent.stdout ?? parent, 'data')
  const [pid = ''] = startedBy(parent.pid ?? 0)
  t.ok(isThere(pid))
  const before = ticksOf(pid)
  await until(() => ticksOf(pid) > before + 5)
  parent.kill('SIGKILL')
  await until(() => !isThere(pid))
  t.pass('it is gone')
})

t.test('what somebody else ended in the middle is evaluated once more, and no third time', { skip }, async (t) => {
  const limits = { ...EVALUATOR_LIMITS, longestMs: 60_000 }
  const { evaluate, close } = createEvaluator('{ "matches": $contains(text, /^(a+)+$/) }', limits)
  t.teardown(close)
  await evaluate({ text: 'a' }, {})
  const killed = new Set<string>()
  async function killOne(isOver = (): boolean => false): Promise<void> {
    const busy = () =>
      startedBy(process.pid).find((pid) => isThere(pid) && !killed.has(pid) && ticksOf(pid) > MORE_THAN_STARTING)
    await until(() => isOver() || busy() !== undefined)
    const pid = busy() ?? ''
    if (isOver()) return
    killed.add(pid)
    process.kill(Number(pid), 'SIGKILL')
  }
  const endless = evaluate({ text: `${'a'.repeat(60)}!` }, {})
  const refused = t.rejects(endless, {
    name: 'ExpressionError',
    message: 'had its process ended twice from outside, as if no memory were left',
  })
  await killOne()
  await killOne()
  await refused
  let isOver = false
  const matching = evaluate({ text: `${'a'.repeat(28)}!` }, {}).finally(() => {
    isOver = true
  })
  await killOne(() => isOver)
  t.strictSame(await matching, { matches: false })
})
