import type { NoticeLine } from '../../connectors/contract/effect.ts'
import type { Condition } from './condition.ts'

/** What the team was told and is not over, by the condition's id. */
export type Told = Readonly<Record<string, { readonly at: number; readonly count?: number }>>

export interface News {
  readonly lines: readonly NoticeLine[]
  /** What they are told once they know this too. */
  readonly told: Told
}

/**
 * Remembers the fewest that were seen since people were told a count: of ten dead deliveries of which eight were dealt
 * with, five more are news, although fewer than ten.
 * @returns what gives what was told, with such counts
 */
export function createFewest(): (told: Told, conditions: readonly Condition[]) => Told {
  const fewest = new Map<string, { readonly at: number; readonly count: number }>()
  return (told, conditions) => {
    const left = new Map(Object.entries(told))
    for (const { id, count } of conditions) {
      const before = told[id]
      if (before?.count === undefined || count === undefined) continue
      const seen = fewest.get(id)
      const least = Math.min(before.count, count, seen?.at === before.at ? seen.count : count)
      fewest.set(id, { at: before.at, count: least })
      left.set(id, { at: before.at, count: least })
    }
    return Object.fromEntries(left)
  }
}

/** A condition that grows is told again at most so often. */
const AGAIN_MS = 3_600_000

/** What is new since then: one line for each change. Null if nothing is. */
export function newsSince(told: Told, conditions: readonly Condition[], now: number): News | null {
  const next = new Map(Object.entries(told))
  const lines: NoticeLine[] = []
  for (const { id, about, what, holds, message, count } of conditions) {
    const before = next.get(id)
    if (holds ? before !== undefined && !hasGrown(before, count, now) : before === undefined) continue
    lines.push({ about, what, isOver: !holds, message })
    if (holds) next.set(id, { at: now, ...(count === undefined ? {} : { count }) })
    else next.delete(id)
  }
  return lines.length === 0 ? null : { lines, told: Object.fromEntries(next) }
}

function hasGrown({ at, count: before }: Told[string], count: number | undefined, now: number): boolean {
  return count !== undefined && count > (before ?? 0) && now - at >= AGAIN_MS
}
