import type { Announcement, Effect } from '../../connectors/contract/effect.ts'
import { type Ended, endOf, holdsOf, type Tried, wasFound, wrongEndings } from './ending.ts'
import type { Expected } from './expected.ts'
import type { Received, Target } from './target.ts'

/** How one integration came through the day: what its target holds against what it should hold. */
export interface Verdict {
  readonly integration: string
  readonly planned: number
  /** Those in part included. */
  readonly delivered: number
  readonly notLinked: number
  readonly superseded: number
  readonly tooLate: number
  readonly open: number
  readonly dead: number
  readonly attempts: number
  /** Tries beyond the first. */
  readonly again: number
  /** Tries after which the integration was held back. */
  readonly held: number
  /** Found at the target after a try whose end was unknown. */
  readonly found: number
  readonly due: number
  readonly received: number
  readonly lost: number
  readonly twice: number
  readonly inOrder: boolean
  /** A sentence each; none when everything went as it should. */
  readonly problems: readonly string[]
}

/**
 * Judges one integration by its target, not by the relay's own books alone.
 * @param tickets the state of each ticket at the target
 */
export function judge(
  target: Target,
  expected: readonly Expected[],
  tried: readonly Tried[],
  received: readonly Received[],
  tickets: Readonly<Record<string, string>> = {},
): Verdict {
  const known = new Map(tried.map((each) => [each.delivery.key, each]))
  const ends = tried.map(({ delivery }) => endOf(delivery))
  const count = (...those: readonly Ended[]): number => ends.filter((end) => those.includes(end)).length
  const due = expected.filter((each) => mustShow(each, known.get(each.key)))
  const { places, left } = matched(target, due, received)
  const lost = due.filter(({ key }) => !places.has(key)).length
  const inOrder = isInOrder(due, places)
  const missing = expected.filter(({ key }) => !known.has(key)).length
  const open = count('open')
  const held = tried.reduce((sum, each) => sum + holdsOf(each), 0)
  const found = tried.filter(wasFound).length
  const problems = [
    missing > 0 ? `${missing} of its deliveries were never stored` : '',
    tried.length + missing > expected.length ? 'deliveries were stored that no activity causes' : '',
    open > 0 ? `${open} of its deliveries still wait${waitingFor(tried)}` : '',
    ...wrongEndings(expected, known),
    ...untried(target, expected),
    lost > 0 ? `${lost} never arrived` : '',
    left > 0 ? `${left} arrived twice, or without reason` : '',
    inOrder ? '' : 'what belongs to one story arrived out of order',
    ...missedTroubles(target, held, found),
    ...wrongTickets(target, tickets),
  ].filter((problem) => problem !== '')
  return {
    integration: target.name,
    planned: expected.length,
    delivered: count('delivered', 'in part'),
    notLinked: count('not linked'),
    superseded: count('superseded'),
    tooLate: count('too late'),
    open,
    dead: count('dead'),
    attempts: tried.reduce((sum, each) => sum + each.attempts.length, 0),
    again: tried.reduce((sum, each) => sum + Math.max(0, each.attempts.length - 1), 0),
    held,
    found,
    due: due.length,
    received: received.length,
    lost,
    twice: left,
    inOrder,
    problems,
  }
}

/** Exceptions that the day has not put to the test. */
function untried({ exceptions = {} }: Target, expected: readonly Expected[]): string[] {
  const met = new Set(expected.filter(({ end }) => end !== 'delivered').map(({ activity }) => activity))
  return Object.entries(exceptions).flatMap(([activity, end]) =>
    met.has(activity) ? [] : [`${activity} should have been ${end}, but caused nothing`],
  )
}

/** A trouble that never was proves nothing. */
function missedTroubles({ troubles = {} }: Target, held: number, found: number): string[] {
  return [
    troubles.found !== undefined && found !== troubles.found
      ? `of the answers that were lost ${found} were found at the target, not ${troubles.found}`
      : '',
    troubles.held !== undefined && held < troubles.held ? 'it was never held back, but it had trouble' : '',
  ]
}

function wrongTickets({ tickets = {} }: Target, actual: Readonly<Record<string, string>>): string[] {
  return Object.entries(tickets).flatMap(([ticket, state]) =>
    actual[ticket] === state
      ? []
      : [`ticket ${ticket} should be ${state} in the end, and is ${actual[ticket] ?? 'gone'}`],
  )
}

/** Everything but what needs no ticket's change: a state that the ticket is in already, or that its workflow skips. */
function mustShow({ end, effect }: Expected, tried: Tried | undefined): boolean {
  if (end !== 'delivered' && end !== 'in part') return false
  if (effect.kind !== 'state' || tried?.delivery.state !== 'delivered') return true
  return tried.attempts.some(({ exchanges }) => exchanges.some(({ method }) => method !== 'GET'))
}

/** Where each delivery stands among what was received, and how much is left over that no delivery explains. */
function matched(
  target: Target,
  due: readonly Expected[],
  received: readonly Received[],
): { places: ReadonlyMap<string, number>; left: number } {
  const places = new Map<string, number>()
  const taken = new Set<number>()
  for (const each of due) {
    const at = received.findIndex((one, index) => !taken.has(index) && shows(target, each, one))
    if (at === -1) continue
    taken.add(at)
    places.set(each.key, at)
  }
  const left = received.filter((_, index) => !taken.has(index) && !isStep(target, received, index, taken))
  return { places, left: left.length }
}

/** True for a change of a ticket that led on to one that is explained. */
function isStep(target: Target, received: readonly Received[], at: number, taken: ReadonlySet<number>): boolean {
  const step = received[at]
  if (step === undefined || step.text !== target.onTheWay) return false
  const next = received.findIndex(({ subject }, index) => index > at && subject === step.subject)
  return taken.has(next)
}

function isInOrder(due: readonly Expected[], places: ReadonlyMap<string, number>): boolean {
  const last = new Map<string, number>()
  for (const { key, lanes } of due) {
    const at = places.get(key)
    if (at === undefined) continue
    for (const lane of lanes) {
      if (at < (last.get(lane) ?? -1)) return false
      last.set(lane, at)
    }
  }
  return true
}

function shows(target: Target, expected: Expected, received: Received): boolean {
  if (received.key !== null) return received.key === expected.key
  const text = letters(received.text)
  if (received.subject === null && !expected.names.some((name) => text.includes(letters(name)))) return false
  if (received.subject !== null && received.subject !== expected.subject) return false
  if (!text.startsWith(letters(target.marked ?? ''))) return false
  return wordsOf(expected.effect, target).every((words) => text.includes(letters(words).slice(0, 24)))
}

/** What must be read at the target, in the order of the effect and whatever the target's markup. */
function wordsOf(effect: Effect, { stateWords = {} }: Target): string[] {
  if (effect.kind === 'forward' || effect.kind === 'notice') return []
  if (effect.kind === 'comment') return [effect.author, firstLine(effect.text)]
  if (effect.kind === 'state') return [stateWords[effect.state] ?? effect.state]
  return [effect.author, deedOf(effect), firstLine(effect.text ?? '')]
}

function deedOf({ what, deed = what }: Announcement): string {
  return what === 'created' ? 'added' : deed
}

/** Markdown is shown in other forms, but nowhere in the day on the first line. */
const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''

/** The letters and digits alone: no target changes those, whatever it escapes. */
function letters(text: string): string {
  return text.replace(/&#?\w+;|[^\p{L}\p{N}]/gu, '').toLowerCase()
}

function waitingFor(tried: readonly Tried[]): string {
  const note = tried.find(({ delivery }) => delivery.state === 'held' || delivery.state === 'waiting')?.delivery.note
  return note === null || note === undefined ? '' : ` (${note})`
}
