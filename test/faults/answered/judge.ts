import type { Verdict } from '../verdict.ts'
import type { Front } from './front.ts'
import type { Place } from './places.ts'
import type { Told } from './tracker.ts'

export type Findings = { -readonly [Kind in 'lost' | 'doubled' | 'outOfOrder' | 'excess']: string[] } & {
  /** How often something came again to a place that cannot be asked. */
  repeated: number
}

/** To which status JIRA's classic workflow moves a ticket. */
const STATUS_OF: Readonly<Record<string, string>> = { started: '3' }

/**
 * Compares what was told with what stands at a place.
 * @param doubts how often the end of the attempt at the activity with this number was not known to a relay that had died
 */
export function judge(
  place: Place,
  front: Front,
  told: readonly Told[],
  doubts: ReadonlyMap<number, number>,
): Findings {
  const found: Findings = { lost: [], doubled: [], outOfOrder: [], excess: [], repeated: 0 }
  const stories = grouped(told, ({ story }) => story)
  const everywhere = place.link === undefined ? numbersIn(place.said(0)) : null
  const known = new Map(told.map((each) => [each.number, each.story]))
  const strays = (everywhere ?? []).filter((number) => !known.has(number))
  if (strays.length > 0) found.outOfOrder.push(`${place.name}: nobody told ${strays.join(' ')}`)
  for (const [story, own] of stories) {
    const where = `${place.name}, story ${story}`
    const said = (everywhere ?? numbersIn(place.said(story))).filter(
      (number) => everywhere === null || known.get(number) === story,
    )
    const comments = own.filter(({ what }) => what === 'comment').map(({ number }) => number)
    compare(found, { where, comments, said, doubts: place.isAsked ? null : doubts })
    if (place.moves !== undefined) compareMoves(found, where, own, place.moves(story))
  }
  if (place.name === 'hook' || place.name === 'wide') found.excess.push(...changedIn(front))
  return found
}

interface Compared {
  readonly where: string
  readonly comments: readonly number[]
  readonly said: readonly number[]
  /** Null: nothing may be there twice. */
  readonly doubts: ReadonlyMap<number, number> | null
}

function compare(found: Findings, { where, comments, said, doubts }: Compared): void {
  const shown = `${where}: ${said.join(' ')} for ${comments.join(' ')}`
  if (comments.some((number) => !said.includes(number))) found.lost.push(shown)
  for (const number of comments) {
    const more = said.filter((each) => each === number).length - 1
    if (more > 0 && doubts === null) found.doubled.push(`${number} in ${shown}`)
    else if (more > (doubts?.get(number) ?? 0))
      found.excess.push(`${number} came ${more} times more in ${shown}, after ${doubts?.get(number) ?? 0} doubts`)
    found.repeated += Math.max(0, more)
  }
  if (said.some((number) => !comments.includes(number))) found.outOfOrder.push(`not of this story: ${shown}`)
  // A repeat comes before what follows it.
  if (said.some((number, at) => at > 0 && number < (said[at - 1] ?? 0))) found.outOfOrder.push(shown)
}

function compareMoves(found: Findings, where: string, own: readonly Told[], moves: readonly string[]): void {
  const goals = own.flatMap(({ what }) => STATUS_OF[what] ?? [])
  const shown = `${where}: went ${moves.join(' ')} for ${goals.join(' ')}`
  if (moves.length < goals.length) found.lost.push(shown)
  else if (moves.length > goals.length) found.doubled.push(shown)
  else if (moves.join() !== goals.join()) found.outOfOrder.push(shown)
}

/** A repeat must be the same to the byte, under the same id, since that is how its receiver recognises it. */
function changedIn({ passed }: Front): string[] {
  return [...grouped(passed, ({ body }) => numbersIn([body.toString()])[0])].flatMap(([number, all]) => {
    const forms = new Set(all.map(({ headers, body }) => `${headers['webhook-id']} ${body}`))
    return forms.size > 1 ? [`${number} came in ${forms.size} forms`] : []
  })
}

function numbersIn(texts: readonly string[]): number[] {
  return texts.flatMap((text) => {
    const [, number] = /comment (\d+)/.exec(text) ?? []
    return number === undefined ? [] : [Number(number)]
  })
}

function grouped<T, K>(all: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return groups
}

export function verdictFrom(
  told: readonly Told[],
  all: readonly Findings[],
  more: Pick<Verdict, 'stuck' | 'broken' | 'cutOff'>,
): Verdict {
  return {
    acknowledged: told.length,
    lost: all.flatMap(({ lost }) => lost),
    doubled: all.flatMap(({ doubled }) => doubled),
    outOfOrder: all.flatMap(({ outOfOrder }) => outOfOrder),
    excess: all.flatMap(({ excess }) => excess),
    repeated: all.reduce((sum, { repeated }) => sum + repeated, 0),
    ...more,
  }
}
