import type { Config } from '../config/schema.ts'
import { METRIC_WORDS } from '../gateway/metric-words.ts'
import { journalProject } from '../gateway/projects.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics } from '../observability/metrics.ts'
import { visible } from '../observability/visible.ts'
import { createJournal, type Journal, type ListReport, RefusedError } from '../queue/journal.ts'
import type { RejectedRequest } from '../store/rejected.ts'
import type { Store } from '../store/store.ts'
import { activitiesIn } from '../tracker/list.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { version } from './config-path.ts'
import { bytesIn, type ConfigOptions, projectNamed, wholeNumber, withStore } from './environment.ts'
import { complain, print } from './print.ts'
import { UsageError } from './usage-error.ts'

interface ReplayOptions extends ConfigOptions {
  readonly all?: boolean
  readonly reason?: string
  readonly project?: string
  readonly body?: string
}

/**
 * `tracker-relay rejected replay`: sends requests through the journal as if they came now, the oldest first; a running relay
 * carries out their deliveries. Requests that are refused again stay in the list.
 * @returns whether all of them are stored
 */
export async function replayRejected(ids: readonly string[], options: ReplayOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))].sort((one, other) => one - other)
  const many = options.all === true || options.reason !== undefined
  if (chosen.length > 0 === many)
    throw new UsageError('give either the ids of requests, or --all, or --reason for all with that reason')
  if (options.body !== undefined && chosen.length !== 1)
    throw new UsageError('--body replaces the body of one request: give exactly one id')
  const mended = options.body === undefined ? null : bytesIn(options.body)
  return await withStore(options, async (store, config) => {
    if (options.project !== undefined) projectNamed(config, options.project)
    const journal = journalOn(store)
    const found = many ? await store.rejectedIds(options.reason ?? null) : chosen
    if (found.length === 0) print('there are none')
    let allStored = true
    for (const id of found) {
      const request = await store.rejectedRequest(id)
      const problem =
        request === null
          ? 'this request does not exist'
          : await handIn(
              { request, mended, projectId: options.project ?? request.projectId },
              { store, config, journal },
            )
      if (problem === null) continue
      allStored = false
      complain(visible(`${id}: ${problem}`))
    }
    return allStored
  })
}

/** Unlike a running relay's journal, it does not store refused requests, since they are stored already. */
function journalOn(store: Store): Journal {
  return createJournal({
    append: store.append,
    reject: async () => {},
    // A relay in another process finds the deliveries in the database.
    wake() {},
    metrics: createMetrics({ version: version(), words: METRIC_WORDS }),
    log: createLogger('silent'),
    now: Date.now,
  })
}

interface HandedIn {
  readonly request: RejectedRequest
  readonly mended: Buffer | null
  readonly projectId: string | null
}

/** @returns why it is not stored; null if it is */
async function handIn(
  { request, mended, projectId }: HandedIn,
  { store, config, journal }: { store: Store; config: Config; journal: Journal },
): Promise<string | null> {
  const { id, head } = request
  const project = config.projects.find((each) => each.id === projectId)
  if (project === undefined)
    return `its project ${projectId} is not in the config; add it, or choose another one with --project`
  const lack = mended === null ? lackOf(request) : null
  if (lack !== null) return `${lack}; hand in the whole body with --body FILE`
  try {
    const arrival = { body: mended ?? request.body, contentType: head['content-type'] ?? null, head: () => head }
    const owner = journalProject(config, project)
    const bodies = activitiesIn(arrival.body)
    if (bodies !== null) return await handInList(journal.acceptList({ project: owner, ...arrival }, bodies), id, store)
    const stored = await journal.accept({ project: owner, ...arrival })
    // In this order: if it stops in between, a repeat finds the activity in the journal.
    await store.forgetRejected([id])
    const deliveries = `${stored.deliveries} ${stored.deliveries === 1 ? 'delivery' : 'deliveries'}`
    print(`${id}: stored ${stored.duplicate ? 'before ' : ''}as activity ${stored.id}, ${deliveries}`)
    return null
  } catch (error) {
    if (error instanceof RefusedError || error instanceof ParseError)
      return `refused (${error.reason}): ${error.message}`
    throw error
  }
}

/** What is refused of a list stays in the list of rejected requests as a whole. */
async function handInList(handing: Promise<ListReport>, id: number, store: Store): Promise<string | null> {
  const { activities, fresh, duplicates, deliveries, refused } = await handing
  const [first] = refused
  const taken = `${fresh} of ${activities} activities are stored, ${duplicates} were before`
  if (first !== undefined) return `${taken}; activity ${first.item} is refused (${first.reason}): ${first.message}`
  await store.forgetRejected([id])
  print(`${id}: ${taken}, ${deliveries} ${deliveries === 1 ? 'delivery' : 'deliveries'}`)
  return null
}

function lackOf({ reason, body, bodyBytes }: RejectedRequest): string | null {
  if (reason === 'incomplete') return 'the body broke off before its end'
  return bodyBytes > body.length ? `only the first ${body.length} bytes of the body were stored` : null
}
