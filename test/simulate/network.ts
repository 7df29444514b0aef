import { AsyncLocalStorage } from 'node:async_hooks'
import type { Connector, Job, Session } from '../../src/connectors/contract/connector.ts'
import type { ClientOptions } from '../../src/http/client.ts'
import { type Request, type Response, SendError } from '../../src/http/send.ts'
import type { Random } from './random.ts'
import { type Answer, POISON, type Target, textOf, UNWELCOME } from './targets/target.ts'
import { type Actor, createActor, type World } from './world.ts'

/** What can go wrong between the relay and a target, or at the target. */
export const TROUBLES = [
  'down',
  'slow',
  'cut before the write',
  'cut after the write',
  'error before the write',
  'error after the write',
  'over its limit',
  'over its limit for long',
  'rejects the login',
  'forbids',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** Requests to a target while it is in trouble; not each of them need meet it. */
export interface TroubledTime {
  readonly host: string
  readonly trouble: Trouble
  readonly until: number
  readonly share: number
}

export interface NetworkParts {
  readonly world: World
  readonly random: Random
  readonly targets: readonly Target[]
  /** By how much each target's clock is ahead. */
  readonly aheadMs: ReadonlyMap<string, number>
  onFault(): void
  /** A write leaves the relay. */
  onDeparture(actor: Actor, key: string): void
  /** The target has written. */
  onWrite(actor: Actor, key: string, host: string): void
}

export interface Network {
  /** The actor's way to the targets. */
  roundTrip(actor: Actor): NonNullable<ClientOptions['roundTrip']>
  begin(time: TroubledTime): void
  isTroubled(host: string): boolean
  heal(): void
}

/** How long a target asks to be left alone, in seconds. */
export const LONG_LIMIT_S = 900
/** A request is under way for at most so long: far less than a lease, see docs/guarantees.md. */
const LONGEST_WAY_MS = 1500

const job = new AsyncLocalStorage<string>()

/** The connector, with the network told which delivery each request belongs to. */
export function traced(connector: Connector): Connector {
  const within =
    <A extends readonly unknown[], R>(work: ((given: Job, ...more: A) => Promise<R>) | undefined) =>
    (given: Job, ...more: A) =>
      job.run(given.key, async () => {
        if (work === undefined) throw new Error(`${connector.name} cannot do that`)
        return await work(given, ...more)
      })
  return {
    ...connector,
    configure(settings) {
      const configured = connector.configure(settings)
      if (Array.isArray(configured)) return configured
      return {
        ...configured,
        open(tools): Session {
          const session = configured.open(tools)
          return {
            ...session,
            perform: within(session.perform),
            ...(session.confirm === undefined ? {} : { confirm: within(session.confirm) }),
          }
        },
      }
    },
  }
}

export function createNetwork(parts: NetworkParts): Network {
  const { world, random } = parts
  const targets = new Map(parts.targets.map((target) => [target.host, target]))
  const wires = createActor('network')
  let troubled: TroubledTime[] = []

  function troubleAt(host: string): Trouble | null {
    troubled = troubled.filter(({ until }) => until > world.now())
    const met = troubled.find((time) => time.host === host && random.chance(time.share))
    if (met !== undefined) parts.onFault()
    return met?.trouble ?? null
  }

  function answerOf(target: Target, request: Request, trouble: Trouble | null, wrote: (what: string) => void): Answer {
    const text = request.method === 'GET' ? '' : textOf(request)
    const refused = refusalOf(trouble, random)
    if (refused !== null) return refused
    if (text.includes(POISON)) {
      parts.onFault()
      return { status: 500, body: {} }
    }
    if (text.includes(UNWELCOME)) return { status: 422, body: {} }
    const answer = target.handle(request, world.now() + (parts.aheadMs.get(target.host) ?? 0))
    if (answer.wrote !== undefined) wrote(answer.wrote)
    return trouble === 'error after the write' ? { status: random.pick([500, 502, 503, 504]) } : answer
  }

  function travel(
    actor: Actor,
    request: Request,
    host: string,
    timeoutMs: number,
    tooLate: () => Error | null,
  ): Promise<Response> {
    const found = targets.get(host)
    if (found === undefined) throw new Error(`there is no target at ${host}`)
    const key = job.getStore() ?? ''
    const isWrite = request.method !== 'GET'
    const trouble = troubleAt(host)
    const told = (what: string): void => {
      world.story.tell(host, `${isWrite ? 'write' : 'question'} ${key.slice(0, 10)} of ${actor.name}: ${what}`)
    }
    const target = found
    return new Promise((resolve, reject) => {
      const wayMs = (): number => (random.chance(0.9) ? random.whole(1, 60) : random.whole(60, LONGEST_WAY_MS))
      const fails = (sent: SendError['sent'], reason: SendError['reason'], afterMs: number): void => {
        told(`${trouble ?? 'no answer'}`)
        world.at(world.now() + afterMs, actor, () => reject(new SendError(sent, reason, `${host}: ${reason}`)))
      }
      if (trouble === 'down') fails('no', 'refused', wayMs())
      else if (random.chance(0.8)) depart()
      else world.at(world.now() + wayMs(), actor, depart)

      /** There is a connection. */
      function depart(): void {
        const reason = tooLate()
        if (reason !== null) {
          reject(reason)
          return
        }
        if (isWrite) parts.onDeparture(actor, key)
        if (trouble === 'cut before the write') fails('unknown', 'reset', wayMs())
        else world.at(world.now() + wayMs(), wires, arrive)
      }

      function arrive(): void {
        const answer = answerOf(target, request, trouble, (what) => {
          told(`wrote ${what}`)
          parts.onWrite(actor, key, host)
        })
        const slowMs = trouble === 'slow' ? random.whole(1000, 3 * timeoutMs) : wayMs()
        if (trouble === 'cut after the write' || slowMs > timeoutMs) {
          const isCut = slowMs <= timeoutMs
          fails('unknown', isCut ? 'reset' : 'timeout', isCut ? slowMs : timeoutMs)
          return
        }
        if (answer.status >= 400) told(`answered ${answer.status}`)
        const date = new Date(world.now() + (parts.aheadMs.get(host) ?? 0)).toUTCString()
        world.at(world.now() + slowMs, actor, () => resolve(responseOf(answer, date)))
      }
    })
  }

  return {
    roundTrip:
      (actor) =>
      (_, { origin, path, method, headers, body }, host, { timeoutMs }, tooLate) => {
        const sent = typeof body === 'string' || Buffer.isBuffer(body) ? { body } : {}
        const request = {
          ...{ method: method as Request['method'], url: `${origin}${path}`, ...sent },
          headers: headers as NonNullable<Request['headers']>,
        }
        return travel(actor, request, host, timeoutMs, tooLate)
      },
    begin(time) {
      troubled.push(time)
    },
    isTroubled: (host) => troubled.some((time) => time.host === host && time.until > world.now()),
    heal() {
      troubled = []
    },
  }
}

function refusalOf(trouble: Trouble | null, random: Random): Answer | null {
  switch (trouble) {
    case 'error before the write':
      return { status: random.pick([500, 502, 503]), headers: random.chance(0.3) ? { 'retry-after': '20' } : {} }
    case 'over its limit':
      return { status: 429, headers: random.chance(0.5) ? { 'retry-after': String(random.whole(0, 60)) } : {} }
    case 'over its limit for long':
      return { status: 429, headers: { 'retry-after': String(LONG_LIMIT_S) } }
    case 'rejects the login':
      return { status: 401 }
    case 'forbids':
      return { status: 403 }
    default:
      return null
  }
}

function responseOf({ status, headers = {}, body }: Answer, date: string): Response {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  return {
    status,
    headers: { date, 'content-type': 'application/json', ...headers },
    body: bytes,
    truncated: false,
    text: () => bytes.toString(),
    json: () => JSON.parse(bytes.toString()),
  }
}
