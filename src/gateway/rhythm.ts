/** How often what nobody asks for is done. */
export interface Rhythm {
  /** The longest delay until another process's pause or resume takes effect. */
  readonly noticeMs: number
  readonly sweepMs: number
  /** How often it is looked at what operators should be told. */
  readonly watchMs: number
  readonly clockMs: number
  /** The longest delay until an integration notices what another process has put into its queue. */
  readonly lookMs: number
  /** The same, where others tell what they do; a look is only for what got lost. */
  readonly lookWhenToldMs: number
  /** How often it is looked whether a project's tool is to be asked for what its hook missed. */
  readonly catchUpLookMs: number
  /** How long after asking it is asked again, if this process was started since, there is more, or asking failed. */
  readonly catchUpSoonMs: number
  /** Another instance may ask after so long, if the one that asks has died. */
  readonly catchUpLeaseMs: number
  /** @returns what ends it */
  repeat(ms: number, work: () => void): () => void
}

export const RHYTHM: Rhythm = {
  noticeMs: 2000,
  sweepMs: 600_000,
  watchMs: 30_000,
  clockMs: 1000,
  lookMs: 2000,
  lookWhenToldMs: 30_000,
  catchUpLookMs: 5000,
  catchUpSoonMs: 60_000,
  catchUpLeaseMs: 15_000,
  repeat(ms, work) {
    const timer = setInterval(work, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
