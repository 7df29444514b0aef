import { endOf, type Tried, wasFound } from './ending.ts'
import type { Expected } from './expected.ts'
import { type OpenedPanel, panelTable } from './import-panel.ts'
import { table } from './table.ts'
import type { RunningTarget, Target } from './target.ts'
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

/** All that is known when the day is over. */
export interface Results {
  readonly expected: readonly Expected[]
  readonly tried: readonly Tried[]
  readonly verdicts: readonly Verdict[]
  readonly panels: readonly OpenedPanel[]
}

/** Prints what each target has received, and what became of each delivery. */
export function printReport(
  started: readonly { readonly target: Target; readonly running: RunningTarget }[],
  { expected, tried, verdicts, panels }: Results,
  options: { readonly all: boolean; readonly width: number; print(text: string): void },
): void {
  const { width, print } = options
  for (const { target, running } of started) print(`\n${receivedTable(target, running, options)}`)
  for (const panel of panels) print(`\n${panelTable(panel, width)}`)
  print(`\nDeliveries, by the relay's books\n${deliveriesTable(verdicts, width)}\n${DELIVERIES_LEGEND}`)
  print(`\nTries, by the relay's books\n${triesTable(verdicts, width)}\n${TRIES_LEGEND}`)
  print(`\nWhat did not simply arrive, by the relay's books\n${exceptionsTable(expected, tried, width)}`)
  print(`\nArrivals, by the targets' own\n${arrivalsTable(verdicts, width)}\n${ARRIVALS_LEGEND}`)
}

/** What one target has received, in order. */
function receivedTable(target: Target, running: RunningTarget, options: { all: boolean; width: number }): string {
  const received = running.received()
  const rows = received.map(({ place, text }, index) => [String(index + 1), place, text])
  const hidden = options.all ? 0 : Math.max(0, rows.length - SHOWN_FIRST - SHOWN_LAST)
  const gap = ['', '', `… ${hidden} more; --all shows them`]
  const shown = hidden <= 1 ? rows : [...rows.slice(0, SHOWN_FIRST), gap, ...rows.slice(-SHOWN_LAST)]
  const heading = `${target.title} has received ${received.length}`
  if (received.length === 0) return heading
  const columns = [{ title: '#', align: 'right' as const }, { title: 'where' }, { title: 'what', gives: true }]
  return `${heading}\n${table(columns, shown, options.width)}${ticketsLine(running)}`
}

function ticketsLine({ tickets }: RunningTarget): string {
  if (tickets === undefined) return ''
  const all = Object.entries(tickets()).map(([ticket, state]) => `${ticket} ${state}`)
  return `\n  in the end: ${all.join(', ')}`
}

const number = (title: string) => ({ title, align: 'right' as const })

/** What became of each integration's deliveries, by the relay's books. */
function deliveriesTable(verdicts: readonly Verdict[], width: number): string {
  const titles = ['planned', 'delivered', 'unlinked', 'superseded', 'late', 'dead', 'open']
  const rows = verdicts.map(({ integration, planned, delivered, notLinked, superseded, tooLate, dead, open }) => [
    integration,
    ...[planned, delivered, notLinked, superseded, tooLate, dead, open].map(String),
  ])
  return table([{ title: 'integration' }, ...titles.map(number)], rows, width)
}

/** What it took, by the relay's books. */
function triesTable(verdicts: readonly Verdict[], width: number): string {
  const titles = ['tries', 'again', 'held', 'confirmed']
  const rows = verdicts.map(({ integration, attempts, again, held, found }) => [
    integration,
    ...[attempts, again, held, found].map(String),
  ])
  return table([{ title: 'integration' }, ...titles.map(number)], rows, width)
}

/** The deliveries that did not simply arrive, each with the relay's reason. */
function exceptionsTable(expected: readonly Expected[], tried: readonly Tried[], width: number): string {
  const known = new Map(tried.map((each) => [each.delivery.key, each]))
  const rows = expected.flatMap(({ key, integration, activity, subject }) => {
    const found = known.get(key)
    if (found === undefined) return []
    const end = endOf(found.delivery)
    if (end === 'not linked' || (end === 'delivered' && !wasFound(found))) return []
    const how = end === 'delivered' ? 'confirmed' : end
    return [[integration, subject ?? '', activity, how, found.delivery.note ?? '']]
  })
  const titles = ['integration', 'where', 'activity', 'end'].map((title) => ({ title }))
  return table([...titles, { title: 'why', gives: true }], rows, width)
}

/** What the targets hold against what they should hold, whatever the relay's books say. */
function arrivalsTable(verdicts: readonly Verdict[], width: number): string {
  const titles = ['due', 'received', 'lost', 'twice']
  const rows = verdicts.map(({ integration, due, received, lost, twice, inOrder }) => [
    integration,
    ...[due, received, lost, twice].map(String),
    inOrder ? 'kept' : 'BROKEN',
  ])
  return table([{ title: 'integration' }, ...titles.map(number), { title: 'order' }], rows, width)
}

/** What the columns mean that do not say so. */
const ARRIVALS_LEGEND = '  received: more than is due where a ticket had to go through a state in between'
const DELIVERIES_LEGEND = [
  '  unlinked:   the story has no ticket there',
  '  superseded: a later state of the story waited too behind a target that was down, and stands for it',
  '  late:       a state older than the one that its story had already, so its ticket stays as it is',
  '  dead:       given up, because it can never arrive; it can be replayed',
].join('\n')
const TRIES_LEGEND = [
  '  again:     tries after one that failed',
  '  held:      tries after which all that is for the target was held back, until it worked again',
  '  confirmed: the answer was lost, and the target was asked instead of told again',
].join('\n')
