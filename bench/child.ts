import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of the bench in a process of its own. */
export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** The first message it sends. */
  readonly first: unknown
}

/** @param file relative to this folder; it sends a message when it is ready */
export async function startChild(file: string, args: readonly string[] = [], env = {}): Promise<Child> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, ...env },
  })
  endWithBench(child)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready`)
  })
  const [first] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return { process: child, pid: child.pid ?? 0, first }
}

export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await gone
  clearTimeout(timer)
}

/** However the bench ends, nothing that it started goes on. */
export function endWithBench(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}
