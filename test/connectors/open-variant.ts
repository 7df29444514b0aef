import { inspect } from 'node:util'
import type { Test } from 'tap'
import type { ExternalStory, Receipt } from '../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { type TargetTime, withTargetTime } from '../../src/gateway/target-time.ts'
import type { Request } from '../../src/http/send.ts'
import type { Fault, Recorded, StandIn } from '../../src/stand-ins/stand-in.ts'
import type { Planned } from '../../src/store/planned.ts'
import { keptInMemory, openConnector } from './opened.ts'
import type { Cause } from './recorded-activities.ts'
import { isWriteOf, type Target, type Variant } from './variant.ts'

/** When everything begins, by the target's clock. */
export const NOW = '2026-11-24T06:00:00.000Z'
/** After these the target has done what it was asked. */
export const TAKEN: readonly Fault[] = ['lose the answer', 'reset mid-body', 'drip', 'endless body']
/** Only the requests that are meant to be too slow are given up so early: a slow machine changes nothing. */
const TOO_SLOW_MS = 100
/** Stands for the limit of a connector, which can be 64 MiB, where an answer never ends. */
const TOO_LONG_BYTES = 256 * 1024

/** What `fault` says happens to the request with this number, counted from 0, and to all later ones to the same place. */
export interface Trouble {
  readonly fault: Fault
  readonly from: number
}

/** A session of the variant at its stand-in, whose attempts are remembered as the queue does. */
export async function open(variant: Variant, trouble?: Trouble) {
  let at = Date.parse(NOW)
  let aheadMs = 0
  const relayNow = (): Date => new Date(at + aheadMs)
  const target: Target = await variant.start(() => new Date(at))
  const standIn: StandIn = spokenTo(target)
  const isWrite = isWriteOf(target)
  const logged: object[] = []
  let begun: number | null = null
  let sent = 0
  let place: string | null = null
  let isMended = trouble === undefined
  const placeOf = ({ method, url }: { method: string; url: string }): string => `${method} ${new URL(url).pathname}`
  const isTroubled = (request: Recorded): boolean =>
    !isMended && place !== null && placeOf({ method: request.method, url: `${standIn.url}${request.target}` }) === place

  let targetTime: TargetTime | null = null
  const attempts = new Map<string, { since: Date; targetTime: Date | null }>()
  const opened = openConnector(variant.connector, target.settings, {
    now: relayNow,
    steady: () => at,
    log: (level, fields, message) => logged.push({ level, fields, message }),
    credentials: keptInMemory(),
    between(bare) {
      targetTime = withTargetTime(bare, () => at)
      const { send } = targetTime
      return async (request) => {
        if (begun === null || trouble === undefined || isMended) return await send(request)
        if (sent++ === trouble.from) place = placeOf(request)
        return await send(place === placeOf(request) ? { ...request, ...limitsFor(trouble.fault, request) } : request)
      }
    },
  })
  if (target.connect !== undefined && opened.session.connection !== undefined)
    await target.connect(opened.session.connection)
  begun = standIn.requests.length
  if (trouble !== undefined) standIn.fault(trouble.fault, { times: Number.POSITIVE_INFINITY, where: isTroubled })
  let notTaken = 0
  const { session } = opened
  const ticket = target.ticket ?? null

  async function ended<T>(work: () => Promise<T>): Promise<T | DeliveryError> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DeliveryError) return error
      throw error
    } finally {
      await opened.idle()
    }
  }

  const requests = (): readonly Recorded[] => standIn.requests.slice(begun ?? 0)

  return {
    target,
    session,
    isForTickets: opened.configured.tickets !== undefined,
    requests,
    plan: ({ activity }: Cause) => opened.plan(activity),
    perform: (planned: Planned, cause: Cause, { inDoubt = false } = {}) =>
      ended(async () => {
        if (session.perform === undefined) throw new Error('the session performs nothing')
        const attempt = (inDoubt ? attempts.get(planned.key) : undefined) ?? {
          since: relayNow(),
          targetTime: targetTime?.now() ?? null,
        }
        attempts.set(planned.key, attempt)
        const { targetTime: told } = attempt
        const receipt = await session.perform(opened.jobFor(planned, cause, { inDoubt, ticket, targetTime: told }))
        if (receipt.id) opened.receipts.set(receipt.id, planned.key)
        return receipt
      }),
    async confirm(planned: Planned, cause: Cause): Promise<Receipt | 'absent' | 'cannot tell'> {
      const { since, targetTime: told } = attempts.get(planned.key) ?? { since: relayNow(), targetTime: null }
      const job = opened.jobFor(planned, cause, { inDoubt: true, ticket, targetTime: told })
      const found = (await session.confirm?.(job, since)) ?? 'cannot tell'
      await opened.idle()
      return found
    },
    /** The answer to the next write is lost, or the request before anything comes of it. @param last of several writes */
    loseWrite(fault: 'lose the answer' | 'reset', last: number) {
      let writes = 0
      standIn.fault(fault, { where: (request) => isWrite(request) && ++writes === last })
    },
    /** Enters what an attempt that has been settled wrote. */
    settled(id: string, key: string) {
      opened.receipts.set(id, key)
    },
    /** Sets the relay's clock. @param ms so far is it then ahead of the target's */
    setRelayClock(ms: number) {
      aheadMs = ms
    },
    stories: () =>
      ended(async () => {
        const stories: ExternalStory[] = []
        for await (const page of session.stories?.() ?? []) stories.push(...page)
        return stories
      }),
    check: () => ended(async () => (await session.check?.()) ?? []),
    /** How many writes the target has carried out. */
    taken: () => requests().filter(isWrite).length - notTaken,
    mend() {
      if (trouble !== undefined && !TAKEN.includes(trouble.fault)) notTaken = requests().filter(isWrite).length
      isMended = true
    },
    pass(ms: number) {
      at += ms
    },
    /** Nothing that came of a call may show a secret. */
    keepsSecrets(t: Test, end: unknown) {
      const shown = inspect([end, logged], { depth: null, maxStringLength: null })
      for (const secret of opened.secrets) t.notOk(shown.includes(secret), 'no secret is shown')
    },
    async close() {
      await opened.close()
      await standIn.close()
    },
  }
}
export type Open = Awaited<ReturnType<typeof open>>

function limitsFor(fault: Fault, { maxBytes = TOO_LONG_BYTES }: Request): Partial<Request> {
  if (fault === 'hang' || fault === 'drip') return { timeoutMs: TOO_SLOW_MS }
  return fault === 'endless body' ? { maxBytes: Math.min(maxBytes, TOO_LONG_BYTES) } : {}
}

function spokenTo({ standIn }: Target): StandIn {
  if (standIn === null) throw new Error('there is no stand-in to fail')
  return standIn
}
