import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'

/** The command line as it is shipped, built along with this test. */
export const MAIN = fileURLToPath(new URL('../../program/main.js', import.meta.url))
/** What it runs, as a module of its own. */
export const PROGRAM = fileURLToPath(new URL('../../src/commands/program.js', import.meta.url))

export interface RelayProcess {
  readonly child: ChildProcess
  readonly url: string
  /** The log lines with this message. */
  lines(message?: string): Record<string, unknown>[]
  /** Everything on standard output and standard error. */
  output(): string
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** Starts a relay as a process of its own. `wrapped` is a command that is to run it, such as one that sets a limit. */
export async function startRelayProcess(
  t: { teardown(work: () => Promise<void> | void): void },
  configFile: string,
  wrapped: readonly string[] = [],
): Promise<RelayProcess> {
  const [command = process.execPath, ...args] = [...wrapped, process.execPath, MAIN, 'start', '--config', configFile]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const lines = (message?: string): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => message === undefined || msg === message)
  let over = false
  void ended.then(() => {
    over = true
  })
  await eventually(
    () => over || lines('relay started').length > 0,
    (done) => done,
    'the relay has started',
  )
  const [started] = lines('relay started')
  if (started === undefined) throw new Error(`the relay did not start: ${text}`)
  return {
    child,
    url: String(started.address),
    lines,
    output: () => text,
    signal: (name) => void child.kill(name),
    ended,
  }
}
