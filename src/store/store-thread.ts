import { parentPort, workerData } from 'node:worker_threads'
import type { DatabaseSettings } from './database.ts'
import { openStore } from './store.ts'
import { StoreError } from './store-error.ts'
import { type Call, type Reply, type Sent, type SentError, withBuffers } from './thread.ts'

const port = parentPort
if (port === null) throw new Error('this file is for a thread')

let replies: Reply[] = []
let commits: (readonly [number, number])[] = []
const store = openStore(workerData as DatabaseSettings, (seconds, writes) => {
  commits.push([seconds, writes])
})

port.on('message', (calls: readonly Call[]) => {
  for (const [id, verb, args] of calls) {
    const work = store[verb] as (...args: readonly unknown[]) => Promise<unknown>
    work(...args.map(withBuffers)).then(
      (result) => reply([id, result, null]),
      (error: unknown) => reply([id, null, sentError(error)]),
    )
    if (verb === 'close') port.unref()
  }
})

/** All replies of one commit go in one message. */
function reply(answer: Reply): void {
  if (replies.length === 0) setImmediate(send)
  replies.push(answer)
}

function send(): void {
  const sent: Sent = { replies, commits }
  replies = []
  commits = []
  port?.postMessage(sent)
}

function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, reason: null, cause: undefined }
  const { message, stack, cause } = error
  const reason = error instanceof StoreError ? error.reason : null
  return { message, stack, reason, cause: cause instanceof Error ? new Error(cause.message) : undefined }
}
