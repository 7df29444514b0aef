import { Worker } from 'node:worker_threads'

/** What a thread may take. The errors are in the words of who asked for it. */
export interface Bounds {
  /** Of one call. */
  readonly longestMs: number
  readonly mostMemoryMib: number
  /** True if the program may end while the thread has nothing to do. */
  readonly mayEnd?: boolean
  /** A call took longer than `longestMs`. */
  late(longestMs: number): Error
  /** The thread took more memory than it may. */
  full(mostMemoryMib: number, cause: Error): Error
}

/**
 * A thread that is asked one thing after the other. It can make the relay neither hang nor run out of memory: even a
 * regular expression that never ends is ended with its thread. Node cannot end a thread that asks at once for much more
 * than is left, as one text of a hundred megabytes: then the whole process ends.
 */
export interface BoundedThread<Call, Reply> {
  /**
   * The next only after this one.
   * @throws what `bounds` say, and then again for every later call, since the thread has ended
   */
  call(what: Call, longestMs?: number): Promise<Reply>
  hasEnded(): boolean
  terminate(): Promise<void>
}

/** @param file a module that answers each message with one */
export function startThread<Call, Reply>(file: URL, bounds: Bounds): BoundedThread<Call, Reply> {
  const { mostMemoryMib, mayEnd = false } = bounds
  const worker = new Worker(file, {
    // Node's own loaders, such as a test runner's, would take longer to start than most documents to read.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMib },
  })
  if (mayEnd) worker.unref()
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null
  let ended: Error | null = null

  function end(error: Error): void {
    ended ??= error
    waiting?.reject(ended)
    waiting = null
  }

  worker.on('message', (reply: Reply) => {
    waiting?.resolve(reply)
    waiting = null
  })
  worker.on('error', (error: Error & { code?: string }) => {
    end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? bounds.full(mostMemoryMib, error) : error)
  })
  worker.on('exit', () => end(new Error('the thread exited')))

  return {
    async call(what, longestMs = bounds.longestMs) {
      if (ended !== null) throw ended
      let timer: NodeJS.Timeout | undefined
      worker.ref()
      try {
        return await new Promise<Reply>((resolve, reject) => {
          waiting = { resolve, reject }
          timer = setTimeout(() => {
            end(bounds.late(longestMs))
            void worker.terminate()
          }, longestMs)
          worker.postMessage(what)
        })
      } finally {
        clearTimeout(timer)
        if (mayEnd) worker.unref()
      }
    },
    hasEnded: () => ended !== null,
    async terminate() {
      await worker.terminate()
    },
  }
}
