import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What a process may take. The errors are in the words of who asked for it. */
export interface Bounds {
  /** Of one call. */
  readonly longestMs: number
  readonly mostMemoryMib: number
  /** True if the program may end while the process has nothing to do. */
  readonly mayEnd?: boolean
  /** A call took longer than `longestMs`. */
  late(longestMs: number): Error
  /** The process took more memory than it may. */
  full(mostMemoryMib: number, cause: Error): Error
}

/**
 * A process that is asked one thing after the other. It can make the relay neither hang nor run out of memory: a regular
 * expression that never ends is ended with its process, and one text of a hundred megabytes, which Node answers by ending
 * the whole process, ends this one alone. It ends with the relay, however that ends.
 */
export interface BoundedProcess<Call, Reply> {
  /**
   * The next only after this one.
   * @throws what `bounds` say, and then again for every later call, since the process has ended
   */
  call(what: Call, longestMs?: number): Promise<Reply>
  hasEnded(): boolean
  terminate(): Promise<void>
}

/** How Node ends itself, by platform and version, if V8 gets no more memory or is asked for too long a list. */
const OUT_OF_MEMORY: readonly (string | number | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 134]

/** @param file a module that uses `answerCalls` */
export function startProcess<Call extends object, Reply>(file: URL, bounds: Bounds): BoundedProcess<Call, Reply> {
  const { mostMemoryMib, mayEnd = false } = bounds
  const child = fork(fileURLToPath(file), [], {
    execArgv: [`--max-old-space-size=${mostMemoryMib}`, '--max-semi-space-size=4', '--v8-pool-size=1'],
    // Node's own loaders, such as a test runner's, would take longer to start than most documents to read. An expression
    // ($toMillis) would read a time without a zone in that of the machine.
    env: { ...process.env, NODE_OPTIONS: undefined, TZ: 'UTC' },
    serialization: 'advanced',
    // By its input it knows that the relay has ended, see `answerCalls`.
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  })
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null
  let ended: Error | null = null
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => {
      if (child.pid === undefined) resolve()
    })
  })
  if (mayEnd) hold(child, false)

  function end(error: Error): void {
    ended ??= error
    waiting?.reject(ended)
    waiting = null
  }

  child.on('message', (reply: Reply) => {
    waiting?.resolve(reply)
    waiting = null
  })
  child.on('error', end)
  child.on('exit', (code, signal) => {
    const how = new Error(`the process ended by ${signal ?? `exit code ${code}`}`)
    end(OUT_OF_MEMORY.includes(signal ?? code) ? bounds.full(mostMemoryMib, how) : how)
  })
  // What ends meanwhile reads nothing more: the exit tells why.
  child.stdin?.on('error', () => {})

  return {
    async call(what, longestMs = bounds.longestMs) {
      if (ended !== null) throw ended
      let timer: NodeJS.Timeout | undefined
      if (mayEnd) hold(child, true)
      try {
        return await new Promise<Reply>((resolve, reject) => {
          waiting = { resolve, reject }
          timer = setTimeout(() => {
            end(bounds.late(longestMs))
            child.kill('SIGKILL')
          }, longestMs)
          // If it could not be started or has just ended, its events tell why.
          if (child.connected) child.send(what as Serializable, () => {})
        })
      } finally {
        clearTimeout(timer)
        if (mayEnd) hold(child, false)
      }
    },
    hasEnded: () => ended !== null,
    async terminate() {
      child.ref()
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Whether the program waits for it. */
function hold(child: ChildProcess, holds: boolean): void {
  const how = holds ? 'ref' : 'unref'
  child[how]()
  child.channel?.[how]()
  if (child.stdin instanceof Socket) child.stdin[how]()
}
