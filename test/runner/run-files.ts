import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FinalResults, Parser } from 'tap-parser'
import { type Cost, createMeter } from './meter.ts'

/** How many assertions were made, at whatever depth; a test that contains others is not counted itself. */
export interface Tally {
  pass: number
  fail: number
  skip: number
}

export interface FilesResult {
  readonly files: readonly string[]
  /** Those of them in which something failed, or nothing was asserted. */
  readonly failed: readonly string[]
  readonly tally: Tally
  readonly costs: readonly Cost[]
  /** What the files printed, both streams in the order they arrived, and why the runner ended them, if it did. */
  readonly output: string
}

export interface Limits {
  /** For each file. */
  readonly timeoutMs: number
  readonly graceMs?: number
}

/** Files that reach their own time limit report it; only a process that can no longer do so is killed. */
const GRACE_MS = 10_000
const TOGETHER = 'build/test/runner/together.js'
let processes = 0

/**
 * Runs files of tests in one process and reads their TAP. Nothing is loaded into the process, or into those that it
 * starts, besides the files: tap's command does that to collect coverage, and it doubles the time of every start.
 */
export async function runFiles(files: readonly string[], limits: Limits): Promise<FilesResult> {
  const tally: Tally = { pass: 0, fail: 0, skip: 0 }
  const asserted = new Set<string>()
  const failed = new Set<string>()
  let output = ''
  let [current = ''] = files
  const [file] = files
  const timeoutMs = limits.timeoutMs * files.length
  processes += 1
  const args = files.length === 1 && file !== undefined ? [file] : [TOGETHER, String(processes)]
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      TAP: '1',
      TAP_CHILD_ID: current,
      TAP_TIMEOUT: String(timeoutMs / 1000),
      RELAY_TEST_FILES: JSON.stringify(files),
    },
  })
  const meter = createMeter(child, current)
  const kill = (): void => {
    output += `\n# ${current} did not end within its time limit and was killed\n`
    child.kill('SIGKILL')
  }
  const graceMs = limits.graceMs ?? GRACE_MS
  let timer = setTimeout(kill, timeoutMs + graceMs)
  // t.setTimeout() in a file tells the parent process of it.
  child.on('message', (message: unknown) => {
    const asked = askedTimeout(message)
    if (asked === null) return
    clearTimeout(timer)
    if (asked > 0) timer = setTimeout(kill, asked + graceMs)
  })

  const parser = new Parser()
  const results = once(parser, 'complete') as Promise<[FinalResults]>
  parser.on('comment', (comment: string) => {
    const next = files.find((each) => comment.trim() === `# file ${each}`)
    if (next !== undefined) current = next
  })
  const count = (kind: keyof Tally) => (): void => {
    tally[kind] += 1
    asserted.add(current)
    if (kind === 'fail') failed.add(current)
  }
  parser.on('pass', count('pass')).on('fail', count('fail')).on('skip', count('skip')).on('todo', count('skip'))
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  child.stdout?.pipe(parser)
  // The parser tells of a comment when it knows what follows it.
  child.stdout?.on('data', (text: string) => {
    for (const [, file] of text.matchAll(/^# file (.*)$/gm)) meter.begin(file ?? '')
  })

  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  const [{ ok, count: tests }] = await results
  for (const each of files) if (!asserted.has(each)) failed.add(each)
  if (!(ok && tests > 0 && code === 0) && failed.size === 0) failed.add(current)
  if (failed.size > 0 && tally.fail === 0) tally.fail = 1
  return { files, failed: [...failed], tally, costs: meter.costs(), output }
}

function askedTimeout(message: unknown): number | null {
  if (typeof message !== 'object' || message === null || !('setTimeout' in message)) return null
  return typeof message.setTimeout === 'number' ? message.setTimeout : null
}
