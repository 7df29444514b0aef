interface ClockWatchParts {
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** The clock was set back by so many milliseconds. */
  setBack(ms: number): Promise<void>
}

/** Slewing by NTP stays far below. */
const NOTICED_MS = 1500

/**
 * Notices when the machine's clock is set back, since everything that waits for a time would stand still for so long.
 * Setting it forward, or a machine that was asleep, only ends waits early.
 * @returns what looks at the clocks
 */
export function createClockWatch({ now, steady, setBack }: ClockWatchParts): () => Promise<void> {
  let offset = now() - steady()
  return async () => {
    const byMs = now() - steady() - offset
    offset += byMs
    if (byMs < -NOTICED_MS) await setBack(-byMs)
  }
}
