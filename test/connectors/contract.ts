import { basename } from 'node:path'
import t, { type Test } from 'tap'
import type { ExternalStory, Receipt } from '../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { type Fence, inAttempt } from '../../src/http/attempt.ts'
import type { Answer, Fault, Recorded } from '../../src/stand-ins/stand-in.ts'
import type { Planned } from '../../src/store/planned.ts'
import { NOW, type Open, open, TAKEN } from './open-variant.ts'
import { OUTCOMES, type Outcome, promisesOf } from './promises.ts'
import { type Cause, causeOf, recordedActivities } from './recorded-activities.ts'
import { isWriteOf, type Variant } from './variant.ts'
import { writesOnce } from './write-once.ts'

/** The same on the target's clock. */
const DATE = new Date(NOW).toUTCString()
const A_MINUTE_MS = 60_000
const ASKED_TO_WAIT_S = 30

/** Ways of a target to answer, in the words of the connectors' pages. */
const ANSWERS: Readonly<Record<string, Fault>> = {
  '401': plain(401, 'Unauthorized'),
  '403': plain(403, 'Forbidden'),
  '404': plain(404, 'Not Found'),
  '409': plain(409, 'Conflict'),
  '429': plain(429, 'Too Many Requests', { 'retry-after': String(ASKED_TO_WAIT_S) }),
  '500': plain(500, 'Internal Server Error'),
  '503': plain(503, 'Service Unavailable'),
  'a redirect': plain(302, '', { location: 'http://127.0.0.1:9/elsewhere' }),
  'a web page': plain(200, '<!DOCTYPE html><html><body><form>Sign in</form></body></html>', {
    'content-type': 'text/html; charset=utf-8',
  }),
  'no answer': 'lose the answer',
  'no answer in time': 'hang',
  'an answer that breaks off': 'reset mid-body',
  'an answer that trickles': 'drip',
  'an answer without end': 'endless body',
  'no HTTP': 'garbage',
}
/** These may be about the one delivery; no other answer may end it. */
const OF_THE_DELIVERY = ['403', '404', '409']

const LEASE_LOST: Fence = {
  ask: () => Promise.reject(new DeliveryError('retry', 'the lease has ended')),
  tooLate: () => null,
}

/** One delivery of a comment, one of a state. */
const SAMPLES = [
  ['test/activities/note_created.in.xml', 'comment'],
  ['test/activities/story_accepted.in.xml', 'state'],
] as const

/**
 * What every connector with a stand-in keeps to. What becomes of a delivery is read from the table in the connector's
 * README, so that the page stays true.
 * @param columns the variants to try, and the column of the page's table that is true of each
 */
export function contract(variants: readonly Variant[], columns: Readonly<Record<string, string>>): void {
  for (const variant of variants) writesOnce(variant, Object.hasOwn(columns, variant.name))
  for (const [name, column] of Object.entries(columns)) {
    const variant = variants.find((each) => each.name === name)
    if (variant === undefined) throw new Error(`there is no variant ${name}`)
    t.test(name, async (t) => {
      const { session, close } = await open(variant)
      await close()
      await t.test('planning is pure and total on every recorded activity', (t) => plansPurely(t, variant))
      if (session.perform !== undefined)
        await delivers(t, variant, promisesOf(variant.connector, column, Object.keys(ANSWERS)))
      if (session.stories !== undefined)
        await t.test('a list of tickets is whole or an error', (t) => listsWholly(t, variant))
      if (session.check !== undefined) await t.test('check writes nothing', (t) => checksReadOnly(t, variant))
    })
  }
}

async function plansPurely(t: Test, variant: Variant): Promise<void> {
  const { plan, close } = await open(variant)
  for (const file of recordedActivities()) {
    const cause = causeOf(file)
    const before = JSON.stringify(cause.activity)
    const planned = plan(cause)
    t.strictSame(plan(cause), planned, basename(file))
    t.equal(JSON.stringify(cause.activity), before, `${basename(file)} is left as it was`)
    t.strictSame(JSON.parse(JSON.stringify(planned)), planned, `what ${basename(file)} causes can be stored`)
  }
  await close()
}

async function delivers(t: Test, variant: Variant, promises: ReadonlyMap<string, Outcome>): Promise<void> {
  await t.test('each effect of a recorded activity is one write, or none with a note why', async (t) => {
    for (const file of recordedActivities()) {
      const cause = causeOf(file)
      const at = await open(variant)
      for (const planned of at.plan(cause)) {
        const before = at.taken()
        const end = await at.perform(planned, cause)
        const writes = at.taken() - before
        if (end instanceof DeliveryError) t.ok(writes <= 1, `${basename(file)}: refused`)
        else t.ok(writes === 1 || (writes === 0 && end.note !== undefined), `${basename(file)}: ${writes} writes`)
      }
      await at.close()
    }
  })

  for (const [file, kind] of SAMPLES) {
    const cause = causeOf(file)
    const clean = await open(variant)
    const [planned] = clean.plan(cause)
    if (planned === undefined) throw new Error(`${variant.name} plans nothing for ${file}`)
    if (clean.isForTickets) t.equal(planned.effect.kind, kind, `${basename(file)} becomes a ${kind}`)
    await clean.perform(planned, cause)
    const requests = clean.requests()
    await clean.close()
    const write = requests.findIndex(isWriteOf(clean.target))

    await t.test(`${basename(file)}: without the lease everything is asked, and nothing is written`, async (t) => {
      const at = await open(variant)
      const end = await inAttempt({ exchanges: [], fence: LEASE_LOST }, () => at.perform(planned, cause))
      t.equal(messageOf(end), 'the lease has ended')
      t.strictSame([at.requests().length, at.taken()], [write, 0])
      await at.close()
    })

    for (const [name, fault] of Object.entries(ANSWERS)) {
      await t.test(`${basename(file)}, to the write: ${name}`, async (t) => {
        const at = await open(variant, { fault, from: write })
        const promised = promises.get(`${name} to a ${planned.effect.kind}`) ?? promises.get(name)
        await keepsPromise(t, at, { planned, cause, fault, name, promised })
        await at.close()
      })
      await t.test(`${basename(file)}, to a question: ${name}`, async (t) => {
        await toEach(requests, async (from) => {
          if (from === write) return
          const at = await open(variant, { fault, from })
          const end = await at.perform(planned, cause)
          if (from < write) asksSafely(t, at, end, `request ${from + 1}`, name)
          else looksBackSafely(t, at, end, `request ${from + 1}`)
          await at.close()
        })
      })
    }
  }
}

interface Given {
  readonly planned: Planned
  readonly cause: Cause
  readonly name: string
  readonly fault: Fault
  readonly promised: Outcome | undefined
}

async function keepsPromise(t: Test, at: Open, { planned, cause, fault, name, promised }: Given): Promise<void> {
  const end = await at.perform(planned, cause)
  const outcome = end instanceof DeliveryError ? end.verdict : 'delivered'
  t.equal(outcome, promised === undefined ? 'what the page promises' : OUTCOMES[promised], messageOf(end))
  at.keepsSecrets(t, end)
  if (end instanceof DeliveryError && !OF_THE_DELIVERY.includes(name)) t.not(end.verdict, 'dead')
  if (end instanceof DeliveryError && name === '429') t.ok((end.retryAfterMs ?? 0) >= ASKED_TO_WAIT_S * 1000, 'waits')
  if (outcome !== 'in doubt') return

  at.mend()
  at.pass(A_MINUTE_MS)
  const found = await at.confirm(planned, cause)
  const wasTaken = TAKEN.includes(fault)
  const isLookedUp = promised !== 'sent again'
  t.equal(typeof found === 'object' ? 'there' : found, isLookedUp ? (wasTaken ? 'there' : 'absent') : 'cannot tell')
  if (typeof found !== 'object')
    t.notOk((await at.perform(planned, cause, { inDoubt: true })) instanceof DeliveryError, 'it is sent again')
  t.equal(at.taken(), wasTaken && !isLookedUp ? 2 : 1, 'writes that the target took')
}

/** A question that fails is never in doubt, and nothing is written after it. */
function asksSafely(t: Test, at: Open, end: Receipt | DeliveryError, which: string, name: string): void {
  at.keepsSecrets(t, end)
  const shown = `${which}: ${messageOf(end)}`
  if (!(end instanceof DeliveryError)) {
    // Some questions may fail: whose the login is, what the target calls itself.
    t.ok(at.taken() <= 1, shown)
    return
  }
  t.not(end.verdict, 'in doubt', shown)
  t.equal(at.taken(), 0, shown)
  if (!OF_THE_DELIVERY.includes(name)) t.not(end.verdict, 'dead', shown)
  if (name === '429') t.ok((end.retryAfterMs ?? 0) >= ASKED_TO_WAIT_S * 1000, shown)
}

/** What is asked after the write leaves in doubt what came of it, at worst. */
function looksBackSafely(t: Test, at: Open, end: Receipt | DeliveryError, which: string): void {
  at.keepsSecrets(t, end)
  if (end instanceof DeliveryError) t.equal(end.verdict, 'in doubt', `${which}: ${end.message}`)
  t.equal(at.taken(), 1, which)
}

async function listsWholly(t: Test, variant: Variant): Promise<void> {
  const clean = await open(variant)
  const all = await clean.stories()
  const requests = clean.requests()
  t.ok(Array.isArray(all) && all.length > 0, 'there are tickets to list')
  t.notOk(requests.some(isWriteOf(clean.target)), 'nothing is written')
  await clean.close()
  await inEachTrouble(variant, requests, async (at, which) => {
    const end = await at.stories()
    if (end instanceof DeliveryError) t.not(end.verdict, 'in doubt', `${which}: ${end.message}`)
    else t.strictSame(end.map(idOf), Array.isArray(all) ? all.map(idOf) : [], `${which}: the list is whole`)
    at.keepsSecrets(t, end)
  })
}

async function checksReadOnly(t: Test, variant: Variant): Promise<void> {
  const clean = await open(variant)
  const findings = await clean.check()
  const requests = clean.requests()
  t.notOk(requests.some(isWriteOf(clean.target)), 'nothing is written')
  t.ok(Array.isArray(findings) && findings.every(({ level }) => level !== 'error'), 'the settings are right')
  await clean.close()
  await inEachTrouble(variant, requests, async (at, which) => {
    const end = await at.check()
    t.notOk(at.requests().some(isWriteOf(at.target)), `${which}: nothing is written`)
    at.keepsSecrets(t, end)
  })
}

/** Each answer to each request, in a session of its own. */
async function inEachTrouble(
  variant: Variant,
  requests: readonly Recorded[],
  work: (at: Open, which: string) => Promise<void>,
): Promise<void> {
  for (const [name, fault] of Object.entries(ANSWERS))
    await toEach(requests, async (from) => {
      const at = await open(variant, { fault, from })
      await work(at, `${name} to request ${from + 1}`)
      await at.close()
    })
}

/** With the number of each request, side by side: most of the time is spent on waiting. */
async function toEach(requests: readonly Recorded[], work: (from: number) => Promise<void>): Promise<void> {
  await Promise.all(requests.map((_, from) => work(from)))
}

const idOf = ({ externalId }: ExternalStory): string => externalId

function messageOf(end: Receipt | DeliveryError): string {
  return end instanceof DeliveryError ? end.message : (end.note ?? 'delivered')
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', date: DATE, ...headers }, body }
}
