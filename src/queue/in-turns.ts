import { StoreError } from '../store/store-error.ts'

/** So many wait for one that is slow; what comes then is refused, so that memory stays bounded. */
const MOST_WAITING = 1000

/**
 * Does work of one name one after the other, in the order in which it was asked for; what fails holds nothing up.
 * @throws {StoreError} 'overloaded' if too much waits already
 */
export function inTurns(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  let waiting = 0
  return (name, work) => {
    if (waiting >= MOST_WAITING) throw new StoreError('overloaded', 'too much is waiting to be stored')
    waiting += 1
    const before = last.get(name) ?? Promise.resolve()
    const done = before.then(work, work)
    last.set(name, done)
    const forget = (): void => {
      waiting -= 1
      if (last.get(name) === done) last.delete(name)
    }
    done.then(forget, forget)
    return done
  }
}
