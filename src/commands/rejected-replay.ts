import type { Config } from '../config/schema.ts'
import { METRIC_WORDS } from '../gateway/metric-words.ts'
import { journalProject } from '../gateway/projects.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics } from '../observability/metrics.ts'
import { createJournal, type Journal, RefusedError } from '../queue/journal.ts'
import type { RejectedRequest } from '../store/rejected.ts'
import type { Store } from '../store/store.ts'
import { version } from './config-path.ts'
import { bytesIn, plain, print, projectNamed, wholeNumber, withStore } from './environment.ts'
import { UsageError } from './usage-error.ts'

export interface ReplayOptions {
  readonly config?: string
  readonly all?: boolean
  readonly reason?: string
  readonly project?: string
  readonly body?: string
}

/**
 * `relay rejected replay`: requests go through the journal as if they came now, the oldest first; a running relay
 * carries out what they cause. What is stored is rejected no longer, what is refused again stays as it was.
 * @returns whether all of them are stored
 */
export async function replayRejected(ids: readonly string[], options: ReplayOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))].sort((one, other) => one - other)
  const many = options.all === true || options.reason !== undefined
  if (chosen.length > 0 === many)
    throw new UsageError('name requests by their ids, or else all of them with --all, or all of a kind with --reason')
  if (options.body !== undefined && chosen.length !== 1)
    throw new UsageError('--body takes the place of one body: name the one request that it belongs to')
  const mended = options.body === undefined ? null : bytesIn(options.body)
  return await withStore(options.config, async (store, config) => {
    if (options.project !== undefined) projectNamed(config, options.project)
    const journal = journalOn(store)
    const found = many ? await store.rejectedIds(options.reason ?? null) : chosen
    if (found.length === 0) print('there are none')
    let allStored = true
    for (const id of found) {
      const request = await store.rejectedRequest(id)
      const problem =
        request === null
          ? `there is no rejected request ${id}`
          : await handIn(
              { request, mended, projectId: options.project ?? request.projectId },
              { store, config, journal },
            )
      if (problem === null) continue
      allStored = false
      process.stderr.write(`${plain(`${id}: ${problem}`)}\n`)
    }
    return allStored
  })
}

/** The journal of a running relay, but for what is refused: that is among the rejected already. */
function journalOn(store: Store): Journal {
  return createJournal({
    append: store.append,
    reject: async () => {},
    // A relay in another process looks into the database by itself.
    wake() {},
    metrics: createMetrics({ version: version(), words: METRIC_WORDS }),
    log: createLogger('silent'),
    now: Date.now,
  })
}

interface HandedIn {
  readonly request: RejectedRequest
  /** In place of the body that was kept. */
  readonly mended: Buffer | null
  readonly projectId: string | null
}

/** @returns what stood in the way; null when it is stored */
async function handIn(
  { request, mended, projectId }: HandedIn,
  { store, config, journal }: { store: Store; config: Config; journal: Journal },
): Promise<string | null> {
  const { id, head } = request
  const project = config.projects.find((each) => each.id === projectId)
  if (project === undefined)
    return `its project ${projectId} is not in the config; add it, or say with --project which one it is`
  const lack = mended === null ? lackOf(request) : null
  if (lack !== null) return `${lack}; hand in the whole body with --body FILE`
  try {
    const arrival = { body: mended ?? request.body, contentType: head['content-type'] ?? null, head: () => head }
    const stored = await journal.accept({ project: journalProject(config, project), ...arrival })
    // In this order: whoever is stopped in between does it again, and the journal knows the activity.
    await store.forgetRejected([id])
    const deliveries = `${stored.deliveries} ${stored.deliveries === 1 ? 'delivery' : 'deliveries'}`
    print(`${id}: stored ${stored.duplicate ? 'before ' : ''}as activity ${stored.id}, ${deliveries}`)
    return null
  } catch (error) {
    if (error instanceof RefusedError) return `refused (${error.reason}): ${error.message}`
    throw error
  }
}

/** What is missing of the body that was kept. */
function lackOf({ reason, body, bodyBytes }: RejectedRequest): string | null {
  if (reason === 'incomplete') return 'the body broke off before its end'
  return bodyBytes > body.length ? `only the first ${body.length} bytes of its body were kept` : null
}
