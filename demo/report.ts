import { table } from './table.ts'
import type { RunningTarget, Target } from './targets.ts'
import type { Verdict } from './verdict.ts'

const NARROW = 80
const WIDE = 160
/** Of a long list the first and the last are shown, unless everything is asked for. */
const SHOWN_FIRST = 9
const SHOWN_LAST = 3

/** How wide the terminal is, within reason. */
export function widthOfOutput(columns: number | undefined): number {
  return Math.min(WIDE, Math.max(NARROW, columns ?? 120))
}

/** What one target has received, in order. */
export function receivedTable(
  target: Target,
  running: RunningTarget,
  options: { all: boolean; width: number },
): string {
  const received = running.received()
  const rows = received.map(({ place, text }, index) => [String(index + 1), place, text])
  const hidden = options.all ? 0 : Math.max(0, rows.length - SHOWN_FIRST - SHOWN_LAST)
  const gap = ['', '', `… ${hidden} more; --all shows them`]
  const shown = hidden <= 1 ? rows : [...rows.slice(0, SHOWN_FIRST), gap, ...rows.slice(-SHOWN_LAST)]
  const heading = `${target.title} has received ${received.length}`
  if (received.length === 0) return heading
  const columns = [{ title: '#', align: 'right' as const }, { title: 'where' }, { title: 'what', gives: true }]
  return `${heading}\n${table(columns, shown, options.width)}`
}

const number = (title: string) => ({ title, align: 'right' as const })

/** What became of each integration's deliveries, by the relay's books. */
export function deliveriesTable(verdicts: readonly Verdict[], width: number): string {
  const titles = ['planned', 'delivered', 'skipped', 'open', 'dead', 'tries', 'again', 'found']
  const rows = verdicts.map(({ integration, planned, delivered, skipped, open, dead, attempts, again, found }) => [
    integration,
    ...[planned, delivered, skipped, open, dead, attempts, again, found].map(String),
  ])
  return table([{ title: 'integration' }, ...titles.map(number)], rows, width)
}

/** What the targets hold against what they should hold, whatever the relay's books say. */
export function arrivalsTable(verdicts: readonly Verdict[], width: number): string {
  const titles = ['due', 'received', 'lost', 'twice']
  const rows = verdicts.map(({ integration, due, received, lost, twice, inOrder }) => [
    integration,
    ...[due, received, lost, twice].map(String),
    inOrder ? 'kept' : 'BROKEN',
  ])
  return table([{ title: 'integration' }, ...titles.map(number), { title: 'order' }], rows, width)
}

/** What the columns mean that do not say so. */
export const ARRIVALS_LEGEND = '  received: more than is due where a ticket had to go through a state in between'
export const DELIVERIES_LEGEND = [
  '  skipped: the story has no ticket there',
  '  again:   tries after one that failed',
  '  found:   the answer was lost, and the target was asked instead of told again',
].join('\n')
