import { setImmediate } from 'node:timers/promises'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Appended, Entry, Recorded } from '../store/entry.ts'
import type { Rejection } from '../store/rejected.ts'
import { StoreError } from '../store/store-error.ts'
import type { Activity } from '../tracker/activity.ts'
import { labelsOf } from '../tracker/filter.ts'
import { isKnownKind } from '../tracker/kinds.ts'
import { parseActivity } from '../tracker/parse.ts'
import { PARSE_FAILURES, ParseError } from '../tracker/parse-error.ts'
import { type Planner, plan } from './plan.ts'

export interface Project {
  readonly id: string
  readonly integrations: readonly Planner[]
  /** Names or ids of Tracker users whose activities are stored but cause no deliveries. */
  readonly ignoreAuthors: readonly string[]
}

interface Arrival {
  readonly project: Project
  readonly body: Buffer
  readonly contentType: string | null
  head(): Readonly<Record<string, string>>
  /** For who has a log line of its own; without it the journal writes one. */
  tell?(line: ActivityLine): void
}

/** What the log says of an activity that is stored. */
export interface ActivityLine {
  readonly activity: number
  readonly project: string
  readonly kind: string
  readonly deliveries: number
  readonly duplicate: boolean
  readonly ignored?: true
}

/** Metric labels, and the values of `rejected replay --reason`. */
export const REFUSAL_REASONS = [
  ...PARSE_FAILURES,
  ...(['too large', 'content encoding', 'wrong project', 'incomplete', 'wrong method', 'wrong path'] as const),
]
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The body is not an activity of this project; it is kept as rejected. The message is for the sender. */
export class RefusedError extends Error {
  readonly reason: RefusalReason
  readonly status: 400 | 404 | 405 | 413 | 415 | 422
  constructor(status: RefusedError['status'], reason: RefusalReason, message: string) {
    super(message)
    this.name = 'RefusedError'
    this.status = status
    this.reason = reason
  }
}

export interface Journal {
  /**
   * Stores an activity with the deliveries that it causes; when this resolves, both are on the disk.
   * @throws {RefusedError} if the body is not an activity of the project
   * @throws {StoreError} if it could not be stored; Tracker must send it again
   */
  accept(arrival: Arrival): Promise<Appended>
  /**
   * The same for the activities of a list, each on its own, in the order in which they happened. Those that are refused
   * are kept as rejected, and do not keep the others from being stored.
   * @throws {StoreError} if one could not be stored; those that were are duplicates when the list is sent again
   */
  acceptList(arrival: Arrival, bodies: readonly Buffer[]): Promise<ListReport>
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

interface JournalParts {
  append(entry: Entry): Promise<Appended>
  reject(rejection: Omit<Rejection, 'keep'>): Promise<void>
  /** An activity that causes deliveries has been stored. */
  remember?(id: number, raw: Buffer, activity: Activity): void
  /** Something new is due for these integrations. */
  wake(integrations: ReadonlySet<string>): void
  readonly metrics: Metrics
  readonly log: Logger
  now(): number
}

/** Only the necessary fields, since each is copied to the store's thread. */
function recorded({ key, kind, occurredAt, stories }: Activity): Recorded {
  return {
    key,
    kind,
    occurredAt,
    stories: stories.map(({ id, change, name, storyType, fields, link }) => ({
      id,
      change,
      name,
      storyType,
      state: fields.currentState ?? null,
      labels: labelsOf(fields),
      ...(link === undefined ? {} : { link }),
    })),
  }
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

  function read({ project, body }: Arrival) {
    try {
      const activity = parseActivity(body)
      // A project with Tracker's own id takes only that project's activities: a hook address pasted into the wrong
      // project would announce its stories to strangers.
      if (/^\d+$/.test(project.id) && activity.projectId !== project.id)
        throw new RefusedError(
          422,
          'wrong project',
          `this hook belongs to project ${project.id}, but the activity to project ${activity.projectId}; set the hook address of that project in Tracker`,
        )
      return activity
    } catch (error) {
      if (error instanceof ParseError) throw new RefusedError(400, error.reason, error.message)
      throw error
    }
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

  async function enter({ project, body, contentType, tell }: Arrival, activity: Activity): Promise<Appended> {
    try {
      const ignored = isIgnored(project, activity)
      const deliveries = ignored ? [] : plan(activity, project.id, project.integrations)
      const receivedAt = parts.now()
      const appended = await parts.append({
        projectId: project.id,
        activity: recorded(activity),
        raw: body,
        contentType,
        receivedAt,
        deliveries,
      })
      const { id, duplicate } = appended
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
      }
      if (tell === undefined) log.info(line, 'activity')
      else tell(line)
      return appended
    } catch (error) {
      if (error instanceof StoreError) {
        metrics.activitiesUnstored.inc({ reason: error.reason })
        log.error({ project: project.id, reason: error.reason, detail: error.message }, 'not stored')
      }
      throw error
    }
  }

  return {
    refuse,
    async accept(arrival) {
      try {
        return await enter(arrival, read(arrival))
      } catch (error) {
        if (error instanceof RefusedError) await refuse(arrival, error, arrival.body.length)
        throw error
      }
    },
    async acceptList(arrival, bodies) {
      const refused: ListRefusal[] = []
      const readable: { arrival: Arrival; activity: Activity }[] = []
      for (const [index, body] of bodies.entries()) {
        const each = { ...arrival, body }
        try {
          readable.push({ arrival: each, activity: read(each) })
        } catch (error) {
          if (!(error instanceof RefusedError)) throw error
          refused.push({ item: index + 1, reason: error.reason, message: error.message })
          if (refused.length <= MOST_REFUSED_KEPT) await refuse(each, error, body.length)
          else metrics.activitiesRejected.inc({ reason: error.reason })
        }
        if (index % AT_ONCE === 0) await setImmediate()
      }
      // Tracker's API gives the newest first.
      readable.sort((one, other) => isBefore(one.activity, other.activity))
      const entered: Appended[] = []
      for (let from = 0; from < readable.length; from += AT_ONCE)
        entered.push(
          ...(await allOf(readable.slice(from, from + AT_ONCE).map((each) => enter(each.arrival, each.activity)))),
        )
      const fresh = entered.filter(({ duplicate }) => !duplicate)
      return {
        activities: bodies.length,
        fresh: fresh.length,
        duplicates: entered.length - fresh.length,
        deliveries: fresh.reduce((sum, { deliveries }) => sum + deliveries, 0),
        refused,
      }
    },
  }
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
