import type { Effect } from '../src/connectors/effect.ts'
import type { Delivery } from '../src/queue/delivery.ts'
import type { Attempt } from '../src/queue/store/list.ts'
import type { Expected } from './expected.ts'
import type { Received, Target } from './targets.ts'

/** A delivery with all that was tried for it. */
export interface Tried {
  readonly delivery: Delivery
  readonly attempts: readonly Attempt[]
}

/** How one integration came through the day: what its target holds against what it should hold. */
export interface Verdict {
  readonly integration: string
  readonly planned: number
  readonly delivered: number
  /** For stories without a ticket, and states that a later one made pointless. */
  readonly skipped: number
  readonly open: number
  readonly dead: number
  readonly attempts: number
  /** Tries beyond the first. */
  readonly again: number
  /** Found at the target after a try whose end was unknown. */
  readonly found: number
  readonly due: number
  readonly received: number
  readonly lost: number
  readonly twice: number
  readonly inOrder: boolean
  /** A sentence each; none when everything landed. */
  readonly problems: readonly string[]
}

/** Judges one integration by its target, not by the relay's own books. */
export function judge(
  target: Target,
  expected: readonly Expected[],
  tried: readonly Tried[],
  received: readonly Received[],
): Verdict {
  const known = new Map(tried.map((each) => [each.delivery.key, each]))
  const count = (state: Delivery['state']): number => tried.filter(({ delivery }) => delivery.state === state).length
  const due = expected.filter((each) => mustShow(each, known.get(each.key)))
  const { places, left } = matched(target, due, received)
  const lost = due.filter(({ key }) => !places.has(key)).length
  const inOrder = isInOrder(due, places)
  const missing = expected.filter(({ key }) => !known.has(key)).length
  const unlinked = expected.filter(({ subject }) => subject === null).length
  const delivered = count('delivered')
  const skipped = count('skipped')
  const notLinked = tried.filter(({ delivery }) => delivery.note?.startsWith('not linked')).length
  const dead = count('dead')
  const open = tried.length - delivered - skipped - dead
  const attempts = tried.reduce((sum, each) => sum + each.attempts.length, 0)
  const problems = [
    missing > 0 ? `${missing} of its deliveries were never stored` : '',
    tried.length + missing > expected.length ? 'deliveries were stored that no activity causes' : '',
    open > 0 ? `${open} of its deliveries still wait${waitingFor(tried)}` : '',
    dead > 0 ? `${dead} of its deliveries were given up` : '',
    notLinked === unlinked ? '' : `${notLinked} were skipped, but ${unlinked} belong to stories without a ticket`,
    lost > 0 ? `${lost} never arrived` : '',
    left > 0 ? `${left} arrived twice, or without reason` : '',
    inOrder ? '' : 'what belongs to one story arrived out of order',
  ].filter((problem) => problem !== '')
  return {
    integration: target.name,
    planned: expected.length,
    delivered,
    skipped,
    open,
    dead,
    attempts,
    again: tried.reduce((sum, each) => sum + Math.max(0, each.attempts.length - 1), 0),
    found: tried.filter((each) => each.attempts.some(({ outcome }) => outcome === 'confirmed')).length,
    due: due.length,
    received: received.length,
    lost,
    twice: left,
    inOrder,
    problems,
  }
}

/** Everything but what needs no ticket's change: a state that the ticket is in already, or that its workflow skips. */
function mustShow({ subject, effect }: Expected, tried: Tried | undefined): boolean {
  if (subject === null || tried?.delivery.note?.startsWith('superseded')) return false
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
  if (received.subject !== expected.subject) return false
  const text = letters(received.text)
  return wordsOf(expected.effect, target).every((words) => text.includes(letters(words).slice(0, 24)))
}

/** What must be read at the target, in the order of the effect and whatever the target's markup. */
function wordsOf(effect: Effect, { stateWords = {} }: Target): string[] {
  if (effect.kind === 'forward') return []
  if (effect.kind === 'comment') return [effect.author, effect.text]
  if (effect.kind === 'state') return [stateWords[effect.state] ?? effect.state]
  const what = effect.what === 'created' ? 'added' : effect.what
  return [effect.author, what, effect.text ?? '']
}

/** The letters and digits alone: no target changes those, whatever it escapes. */
function letters(text: string): string {
  return text.replace(/&#?\w+;|[^\p{L}\p{N}]/gu, '').toLowerCase()
}

function waitingFor(tried: readonly Tried[]): string {
  const note = tried.find(({ delivery }) => delivery.state === 'held' || delivery.state === 'waiting')?.delivery.note
  return note === null || note === undefined ? '' : ` (${note})`
}
