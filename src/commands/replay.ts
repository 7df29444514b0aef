import { setTimeout as pause } from 'node:timers/promises'
import type { CountAnswer } from '../routes/api/chosen-deliveries.ts'
import type { DeliveryAnswer } from '../routes/api/deliveries.ts'
import type { ReplayJobAnswer, StartedReplay } from '../routes/api/replays.ts'
import { type AdminApi, type ApiOptions, withApi } from './admin-api.ts'
import { ApiProblem } from './api-answer.ts'
import { canAsk, confirmed } from './confirm.ts'
import { type DeliveryFilters, filtersIn } from './deliveries.ts'
import { wholeNumber } from './environment.ts'
import { givenTime } from './given-time.ts'
import { refuseUnknownIntegration } from './known-integration.ts'
import { complain, print } from './print.ts'
import { createProgress } from './terminal/progress.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { UsageError } from './usage-error.ts'

interface JobOptions extends ApiOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
  /** False for `--no-wait`. */
  readonly wait?: boolean
  readonly perSecond?: string
}

export interface ReplayOptions extends JobOptions, DeliveryFilters {
  readonly state?: readonly string[]
}

const SETTLED = ['dead', 'skipped', 'delivered'] as const
const LOOK_MS = 200

/** @returns whether everything that was named is in the queue again */
export async function replayDeliveries(ids: readonly string[], options: ReplayOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))].sort((one, other) => one - other)
  const filters = filtersIn(options)
  const isFiltered = Object.keys(filters).length > 0 || options.state !== undefined
  if (chosen.length > 0 === isFiltered)
    throw new UsageError(
      'give either the ids of deliveries, or filters for many of them, such as --state dead or --integration NAME',
    )
  return await withApi(options, async (api) => {
    if (chosen.length === 0) return await replaySelection(api, filters, options)
    if (options.dryRun !== true) return await replayEach(api, chosen, options)
    const deliveries = { ids: chosen, states: SETTLED }
    const { total } = await preview(api, { deliveries }, options)
    return total === chosen.length
  })
}

async function replayEach(api: AdminApi, ids: readonly number[], options: ReplayOptions): Promise<boolean> {
  let put = 0
  for (const id of ids) {
    try {
      const delivery = await api.send<DeliveryAnswer>('POST', `/deliveries/${id}/replay`)
      if (options.json === true) print(JSON.stringify(delivery))
      put += 1
    } catch (error) {
      if (!(error instanceof ApiProblem) || (error.status !== 404 && error.status !== 409)) throw error
      complain(error.message)
    }
  }
  if (options.json !== true) print(`${put} put back into the queue`)
  return put === ids.length
}

async function replaySelection(api: AdminApi, filters: DeliveryFilters, options: ReplayOptions): Promise<boolean> {
  const states = options.state ?? ['dead']
  const deliveries = { ...filters, states }
  const isRepeating = states.includes('delivered')
  const counted = await preview(api, { deliveries }, options)
  const { total } = counted
  if (total === 0) await refuseUnknownIntegration(api, filters.integration)
  if (options.dryRun === true) return true
  if (total === 0) {
    print(options.json === true ? JSON.stringify(counted, null, 2) : '0 put back into the queue')
    return true
  }
  const question = isRepeating
    ? `Send ${total} deliveries again, also those that were delivered already?`
    : `Put ${total} deliveries back into the queue?`
  if (!(await isWanted(question, isRepeating, options))) return false
  return await carryOut(api, { deliveries }, 'deliveries', options)
}

export interface ReplanOptions extends JobOptions {
  readonly project?: string
  readonly from?: string
  readonly to?: string
  readonly integration?: readonly string[]
  readonly again?: boolean
}

/** `tracker-relay activities replan`. @returns whether all that was chosen is planned */
export async function replanActivities(ids: readonly string[], options: ReplanOptions): Promise<boolean> {
  const { project, integration: integrations, again = false } = options
  const from = givenTime(options.from, '--from', Date.now())
  const to = givenTime(options.to, '--to', Date.now())
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))]
  const filters = [project, from, to].filter((filter) => filter !== undefined)
  if (chosen.length > 0 === filters.length > 0)
    throw new UsageError('give either the ids of activities, or --project, --from or --to for many of them')
  const activities = {
    ...(chosen.length === 0 ? {} : { ids: chosen }),
    ...(project === undefined ? {} : { project }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(integrations === undefined ? {} : { integrations }),
    again,
  }
  return await withApi(options, async (api) => {
    for (const name of integrations ?? []) await refuseUnknownIntegration(api, name)
    const { total, deliveries, is_complete } = await preview(api, { activities }, options)
    if (total < Math.max(1, chosen.length)) {
      complain(total === 0 ? 'no such activities are kept' : `only ${total} of these activities are kept`)
      if (total === 0) return false
    }
    const fresh = deliveries.reduce((sum, { count }) => sum + count, 0)
    const isWhole = total >= chosen.length
    if (options.dryRun === true) return isWhole
    const caused = is_complete ? `${fresh}` : `more than ${fresh}`
    const question = `Plan ${total} activities anew, which causes ${caused} deliveries?`
    if (!(await isWanted(question, again, options))) return false
    return (await carryOut(api, { activities }, 'activities', options)) && isWhole
  })
}

const COUNTS: readonly Column<CountAnswer>[] = [
  { header: 'integration', value: ({ integration }) => integration },
  { header: 'state', value: ({ state }) => state },
  { header: 'deliveries', value: ({ count }) => String(count), align: 'right' },
]

/** Shows what would be done, unless a program reads it and something is done at once. */
async function preview(api: AdminApi, what: object, options: JobOptions): Promise<StartedReplay> {
  const counted = await api.send<StartedReplay>('POST', '/replays', { ...what, dry_run: true })
  if (options.json === true) {
    if (options.dryRun === true) print(JSON.stringify(counted, null, 2))
  } else if (options.dryRun === true || (options.yes !== true && canAsk()))
    await showList(counted.deliveries, screenFor(options), COUNTS)
  return counted
}

/** @param isGrave without a terminal, it must be said with --yes */
async function isWanted(question: string, isGrave: boolean, { yes }: JobOptions): Promise<boolean> {
  if (yes === true) return true
  if (canAsk()) {
    if (await confirmed(question)) return true
    complain('nothing was done')
    return false
  }
  if (isGrave) throw new UsageError('this repeats what was delivered already; say --yes if it is meant')
  return true
}

async function carryOut(
  api: AdminApi,
  what: object,
  unit: 'deliveries' | 'activities',
  options: JobOptions,
): Promise<boolean> {
  const { perSecond, wait = true } = options
  const { replay: started } = await api.send<StartedReplay>('POST', '/replays', {
    ...what,
    ...(perSecond === undefined ? {} : { per_second: wholeNumber(perSecond, '--per-second') }),
  })
  if (started === null) return true
  const job = wait ? await ended(api, started, unit) : started
  if (options.json === true) print(JSON.stringify(job, null, 2))
  else print(sentenceOf(job, unit))
  if (job.state === 'failed') complain(job.note ?? 'the replay failed')
  return job.state === 'done' || (!wait && job.state === 'running')
}

/** Waits for the end of a job; it goes on if this process is ended. */
async function ended(api: AdminApi, started: ReplayJobAnswer, unit: string): Promise<ReplayJobAnswer> {
  const progress = createProgress({ stream: process.stderr, now: () => performance.now(), unit })
  for (let job = started; ; ) {
    progress.show(job.looked, job.total)
    if (job.state !== 'running') {
      progress.clear()
      return job
    }
    await api.helpReplays()
    await pause(LOOK_MS)
    job = await api.get<ReplayJobAnswer>(`/replays/${job.id}`)
  }
}

function sentenceOf({ id, state, total, released, left_alone }: ReplayJobAnswer, unit: string): string {
  if (state === 'running')
    return `replay ${id} of ${total} ${unit} has begun; "tracker-relay replays show ${id}" tells how far it is`
  const why = unit === 'activities' ? 'caused already, or overtaken' : 'in the queue already, or overtaken'
  const left = left_alone === 0 ? '' : `, ${left_alone} left alone: ${why}`
  return `${released} put ${unit === 'activities' ? '' : 'back '}into the queue${left}${state === 'done' ? '' : ` (the replay is ${state})`}`
}
