import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type {
  Accounts,
  Configured,
  Connector,
  Credentials,
  Job,
  Receipt,
  Session,
  SettingProblem,
  StoryRef,
  Ticket,
  Tools,
} from '../src/connectors/contract/connector.ts'
import { DeliveryError } from '../src/connectors/contract/delivery-error.ts'
import { type Announcement, type Effect, storyOf } from '../src/connectors/contract/effect.ts'
import type { OwnWrite } from '../src/connectors/contract/own-write.ts'
import { type Client, createClient } from '../src/http/client.ts'
import type { Activity, StoryChange } from '../src/tracker/activity.ts'

function filledIn<S extends TSchema>(connector: Connector<S>, settings: unknown): Static<S> {
  return Value.Default(connector.settings, structuredClone(settings)) as Static<S>
}

/** The connector with these settings, the defaults filled in. */
export function configured<S extends TSchema>(connector: Connector<S>, settings: unknown): Configured {
  const result = connector.configure(filledIn(connector, settings))
  if (!Array.isArray(result)) return result
  throw new Error(result.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
}

/** What the connector finds wrong with these settings, the defaults filled in; empty when nothing is. */
export function problemsOf<S extends TSchema>(connector: Connector<S>, settings: unknown): readonly SettingProblem[] {
  const result = connector.configure(filledIn(connector, settings))
  return Array.isArray(result) ? result : []
}

/** An HTTP client for tests; it is closed when the test ends. */
export function openClient(t: { teardown(work: () => Promise<void>): void }, timeoutMs = 5000): Client {
  const client = clientFor(timeoutMs)
  t.teardown(() => client.close())
  return client
}

function clientFor(timeoutMs: number): Client {
  return createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
}

const PAUSES = new WeakMap<Session, number[]>()

/** How long a session of `openSession` has paused each time, in milliseconds; in truth it goes on at once. */
export function pausesOf(session: Session): readonly number[] {
  return PAUSES.get(session) ?? []
}

/** Opens a connector's session as the relay does: real HTTP, defaults filled in. */
export function openSession<S extends TSchema>(
  connector: Connector<S>,
  settings: unknown,
  options: {
    readonly integration?: string
    readonly timeoutMs?: number | undefined
    readonly now?: () => Date
    readonly steady?: () => number
    readonly credentials?: Credentials | undefined
    readonly accounts?: Accounts
    readonly limit?: NonNullable<Tools['limit']>
    readonly warn?: (fields: object) => void
    /** Pass the same one to a session after a restart. */
    readonly ledger?: Ledger | undefined
  } = {},
): { session: Session; settings: Static<S>; close: () => Promise<void> } {
  const client = clientFor(options.timeoutMs ?? 5000)
  const quiet = (): void => {}
  const pauses: number[] = []
  const now = options.now ?? (() => new Date())
  const bare = configured(connector, settings).open({
    integration: options.integration ?? connector.name,
    send: client.send,
    wire: client.wire,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    now,
    steady: options.steady ?? (() => now().getTime()),
    random: () => 0.5,
    async pause(ms) {
      pauses.push(ms)
    },
    log: { debug: quiet, info: quiet, warn: options.warn ?? quiet, error: quiet },
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  })
  const session = remembering(bare, options.ledger ?? createLedger())
  PAUSES.set(session, pauses)
  return {
    session,
    settings: filledIn(connector, settings),
    close: async () => {
      await session.close?.()
      await client.close()
    },
  }
}

/** What the queue keeps of an integration's attempts. */
export interface Ledger {
  readonly kept: Map<string, string>
  /** By the id at the target, the delivery that wrote it. */
  readonly receipts: Map<string, string>
  /** Set to have `keep` fail. */
  unwritable?: boolean
}

export function createLedger(): Ledger {
  return { kept: new Map(), receipts: new Map() }
}

/** Hands each job what the ledger has of it, and enters what becomes of it, as the queue does. */
function remembering(session: Session, ledger: Ledger): Session {
  const jobWith = (job: Job): Job => ({
    ...job,
    kept: job.kept ?? (job.inDoubt ? (ledger.kept.get(job.key) ?? null) : null),
    async keep(words) {
      if (ledger.unwritable === true) throw new DeliveryError('retry', 'nothing was sent: the words are not stored')
      ledger.kept.set(job.key, words)
    },
    async receipted(ids) {
      // Tests ask also after an attempt that was answered; what a job itself wrote then counts as in doubt.
      const others = await job.receipted(ids)
      return new Set(ids.filter((id) => others.has(id) || (ledger.receipts.get(id) ?? job.key) !== job.key))
    },
  })
  const settled = (job: Job, receipt: Receipt): void => {
    ledger.kept.delete(job.key)
    if (receipt.id) ledger.receipts.set(receipt.id, job.key)
  }
  const { perform, confirm } = session
  return {
    ...session,
    ...(perform === undefined
      ? {}
      : {
          async perform(job: Job) {
            try {
              const receipt = await perform(jobWith(job))
              settled(job, receipt)
              return receipt
            } catch (error) {
              const isDoubtful = !(error instanceof DeliveryError) || error.verdict === 'in doubt'
              if (!isDoubtful && !job.inDoubt) ledger.kept.delete(job.key)
              throw error
            }
          },
        }),
    ...(confirm === undefined
      ? {}
      : {
          async confirm(job: Job, since: Date) {
            const found = await confirm(jobWith({ ...job, inDoubt: true }), since)
            if (typeof found === 'object') settled(job, found)
            return found
          },
        }),
  }
}

export interface JobParts {
  readonly inDoubt?: boolean
  readonly overtaken?: boolean
  readonly kept?: string | null
  readonly targetTime?: Date | null
  readonly receipted?: readonly string[]
  readonly latest?: string | null
  /** Gets what the session says it is about to write. */
  readonly foretold?: OwnWrite[]
  key?: string
  story?: Partial<StoryRef>
  ticket?: Ticket | null
  activity?: Activity
  raw?: Buffer
  contentType?: string
}

/** A delivery as the worker would hand it to a session. */
export function jobFor(effect: Effect, parts: JobParts = {}): Job {
  const storyId = storyOf(effect)
  const story: StoryRef | null =
    storyId === null
      ? null
      : {
          id: storyId,
          projectId: '26',
          name: 'More power to shields',
          type: 'feature',
          url: `https://www.pivotaltracker.com/story/show/${storyId}`,
          ...parts.story,
        }
  return {
    key: parts.key ?? 'dlv_0123456789abcdef',
    effect,
    story,
    ticket: parts.ticket ?? null,
    inDoubt: parts.inDoubt ?? false,
    kept: parts.kept ?? null,
    keep: async () => {},
    foretell: async (write) => void parts.foretold?.push(write),
    targetTime: parts.targetTime ?? null,
    receipted: async () => new Set(parts.receipted),
    latest: async () => parts.latest ?? null,
    overtaken: parts.overtaken ?? false,
    occurredAt: new Date('2009-12-14T22:12:09.000Z'),
    activity: async () => {
      if (parts.activity === undefined) throw new Error('this job was made without an activity')
      return {
        activity: parts.activity,
        raw: parts.raw ?? Buffer.from(''),
        contentType: parts.contentType ?? null,
      }
    },
  }
}

let announcements = 0
/** A delivery of its own that announces a story; `of` says what happened. */
export function announcing(of: Partial<Announcement> = {}, parts: JobParts = {}): Job {
  announcements += 1
  const effect: Announcement = {
    kind: 'announce',
    what: 'accepted',
    storyId: '109',
    author: 'James Kirk',
    text: null,
    ...of,
  }
  return jobFor(effect, { key: `dlv_${announcements}`, ...parts })
}

/** What an attempt fails with. @throws {Error} when it does not, or fails with something else */
export async function failure(work: Promise<unknown>): Promise<DeliveryError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof DeliveryError) return error
  throw error
}

/** The same, as the queue and the operator see it. */
export async function failureSeen(work: Promise<unknown>) {
  const { verdict, message, status, retryAfterMs } = await failure(work)
  return { verdict, message, status, retryAfterMs }
}

export function exampleStory(parts: Partial<StoryChange> = {}): StoryChange {
  return {
    id: '109',
    change: 'update',
    name: 'More power to shields',
    storyType: 'feature',
    url: null,
    fields: {},
    original: {},
    comments: [],
    ...parts,
  }
}

/** An activity in which these stories were changed. */
export function exampleActivity(...stories: readonly StoryChange[]): Activity {
  return {
    key: '26:1031',
    format: 'xml',
    projectId: '26',
    projectName: null,
    version: 175,
    kind: 'story_update',
    highlight: null,
    occurredAt: '2009-12-14T22:12:09.000Z',
    author: 'James Kirk',
    authorId: null,
    description: 'James Kirk did something',
    stories: [...stories],
    others: [],
  }
}

/** A clock that the session and its target both go by; it stands still until it is moved. */
export interface Clock {
  readonly now: () => Date
  /** Goes on when the other one is set. */
  readonly steady: () => number
  pass(ms: number): void
  setBack(ms: number): void
}

export function clockAt(text = '2026-11-24T06:00:00.000Z'): Clock {
  let at = Date.parse(text)
  let setMs = 0
  return {
    now: () => new Date(at + setMs),
    steady: () => at,
    pass(ms) {
      at += ms
    },
    setBack(ms) {
      setMs -= ms
    },
  }
}
