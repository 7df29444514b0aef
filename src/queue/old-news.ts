import type { Planned } from '../store/planned.ts'
import type { Activity } from '../tracker/activity.ts'

/** Of activities that no hook told in time. */
export interface CaughtUp {
  /** How old an activity may be to be announced still, in milliseconds. */
  readonly announceWithinMs: number
}

/** Leaves tickets and web hooks what they need, and stores what people would be told too late as skipped. */
export function withoutOldNews(
  planned: readonly Planned[],
  { occurredAt }: Pick<Activity, 'occurredAt'>,
  { announceWithinMs, now }: CaughtUp & { readonly now: number },
): readonly Planned[] {
  const age = now - Date.parse(occurredAt)
  if (age <= announceWithinMs) return planned
  const skipped = `old news: caught up ${spanOf(age)} after it happened, and the project's catch_up.announce_within_minutes is ${announceWithinMs / 60_000}`
  return planned.map((each) => (each.effect.kind === 'announce' ? { ...each, skipped } : each))
}

function spanOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
}
