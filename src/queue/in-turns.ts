import { StoreError } from '../store/store-error.ts'

/** Of all that waits, so that memory stays bounded. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024
/** What a request takes beside its body. */
const REQUEST_BYTES = 16 * 1024

interface Lane {
  /** Never fails. */
  last: Promise<void>
  bytes: number
}

/** Does the work in its turn. To be called once. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Does work of one name one after the other, in the order in which turns were taken; what fails holds nothing up. A name may
 * have as many bytes waiting as are left for all others together (a dynamic threshold, as in a switch with shared memory): so
 * one that is slow gets half of them, two a third each, and what has nothing waiting always gets a turn.
 * @returns takes a turn, and throws {StoreError} 'overloaded' if too much of that name waits already
 */
export function inTurns(mostWaitingBytes: number = MOST_WAITING_BYTES): (name: string, bodyBytes: number) => Turn {
  const lanes = new Map<string, Lane>()
  let waiting = 0

  return (name, bodyBytes) => {
    const bytes = bodyBytes + REQUEST_BYTES
    const known = lanes.get(name)
    if (known !== undefined && known.bytes + bytes > mostWaitingBytes - waiting)
      throw new StoreError('overloaded', `too much of project ${name} is waiting to be stored`)
    const lane = known ?? { last: Promise.resolve(), bytes: 0 }
    lanes.set(name, lane)
    lane.bytes += bytes
    waiting += bytes
    const before = lane.last
    let begin: (ended: Promise<void>) => void = () => {}
    lane.last = new Promise((resolve) => {
      begin = resolve
    })

    function leave(): void {
      lane.bytes -= bytes
      waiting -= bytes
      if (lane.bytes === 0) lanes.delete(name)
    }

    return (work) => {
      const done = before.then(work)
      begin(done.then(leave, leave))
      return done
    }
  }
}
