/** A clock that stands still until it is told to move on: what pauses on it wakes in the order of its times. */
export interface VirtualClock {
  now(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets the next pause end that is not cut short: waits until there is one, and moves the time to its end. */
  next(): Promise<void>
}

export function createVirtualClock(startAt = 0): VirtualClock {
  let time = startAt
  const pauses = new Set<{ readonly until: number; end(): void }>()
  return {
    now: () => time,
    async pause(ms, signal) {
      if (signal?.aborted === true) return
      await new Promise<void>((resolve) => {
        const pause = {
          until: time + ms,
          end() {
            pauses.delete(pause)
            resolve()
          },
        }
        pauses.add(pause)
        signal?.addEventListener('abort', pause.end, { once: true })
      })
    },
    async next() {
      while (pauses.size === 0) await new Promise((resolve) => setImmediate(resolve))
      const [first] = [...pauses].sort((one, other) => one.until - other.until)
      time = Math.max(time, first?.until ?? time)
      first?.end()
    },
  }
}
