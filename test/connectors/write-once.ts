import { basename } from 'node:path'
import t, { type Test } from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import type { Planned } from '../../src/store/planned.ts'
import { type Open, open } from './open-variant.ts'
import { type Cause, causeOf } from './recorded-activities.ts'
import { type Copies, isWriteOf, type Place, type Variant } from './variant.ts'

const A_MINUTE_MS = 60_000
const WAITING = 1000
const OTHER_KEY = 'dlv_other'

/** A comment and a state; each is lost in turn. */
const LOST = ['test/activities/note_created.in.xml', 'test/activities/story_accepted.in.xml']
/** What else is written, the first that the settings let through. */
const OTHERS = [
  'test/activities/note_created_with_references.in.xml',
  'test/activities/story_rejected_in_sentence.in.xml',
]

interface Case {
  /** What waits behind the lost one. */
  readonly waiting: 'other words of ours' | 'the same words of ours' | 'the same words of others'
  /** By how much the relay's clock is ahead of the target's, at the attempt and at the question. */
  readonly aheadMs: readonly [number, number]
  /** Whether the target had told its time before the attempt. */
  readonly isTimeTold: boolean
}

const OURS = 'other words of ours'
/** Our clock is set back while nobody knows the target's: the hardest one. */
const SET_BACK: Case = { waiting: OURS, aheadMs: [0, -A_MINUTE_MS], isTimeTold: false }
const SET_FORWARD: Case = { waiting: OURS, aheadMs: [0, A_MINUTE_MS], isTimeTold: false }
const CASES: readonly Case[] = [
  { waiting: OURS, aheadMs: [0, 0], isTimeTold: true },
  SET_FORWARD,
  SET_BACK,
  { waiting: 'the same words of ours', aheadMs: [0, 0], isTimeTold: true },
  { waiting: 'the same words of others', aheadMs: [0, 0], isTimeTold: true },
]

/**
 * After an attempt without an answer exactly one write stands at the target, whatever was written there since.
 * @param isThorough false for one case of each: the variant differs little from another
 */
export function writesOnce(variant: Variant, isThorough: boolean): void {
  t.test(`${variant.name}: a lost answer with ${WAITING} messages behind it ends in exactly one write`, async (t) => {
    const { session, target, close } = await open(variant)
    await close()
    if (session.perform === undefined) return
    const { place } = target
    if (place === undefined) throw new Error('the variant does not tell what stands at its target')
    t.equal(session.confirm === undefined, place.isNotAsked === 'a repeat is recognised', 'what can be asked is')
    let tried = 0
    for (const file of LOST) {
      const lost = await cleanWrite(variant, file)
      if (lost === null) continue
      tried += 1
      for (const each of casesFor(lost, place, isThorough))
        for (const fault of ['lose the answer', 'reset'] as const) await isWrittenOnce(t, variant, lost, each, fault)
    }
    t.ok(tried > 0, 'something is written')
  })
}

interface Lost {
  readonly name: string
  readonly cause: Cause
  readonly planned: Planned
  /** How many requests write it. */
  readonly requests: number
  /** How much then stands at the target. */
  readonly writings: number
}

/** Null if the settings make nothing of it. */
async function cleanWrite(variant: Variant, file: string): Promise<Lost | null> {
  const at = await open(variant)
  const cause = causeOf(file)
  const [planned] = at.plan(cause)
  const start = placeOf(at).written()
  if (planned !== undefined) await done(at.perform(planned, cause))
  const requests = at.requests().filter(isWriteOf(at.target)).length
  const writings = placeOf(at).written() - start
  await at.close()
  return planned === undefined || requests === 0 ? null : { name: basename(file), cause, planned, requests, writings }
}

async function isWrittenOnce(
  t: Test,
  variant: Variant,
  lost: Lost,
  { waiting, aheadMs: [ahead, aheadLater], isTimeTold }: Case,
  fault: 'lose the answer' | 'reset',
): Promise<void> {
  const { planned, cause, writings } = lost
  const at = await open(variant)
  t.teardown(at.close)
  const place = placeOf(at)
  const sayMore = async (): Promise<Copies | null> => {
    const { planned, cause } = waiting === 'other words of ours' ? otherThan(at, lost) : lost
    await done(at.perform({ ...planned, key: OTHER_KEY }, cause))
    return place.copies?.() ?? null
  }
  const clocks = `clock ahead by ${ahead / 1000} s, then ${aheadLater / 1000} s, ${isTimeTold ? '' : 'not '}told`
  const shown = `${lost.name}: ${fault}, ${waiting}, ${clocks}`

  at.setRelayClock(ahead)
  const before = isTimeTold ? await sayMore() : null
  at.pass(A_MINUTE_MS)
  const start = place.written()
  at.loseWrite(fault, lost.requests)
  const end = await at.perform(planned, cause)
  const first = place.written() - start
  t.equal(end instanceof DeliveryError && end.verdict, 'in doubt', shown)
  const isThere = first === writings
  t.equal(isThere, fault === 'lose the answer', shown)

  const copies = before ?? (await sayMore())
  for (let count = 0; count < WAITING; count += 1) {
    at.pass(A_MINUTE_MS / WAITING)
    const id = waiting === 'the same words of others' ? copies?.others?.() : copies?.ours()
    if (id) at.settled(id, OTHER_KEY)
  }
  at.setRelayClock(aheadLater)
  const then = place.written()
  const found = await at.confirm(planned, cause)
  const answer = isThere ? 'there' : 'absent'
  t.equal(typeof found === 'object' ? 'there' : found, place.isNotAsked === undefined ? answer : 'cannot tell', shown)
  if (typeof found !== 'object') await done(at.perform(planned, cause, { inDoubt: true }))
  const isDoubled = isThere && place.isNotAsked === 'a repeat is another message'
  t.equal(first + place.written() - then, isDoubled ? 2 * writings : writings, shown)
}

/** Something else that the same account says at the same place. */
function otherThan(at: Open, { planned }: Lost): Pick<Lost, 'planned' | 'cause'> {
  for (const cause of OTHERS.map(causeOf)) {
    const other = at.plan(cause).find(({ effect }) => effect.kind !== 'state')
    if (other !== undefined) return { planned: other, cause }
  }
  throw new Error(`nothing but ${planned.effect.kind} is said`)
}

function casesFor({ planned }: Lost, place: Place, isThorough: boolean): readonly Case[] {
  if (!isThorough) return [SET_BACK]
  // A ticket shows its state and is not searched for it, and one that is in the state already is not written to.
  if (planned.effect.kind === 'state') return [SET_FORWARD, SET_BACK]
  return CASES.filter(({ waiting }) => {
    if (waiting === OURS) return true
    if (place.copies === undefined) return false
    return waiting === 'the same words of ours' ? place.refusesEqualWords !== true : place.showsOnlyOurs !== true
  })
}

function placeOf({ target }: Open): Place {
  if (target.place === undefined) throw new Error('the variant does not tell what stands at its target')
  return target.place
}

async function done(work: ReturnType<Open['perform']>): Promise<void> {
  const end = await work
  if (end instanceof DeliveryError) throw end
}
