import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FinalResults, Parser } from 'tap-parser'

/** How many assertions were made, at whatever depth; a test that contains others is not counted itself. */
export interface Tally {
  pass: number
  fail: number
  skip: number
}

export interface FileResult {
  readonly file: string
  readonly ok: boolean
  readonly tally: Tally
  readonly seconds: number
  /** What the file printed, both streams in the order they arrived, and why the runner ended it, if it did. */
  readonly output: string
}

/** A file that reaches its own time limit reports it; only one that can no longer do so is killed. */
const GRACE_MS = 10_000

/**
 * Runs one file of tests in a process of its own and reads its TAP. Nothing is loaded into the process, or into those
 * that it starts, besides the file: tap's command does that to collect coverage, and it doubles the time of every start.
 */
export async function runFile(
  file: string,
  limits: { readonly timeoutMs: number; readonly graceMs?: number },
): Promise<FileResult> {
  const began = performance.now()
  const tally: Tally = { pass: 0, fail: 0, skip: 0 }
  let output = ''
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, TAP: '1', TAP_CHILD_ID: file, TAP_TIMEOUT: String(limits.timeoutMs / 1000) },
  })
  const kill = (): void => {
    output += `\n# ${file} did not end within its time limit and was killed\n`
    child.kill('SIGKILL')
  }
  const graceMs = limits.graceMs ?? GRACE_MS
  let timer = setTimeout(kill, limits.timeoutMs + graceMs)
  // t.setTimeout() in the file tells the parent process of it.
  child.on('message', (message: unknown) => {
    const asked = askedTimeout(message)
    if (asked === null) return
    clearTimeout(timer)
    if (asked > 0) timer = setTimeout(kill, asked + graceMs)
  })

  const parser = new Parser()
  const results = once(parser, 'complete') as Promise<[FinalResults]>
  parser.on('pass', () => {
    tally.pass += 1
  })
  parser.on('fail', () => {
    tally.fail += 1
  })
  for (const skipped of ['skip', 'todo'])
    parser.on(skipped, () => {
      tally.skip += 1
    })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  child.stdout?.pipe(parser)

  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  const [{ ok, count }] = await results
  const holds = ok && count > 0 && code === 0
  if (!holds && tally.fail === 0) tally.fail = 1
  return { file, ok: holds, tally, seconds: (performance.now() - began) / 1000, output }
}

function askedTimeout(message: unknown): number | null {
  if (typeof message !== 'object' || message === null || !('setTimeout' in message)) return null
  return typeof message.setTimeout === 'number' ? message.setTimeout : null
}
