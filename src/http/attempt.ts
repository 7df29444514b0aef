import { AsyncLocalStorage } from 'node:async_hooks'
import type { Exchange, Request } from './send.ts'

/** Stands before a delivery's one write: an attempt that has lost its lease must not send it any more. */
export interface Fence {
  /** Resolves if the write may be sent. @throws the reason why not; then nothing was sent */
  ask(): Promise<void>
  /** For the moment before the first byte, which may come long after the question: the reason why not, or null. */
  tooLate(): Error | null
}

/** What the requests that `work` sends belong to. */
export interface Attempt {
  readonly exchanges: Exchange[]
  readonly fence: Fence | null
  /** Absent: they belong to no trace. */
  readonly trace?: RequestTrace | undefined
}

/** What traces the requests of an attempt. */
export interface RequestTrace {
  /** @param request with its address as records show it, without secrets */
  begin(request: { readonly method: string; readonly url: string; readonly host: string }): TracedRequest
}

export interface TracedRequest {
  /** For a target that is told of the trace. */
  readonly headers: Readonly<Record<string, string>>
  /** @param answer `problem`: why there is none */
  end(answer: { readonly status: number | null; readonly problem: string | null }): void
}

const attempts = new AsyncLocalStorage<Attempt>()
let running = 0

/** All requests that `work` sends belong to this attempt. */
export async function inAttempt<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  running += 1
  try {
    return await attempts.run(attempt, work)
  } finally {
    running -= 1
    // Before Node 24 a storage that was used once keeps slowing down every promise of the process: by a seventh of the
    // work for an incoming activity.
    if (running === 0) attempts.disable()
  }
}

export function attemptNow(): Attempt | undefined {
  return attempts.getStore()
}

/** Null if the request may be sent at any time. */
export function fenceBefore({ isWrite = false }: Request): Fence | null {
  return isWrite ? (attemptNow()?.fence ?? null) : null
}
