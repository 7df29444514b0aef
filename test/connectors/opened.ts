import { Value } from 'typebox/value'
import { asSchema, secretsIn } from '../../src/config/schema-walk.ts'
import type { Configured, Credentials, Job, Session, Ticket } from '../../src/connectors/contract/connector.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createClient } from '../../src/http/client.ts'
import type { Send } from '../../src/http/send.ts'
import { plan } from '../../src/queue/plan.ts'
import type { Planned } from '../../src/store/planned.ts'
import type { Activity } from '../../src/tracker/activity.ts'
import { alone } from './alone.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { type Cause, storyIn } from './recorded-activities.ts'

const CONNECTORS = await loadConnectors()

/** A connector by its name, opened with settings as the relay opens it, but that one request is sent at a time. */
export interface Opened {
  /** The settings with their defaults. */
  readonly settings: unknown
  readonly configured: Configured
  readonly session: Session
  /** What no message and no record may show. */
  readonly secrets: readonly string[]
  plan(activity: Activity): readonly Planned[]
  /** By the id at the target, the key of the delivery that wrote it: what the queue has as receipts. */
  readonly receipts: Map<string, string>
  jobFor(planned: Planned, cause: Cause, parts: Attempt): Job
  /** Resolves when no request is under way, also none that is read ahead. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface Attempt {
  readonly inDoubt: boolean
  readonly ticket: Ticket | null
  /** The target's clock when the attempt in doubt began, if it was known. */
  readonly targetTime?: Date | null
}

export interface Surroundings {
  now(): Date
  /** Default: a clock that is never set. */
  steady?(): number
  /** Is told of each line for the log. */
  log(level: 'info' | 'warn' | 'error', fields: object, message: string): void
  readonly credentials: Credentials
  /** Stands between the connector and the client. */
  between?(send: Send): Send
}

const PROJECT = '26'
const INTEGRATION = 'golden'

export function openConnector(
  name: string,
  given: object,
  { now, steady = () => now().getTime(), log, credentials, between }: Surroundings,
): Opened {
  const connector = CONNECTORS.find((each) => each.name === name)
  if (connector === undefined) throw new Error(`there is no connector ${name}`)
  const settings = Value.Default(connector.settings, structuredClone(given))
  Value.Assert(connector.settings, settings)
  const configured = connector.configure(settings)
  if (Array.isArray(configured)) throw new Error(`${name}: ${JSON.stringify(configured)}`)
  const secrets = [...secretTexts(settings, connector.settings), ...(configured.secrets ?? [])]
  const client = createClient({
    userAgent: 'tracker-relay/golden',
    timeoutMs: 60_000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets,
  })
  const requests = oneAtATime(between === undefined ? client.send : between(client.send))
  const session = configured.open({
    integration: INTEGRATION,
    send: requests.call,
    now,
    steady,
    random: () => 0.5,
    pause: async () => {},
    log: {
      debug: () => {},
      info: (fields, message) => log('info', fields, message),
      warn: (fields, message) => log('warn', fields, message),
      error: (fields, message) => log('error', fields, message),
    },
    credentials,
  })
  const kept = new Map<string, string>()
  const receipts = new Map<string, string>()
  return {
    settings,
    configured,
    session,
    secrets,
    receipts,
    idle: requests.idle,
    plan: (activity) => plan(activity, PROJECT, [{ name: INTEGRATION, configured }]),
    jobFor: ({ key, storyId, effect }, cause, { inDoubt, ticket, targetTime = null }) => ({
      key,
      effect,
      story: storyId === null ? null : storyIn(cause.activity, storyId),
      ticket: configured.tickets === undefined ? null : ticket,
      inDoubt,
      kept: inDoubt ? (kept.get(key) ?? null) : null,
      foretell: async () => {},
      keep: async (words) => void kept.set(key, words),
      targetTime,
      receipted: async (ids) => new Set(ids.filter((id) => (receipts.get(id) ?? key) !== key)),
      latest: async () => [...receipts].filter(([, by]) => by !== key).at(-1)?.[0] ?? null,
      overtaken: false,
      occurredAt: new Date(cause.activity.occurredAt),
      activity: async () => cause,
    }),
    async close() {
      await session.close?.()
      await client.close()
    },
  }
}

function secretTexts(settings: unknown, schema: object): readonly string[] {
  const found: string[] = []
  const values = secretsIn(settings, [asSchema(schema)]).map(({ value }) => value)
  JSON.stringify(values, (_, each: unknown) => {
    if (typeof each === 'string') found.push(each)
    return each
  })
  return found
}

/** Credentials that are kept as long as the object is. */
export function keptInMemory(): Credentials {
  const kept = new Map<string, string>()
  return {
    load: async (name) => kept.get(name) ?? null,
    save: async (name, value) => void kept.set(name, value),
    forget: async (name) => void kept.delete(name),
    alone: alone(),
  }
}
