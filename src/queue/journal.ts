import { setImmediate } from 'node:timers/promises'
import type { TicketPlace } from '../links/match.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import {
  type ConfiguredSource,
  type Directory,
  type Missed,
  NO_DIRECTORY,
  REFUSED_BY_SOURCE,
  type ReadActivity,
  type Reading,
  type Refusal,
} from '../sources/contract/source.ts'
import type { Appended, Entries, Entry } from '../store/entry.ts'
import type { OwnEvent } from '../store/own-writes.ts'
import type { Planned } from '../store/planned.ts'
import type { Rejection } from '../store/rejected.ts'
import { StoreError } from '../store/store-error.ts'
import type { RememberedStory } from '../store/story-facts.ts'
import type { Activity } from '../tracker/activity.ts'
import { isKnownKind } from '../tracker/kinds.ts'
import { PARSE_FAILURES, ParseError } from '../tracker/parse-error.ts'
import { completed, isKnownAlready, KNOWN_ALREADY, recordedOf, withRestored } from './completed.ts'
import { inTurns, type Turn } from './in-turns.ts'
import { type CaughtUp, withoutOldNews } from './old-news.ts'
import { type Taken, withoutOwn } from './own-writes.ts'
import { type Planner, plan } from './plan.ts'
import { createToldApart } from './told-apart.ts'

export interface Project {
  readonly id: string
  readonly integrations: readonly Planner[]
  /** Names or ids of Tracker users whose activities are stored but cause no deliveries. */
  readonly ignoreAuthors: readonly string[]
  /** What reads the bodies that come to its hook. */
  readonly source: ConfiguredSource
  /** Absent: nothing can be asked of the tool. */
  readonly directory?: Directory
  /** True if an integration writes to the tool that its hook is of. */
  readonly isWritten?: boolean
  /** Where the tickets of its stories can be; absent: nowhere that is known. */
  places?(): readonly TicketPlace[]
}

interface Arrival {
  readonly project: Project
  readonly body: Buffer
  readonly contentType: string | null
  /** The headers that the source reads, by their names in lower case; absent: none came. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  head(): Readonly<Record<string, string>>
  /** Set if no hook told it, but the tool's API did. */
  readonly caughtUp?: CaughtUp
  /** Absent: it came in no trace. */
  readonly trace?: ArrivalTrace | undefined
  /** For who has a log line of its own; without it the journal writes one. */
  tell?(line: ActivityLine): void
}

/** The trace that an activity comes in. */
export interface ArrivalTrace {
  /** What its deliveries belong to. */
  readonly context: string
  /** Absent: it is only passed on. */
  readonly traceId?: string
  /** Traces a part of the work; absent: it is not traced. */
  during?<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** What the log says of an activity that is stored. */
export interface ActivityLine {
  readonly activity: number
  readonly project: string
  readonly kind: string
  readonly deliveries: number
  readonly duplicate: boolean
  readonly ignored?: true
  readonly caught_up?: true
  readonly trace_id?: string
}

/** Metric labels, and the values of `rejected replay --reason`. */
export const REFUSAL_REASONS = [
  ...PARSE_FAILURES,
  ...REFUSED_BY_SOURCE,
  ...(['too large', 'content encoding', 'incomplete', 'wrong method', 'wrong path'] as const),
]
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The body is not an activity of this project; it is kept as rejected. The message is for the sender. */
export class RefusedError extends Error {
  readonly reason: RefusalReason
  readonly status: 400 | 401 | 404 | 405 | 413 | 415 | 422
  constructor(status: RefusedError['status'], reason: RefusalReason, message: string) {
    super(message)
    this.name = 'RefusedError'
    this.status = status
    this.reason = reason
  }
}

/** What became of a body: what it told, each stored, or why nothing of it is. */
export type Accepted = { readonly stored: readonly Appended[] } | { readonly ignored: string }

/** A refusal of the source's, as it is answered. */
export function refusedBySource({ reason, message }: Refusal): RefusedError {
  return new RefusedError(reason === 'signature' ? 401 : 422, reason, message)
}

export interface Journal {
  /**
   * Stores what the body tells with the deliveries that it causes, in one commit; when this resolves, both are on the
   * disk.
   * @throws {RefusedError} if the body tells nothing of the project
   * @throws {StoreError} if it could not be stored; the sender must send it again
   */
  accept(arrival: Arrival): Promise<Accepted>
  /**
   * The same for the activities of a list, each on its own, in the order in which they happened. Those that are refused
   * are kept as rejected, and do not keep the others from being stored.
   * @throws {StoreError} if one could not be stored; those that were are duplicates when the list is sent again
   */
  acceptList(arrival: Arrival, bodies: readonly Buffer[]): Promise<ListReport>
  /**
   * The same for what the tool's API tells of a time in which hooks may have been missed, in the order given.
   * @throws {StoreError} if one could not be stored; those that were are duplicates when they come again
   */
  acceptMissed(
    arrival: Omit<Arrival, 'body'> & { readonly caughtUp: CaughtUp },
    missed: readonly Missed[],
  ): Promise<ListReport>
  /** What `acceptMissed` would find new; stores nothing. */
  countMissed(project: Project, missed: readonly Missed[]): Promise<Pick<ListReport, 'fresh' | 'refused'>>
  /** Keeps a request that was refused before its body could be read as an activity. */
  refuse(arrival: Arrival, refusal: RefusedError, bodyBytes: number): Promise<void>
}

export interface ListRefusal {
  /** From 1, in the order of the list. */
  readonly item: number
  readonly reason: RefusalReason
  readonly message: string
}

export interface ListReport {
  readonly activities: number
  readonly fresh: number
  readonly duplicates: number
  /** Of the new ones. */
  readonly deliveries: number
  readonly refused: readonly ListRefusal[]
}

/** A list can be read and stored beside other requests, and shares their commits. */
const AT_ONCE = 50
/** Of one list, so that it does not push out all others. */
const MOST_REFUSED_KEPT = 100
/** Of a commit that others overtake. */
const MOST_TRIES = 10

interface Readable {
  readonly arrival: Arrival
  readonly told: ReadActivity
}

interface JournalParts {
  append(entry: Entry): Promise<Appended>
  appendTogether(told: Entries): Promise<readonly Appended[]>
  /** What activities told of the stories. */
  rememberedStories(
    stories: readonly { readonly projectId: string; readonly storyId: string }[],
  ): Promise<readonly Pick<RememberedStory, 'storyId' | 'state' | 'statedAt' | 'deletedAt'>[]>
  /** Whether an event is of what the relay wrote; if so, what it tells of stories is remembered. */
  takeOwnEvent(event: OwnEvent): Promise<boolean>
  reject(rejection: Omit<Rejection, 'keep'>): Promise<void>
  /** Which of these activities are stored. */
  knownKeys(projectId: string, keys: readonly string[]): Promise<ReadonlySet<string>>
  /** An activity that causes deliveries has been stored. */
  remember?(id: number, raw: Buffer, activity: Activity): void
  /** Something new is due for these integrations. */
  wake(integrations: ReadonlySet<string>): void
  readonly metrics: Metrics
  readonly log: Logger
  now(): number
}

/** Whether the config says that what this author does causes nothing. */
export function isIgnored(
  { ignoreAuthors }: Pick<Project, 'ignoreAuthors'>,
  { author, authorId }: Pick<Activity, 'author' | 'authorId'>,
): boolean {
  const ignored = ignoreAuthors.map((each) => each.trim())
  return ignored.includes(author.trim()) || (authorId !== null && ignored.includes(authorId))
}

export function createJournal(parts: JournalParts): Journal {
  const { metrics, log } = parts

  const takeTurn = inTurns()
  const apart = createToldApart()

  /** @param keeps false: nothing is stored */
  async function read({ project, body, headers = {} }: Arrival, keeps = true): Promise<Taken> {
    try {
      const { source, directory = NO_DIRECTORY } = project
      const reading = await source.read({ headers, body }, directory)
      if ('refused' in reading) throw refusedBySource(reading.refused)
      return source.rereads === true ? reading : withoutOwn(await withOwnKnown(project, reading, keeps))
    } catch (error) {
      if (error instanceof ParseError) throw new RefusedError(400, error.reason, error.message)
      throw error
    }
  }

  /** Says of each activity whether the relay itself did it, by its account or by what was written. */
  async function withOwnKnown(project: Project, reading: Taken, keeps: boolean): Promise<Taken> {
    if (!('activities' in reading)) return reading
    const activities: ReadActivity[] = []
    for (const each of reading.activities) {
      const { activity, own, changes, states = {} } = each
      const write = own === undefined && project.isWritten === true ? changes : undefined
      const recorded = recordedOf(activity)
      const stories = recorded.stories.map((story) => ({ ...story, state: story.state ?? states[story.id] ?? null }))
      const told = { projectId: project.id, activity: { ...recorded, stories }, receivedAt: parts.now() }
      const isAsked = own !== undefined || write !== undefined
      const event: OwnEvent = { told, write: write ?? null, ...(keeps ? {} : { isOnlyAsked: true }) }
      const isOwn = isAsked && (await watched(project, () => parts.takeOwnEvent(event)))
      activities.push(isOwn ? { ...each, own: own ?? 'it is what the relay has just written' } : each)
    }
    return { activities }
  }

  function ignore({ project }: Arrival, { ignored, detail }: Extract<Reading, { ignored: unknown }>): Accepted {
    metrics.activitiesIgnored.inc({ reason: ignored })
    log.info({ project: project.id, reason: ignored, detail }, 'ignored')
    return { ignored: detail }
  }

  async function refuse({ project, body, head }: Arrival, refusal: RefusedError, bodyBytes: number): Promise<void> {
    metrics.activitiesRejected.inc({ reason: refusal.reason })
    log.warn({ project: project.id, reason: refusal.reason, detail: refusal.message, bytes: bodyBytes }, 'refused')
    await parts.reject({
      projectId: project.id,
      receivedAt: parts.now(),
      reason: refusal.reason,
      detail: refusal.message,
      head: head(),
      body,
      bodyBytes,
    })
  }

  function deliveriesOf(
    { project, caughtUp }: Arrival,
    activity: Activity,
  ): { ignored: boolean; deliveries: Entry['deliveries'] } {
    const ignored = isIgnored(project, activity)
    const planned = ignored ? [] : plan(activity, project.id, project.integrations)
    if (caughtUp === undefined) return { ignored, deliveries: planned }
    return { ignored, deliveries: withoutOldNews(planned, activity, { ...caughtUp, now: parts.now() }) }
  }

  /** An activity that its body tells by itself. */
  async function enter(arrival: Arrival, activity: Activity): Promise<Appended> {
    const { project, body, contentType, trace, caughtUp } = arrival
    const { ignored, deliveries } = deliveriesOf(arrival, activity)
    const appended = await watched(project, () =>
      committed(trace, () =>
        parts.append({
          projectId: project.id,
          activity: recordedOf(activity),
          raw: body,
          contentType,
          receivedAt: parts.now(),
          deliveries,
          ...(caughtUp === undefined ? {} : { caughtUp: true }),
          ...(trace === undefined ? {} : { trace: trace.context }),
        }),
      ),
    )
    entered(arrival, { activity, deliveries, ignored }, appended)
    return appended
  }

  async function enterRead(arrival: Arrival, told: readonly ReadActivity[]): Promise<readonly Appended[]> {
    const { project, body, contentType, trace, caughtUp } = arrival
    return await watched(project, async () => {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { read, basis } = await complete(project, told)
        if (read.length === 0) return []
        const planned = read.map((each) => {
          const { ignored, deliveries } = deliveriesOf(arrival, each.activity)
          return { ...each, ignored, deliveries: each.isKnown ? deliveries.map(asKnown) : deliveries }
        })
        const appended = await committed(trace, () =>
          parts.appendTogether({
            ...{ projectId: project.id, raw: body, contentType, receivedAt: parts.now(), basis },
            activities: planned.map(({ activity, recorded, deliveries }) => ({
              activity: recorded,
              deliveries,
              read: { source: project.source.name, normalised: JSON.stringify(activity) },
            })),
            ...(caughtUp === undefined ? {} : { caughtUp: true as const }),
            ...(trace === undefined ? {} : { trace: trace.context }),
          }),
        )
        // Nothing is stored if another relay told of a story meanwhile: what this means depends on it.
        if (appended.length === 0) continue
        const results: Appended[] = []
        for (const [index, one] of appended.entries()) {
          const each = planned[index]
          if (each === undefined) continue
          const other = one.duplicate ? apart.asAnother(project.id, each.told) : null
          if (other !== null) {
            results.push(...(await enterRead(arrival, [other])))
            continue
          }
          if (!one.duplicate) apart.keep(project.id, each.told)
          entered(arrival, each, one)
          results.push(one)
        }
        return results
      }
      throw new StoreError('busy', 'the stories of the activity change all the time')
    })
  }

  /**
   * One body of a project after the other, in the order in which they came, also if reading one waits for the tool's API:
   * so each finds what the one before it has told of a story.
   */
  async function acceptInTurn(arrival: Arrival): Promise<Accepted> {
    // Before anything is read: reading may wait too.
    const inTurn = takenTurn(arrival)
    const reading = read(arrival)
    // It may fail before its turn.
    reading.catch(() => {})
    return await inTurn(async () => stored(arrival, await reading, enterRead))
  }

  async function stored(arrival: Arrival, reading: Taken, into: typeof enterRead): Promise<Accepted> {
    return 'ignored' in reading ? ignore(arrival, reading) : { stored: await into(arrival, reading.activities) }
  }

  async function complete(project: Project, told: readonly ReadActivity[]) {
    const stories = told.flatMap(({ activity }) => activity.stories.map(({ id }) => id))
    const known = await parts.rememberedStories(
      [...new Set(stories)].map((storyId) => ({ projectId: project.id, storyId })),
    )
    const remembered = new Map(
      known.flatMap(({ storyId, state, statedAt }) =>
        state === null || statedAt === null ? [] : [[storyId, { state, statedAt }] as const],
      ),
    )
    const before = new Map(known.map((story) => [story.storyId, story]))
    const places = project.places?.() ?? []
    const read = told.flatMap((each) => {
      const isKnown = isKnownAlready(each, remembered)
      if (isKnown && each.unlessKnown === true) return []
      const whole = completed(each, remembered, places)
      // What one body tells of a story is known to what it tells of it next.
      for (const { id, state } of whole.recorded.stories) {
        const statedAt = Date.parse(whole.recorded.occurredAt)
        if (typeof state === 'string' && statedAt >= (remembered.get(id)?.statedAt ?? 0))
          remembered.set(id, { state, statedAt })
      }
      const recorded = withRestored(
        whole.recorded,
        each.restores === true,
        (storyId) => before.get(storyId)?.deletedAt ?? null,
      )
      return [{ ...whole, recorded, isKnown, told: each }]
    })
    const stated = read.flatMap(({ recorded }) =>
      recorded.stories.flatMap(({ id, state }) => (state === null ? [] : id)),
    )
    const basis = [...new Set(stated)].map((storyId) => {
      const { state = null, statedAt = null } = before.get(storyId) ?? {}
      return { storyId, state, statedAt }
    })
    return { read, basis }
  }

  function takenTurn({ project, body }: Arrival): Turn {
    try {
      return takeTurn(project.id, body.length)
    } catch (error) {
      tellUnstored(project, error)
      throw error
    }
  }

  async function watched<T>(project: Project, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      tellUnstored(project, error)
      throw error
    }
  }

  function tellUnstored(project: Project, error: unknown): void {
    if (!(error instanceof StoreError)) return
    metrics.activitiesUnstored.inc({ reason: error.reason })
    log.error({ project: project.id, reason: error.reason, detail: error.message }, 'not stored')
  }

  function entered(
    { project, body, tell, trace, caughtUp }: Arrival,
    { activity, deliveries, ignored }: Pick<Entry, 'deliveries'> & { activity: Activity; ignored: boolean },
    appended: Appended,
  ): void {
    const { id, duplicate } = appended
    // Each look back finds what it knows already.
    if (duplicate && caughtUp !== undefined) return
    if (duplicate) metrics.activitiesDuplicate.inc({ project: project.id })
    else {
      metrics.activitiesReceived.inc({ project: project.id, format: activity.format })
      if (!isKnownKind(activity.kind)) metrics.activitiesUnknownKind.inc()
      if (deliveries.length > 0) parts.remember?.(id, body, activity)
      parts.wake(new Set(deliveries.map(({ integration }) => integration)))
    }
    const line: ActivityLine = {
      activity: id,
      project: project.id,
      kind: activity.kind,
      deliveries: appended.deliveries,
      duplicate,
      ...(ignored ? { ignored } : {}),
      ...(caughtUp === undefined ? {} : { caught_up: true }),
      ...(trace?.traceId === undefined ? {} : { trace_id: trace.traceId }),
    }
    if (tell === undefined) log.info(line, 'activity')
    else tell(line)
  }

  async function enterAll(arrival: Arrival, told: readonly ReadActivity[]): Promise<readonly Appended[]> {
    if (arrival.project.source.rereads !== true) return await takenTurn(arrival)(() => enterRead(arrival, told))
    return await allOf(told.map(({ activity }) => enter(arrival, activity)))
  }

  /** What cannot be read is kept as rejected. */
  async function readEach(arrival: Omit<Arrival, 'body'>, items: readonly Missed[], keeps = true) {
    const refused: ListRefusal[] = []
    const readable: Readable[] = []
    for (const [index, { body, unlessKnown }] of items.entries()) {
      const each = { ...arrival, body, trace: withoutParts(arrival.trace) }
      try {
        const reading = await read(each, keeps)
        if ('ignored' in reading) {
          if (keeps) ignore(each, reading)
        } else
          for (const told of reading.activities)
            readable.push({ arrival: each, told: unlessKnown === true ? { ...told, unlessKnown } : told })
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        refused.push({ item: index + 1, reason: error.reason, message: error.message })
        if (!keeps) continue
        if (refused.length <= MOST_REFUSED_KEPT) await refuse(each, error, body.length)
        else metrics.activitiesRejected.inc({ reason: error.reason })
      }
      if (index % AT_ONCE === 0) await setImmediate()
    }
    return { readable, refused }
  }

  async function enterInOrder(readable: readonly Readable[]): Promise<Appended[]> {
    const entered: Appended[] = []
    for (let from = 0; from < readable.length; from += AT_ONCE)
      entered.push(
        ...(
          await allOf(readable.slice(from, from + AT_ONCE).map((each) => enterAll(each.arrival, [each.told])))
        ).flat(),
      )
    return entered
  }

  return {
    refuse,
    async accept(arrival) {
      try {
        if (arrival.project.source.rereads !== true) return await acceptInTurn(arrival)
        return await stored(arrival, await read(arrival), enterAll)
      } catch (error) {
        if (error instanceof RefusedError) await refuse(arrival, error, arrival.body.length)
        throw error
      }
    },
    async acceptList(arrival, bodies) {
      const { readable, refused } = await readEach(
        arrival,
        bodies.map((body) => ({ body })),
      )
      // Tracker's API gives the newest first.
      readable.sort((one, other) => isBefore(one.told.activity, other.told.activity))
      return reported(bodies.length, await enterInOrder(readable), refused)
    },
    async acceptMissed(arrival, missed) {
      const { readable, refused } = await readEach(arrival, missed)
      return reported(missed.length, await enterInOrder(readable), refused)
    },
    async countMissed(project, missed) {
      const arrival = { project, contentType: null, head: () => ({}), tell() {} }
      const { readable, refused } = await readEach(arrival, missed, false)
      const told = readable.map((each) => each.told)
      const read =
        project.source.rereads === true
          ? told.map(({ activity }) => activity)
          : (await complete(project, told)).read.map(({ recorded }) => recorded)
      const keys = new Set(read.map(({ key }) => key))
      const known = await parts.knownKeys(project.id, [...keys])
      return { fresh: keys.size - known.size, refused }
    },
  }
}

function asKnown(planned: Planned): Planned {
  return { ...planned, skipped: KNOWN_ALREADY }
}

function reported(activities: number, entered: readonly Appended[], refused: readonly ListRefusal[]): ListReport {
  const fresh = entered.filter(({ duplicate }) => !duplicate)
  return {
    activities,
    fresh: fresh.length,
    duplicates: entered.length - fresh.length,
    deliveries: fresh.reduce((sum, { deliveries }) => sum + deliveries, 0),
    refused,
  }
}

function committed<T>(trace: ArrivalTrace | undefined, commit: () => Promise<T>): Promise<T> {
  return trace?.during === undefined ? commit() : trace.during('commit', commit)
}

/** A list has very many parts. */
function withoutParts(trace: ArrivalTrace | undefined): ArrivalTrace | undefined {
  return trace === undefined ? undefined : { context: trace.context }
}

function isBefore(one: Activity, other: Activity): number {
  if (one.occurredAt !== other.occurredAt) return one.occurredAt < other.occurredAt ? -1 : 1
  return (one.version ?? 0) - (other.version ?? 0)
}

/** Waits for all of them, also if one fails. @throws the first error */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
