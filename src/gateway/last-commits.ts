import { StoreError } from '../store/store-error.ts'
import type { ThreadedStore } from '../store/thread.ts'

/** Commits that are made for somebody; what each of them keeps, in words. */
const WATCHED = {
  append: 'activity',
  appendTogether: 'activity',
  reject: 'refused request',
  settle: 'outcome of a delivery',
} as const satisfies Partial<Record<keyof ThreadedStore, string>>

type Watched = keyof typeof WATCHED

/** So long a failure counts without another one. Nobody sends to a relay that is not ready, so no success may ever come. */
const REMEMBERED_MS = 60_000

export interface LastCommits {
  readonly store: ThreadedStore
  /** What could not be stored lately and has not been stored since, as sentences. */
  problems(): string[]
}

/**
 * Remembers how the last commit of each kind ended. A probe writes little, and to one table alone: it may succeed while a
 * limit on the size of files or a damaged page fails everything else.
 */
export function watchCommits(store: ThreadedStore, now: () => number): LastCommits {
  const failures = new Map<Watched, { readonly at: number; readonly why: string }>()

  function watched<A extends readonly unknown[], R>(verb: Watched, work: (...args: A) => Promise<R>) {
    return async (...args: A): Promise<R> => {
      try {
        const result = await work(...args)
        failures.delete(verb)
        return result
      } catch (error) {
        if (isStoreFault(error)) failures.set(verb, { at: now(), why: error.message })
        throw error
      }
    }
  }

  return {
    store: {
      ...store,
      append: watched('append', store.append),
      appendTogether: watched('appendTogether', store.appendTogether),
      reject: watched('reject', store.reject),
      settle: watched('settle', store.settle),
    },
    problems: () =>
      [...failures]
        .filter(([, { at }]) => Math.abs(now() - at) < REMEMBERED_MS)
        .map(([verb, { why }]) => `the last ${WATCHED[verb]} could not be stored: ${why}`),
  }
}

/** Not those that only say that the relay is busy or about to end. */
function isStoreFault(error: unknown): error is StoreError {
  return error instanceof StoreError && error.reason !== 'overloaded' && error.reason !== 'stopping'
}
