import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** One that has not begun by then never will. */
const LONGEST_START_MS = 10_000

/** A process that reads a whole database while a relay works on it. */
export interface Examiner {
  /** Resolves when it sees the database, which does not change any more for it, or when it has ended. */
  readonly begun: Promise<void>
  /** What does not fit together; null if it ended before it had read everything. */
  readonly found: Promise<readonly string[] | null>
  /** Until then it has the database open. */
  end(): Promise<void>
}

/**
 * Starts such a process. In a thread of the relay, SQLite would take one of the four that Node has for files and names, and
 * as much of the processor as the relay.
 */
export function startExaminer(file: string): Examiner {
  const child = started(file)
  if (child === null) return { begun: Promise.resolve(), found: Promise.resolve(null), async end() {} }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const begun = Promise.race([ended, new Promise<void>((resolve) => child.once('message', () => resolve()))])
  const patience = setTimeout(() => child.kill('SIGKILL'), LONGEST_START_MS)
  void begun.then(() => clearTimeout(patience))
  return {
    begun,
    found: Promise.race([
      ended.then(() => null),
      new Promise<readonly string[]>((resolve) => {
        child.on('message', (message) => {
          if (Array.isArray(message)) resolve(message.map(String))
        })
      }),
    ]),
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function started(file: string) {
  try {
    return fork(fileURLToPath(new URL('./examiner-process.js', import.meta.url)), [file], {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: undefined },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  } catch {
    // No memory, or nobody may start processes here.
    return null
  }
}
