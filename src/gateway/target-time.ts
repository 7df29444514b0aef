import type { Send } from '../http/send.ts'

export interface TargetTime {
  readonly send: Send
  /** The target's clock now, as its latest answer told it; null if none did. */
  now(): Date | null
}

/**
 * Remembers the clock that a target tells with each answer. What was written is later recognised by the target's own
 * times, and the clock of this machine may be wrong, or be set meanwhile.
 * @param steady milliseconds of a clock that nobody sets
 */
export function withTargetTime(send: Send, steady: () => number): TargetTime {
  let told: { readonly time: number; readonly at: number } | null = null
  return {
    async send(request) {
      const response = await send(request)
      const time = Date.parse(response.headers.date ?? '')
      if (!Number.isNaN(time)) told = { time, at: steady() }
      return response
    },
    now: () => (told === null ? null : new Date(told.time + steady() - told.at)),
  }
}
