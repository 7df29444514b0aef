import type { CatchUpAnswer, CaughtUpAnswer } from '../routes/api/catch-ups.ts'
import { type AdminApi, type ApiOptions, segment, withApi } from './admin-api.ts'
import { ApiProblem } from './api-answer.ts'
import { givenTime } from './given-time.ts'
import { complain } from './print.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'
import { UsageError } from './usage-error.ts'

interface CatchUpOptions extends ApiOptions {
  readonly since?: string
  readonly dryRun?: boolean
  readonly status?: boolean
}

const STATUS: readonly Column<CatchUpAnswer>[] = [
  { header: 'project', value: ({ project }) => project },
  { header: 'tool', value: ({ tool }) => tool },
  { header: 'asked', value: ({ asked_at }, screen) => timeOf(asked_at, screen) },
  { header: 'up to', value: ({ up_to }, screen) => timeOf(up_to, screen) },
  {
    header: 'how it stands',
    value: standingOf,
    colour: ({ askable, failing }) => (!askable ? 'gray' : failing === null ? 'green' : 'red'),
    wraps: true,
  },
]

const ASKED: readonly Column<CaughtUpAnswer>[] = [
  { header: 'project', value: ({ project }) => project },
  { header: 'asked since', value: ({ since }, screen) => timeOf(since, screen) },
  { header: 'up to', value: ({ up_to }, screen) => timeOf(up_to, screen) },
  { header: 'told', value: ({ told }) => String(told), align: 'right' },
  { header: 'missed', value: ({ missed }) => String(missed), align: 'right' },
  { header: 'refused', value: ({ refused }) => String(refused), align: 'right' },
  { header: 'left', value: leftOf, wraps: true },
]

/** `tracker-relay catch-up [PROJECT]`. @returns whether each could be asked, and all that was told could be read */
export async function catchUp(project: string | undefined, options: CatchUpOptions): Promise<boolean> {
  const since = givenTime(options.since, '--since', Date.now())
  if (options.status === true && (since !== undefined || options.dryRun === true))
    throw new UsageError('--status asks nothing; leave out --since and --dry-run')
  return await withApi(options, async (api) => {
    const { items } = await api.get<{ items: CatchUpAnswer[] }>('/catch-ups')
    const named = project === undefined ? items : items.filter((each) => each.project === project)
    if (options.status === true) {
      if (named.length === 0 && project !== undefined) throw new UsageError(unknown(project, items))
      await showList(named, screenFor(options), STATUS)
      return named.every(({ failing }) => failing === null)
    }
    if (named.length === 0 && project !== undefined) throw new UsageError(unknown(project, items))
    const asked = project === undefined ? named.filter(({ askable }) => askable) : named
    if (asked.length === 0) complain('no project has a tool that can be asked; --status tells of each')
    const reports: CaughtUpAnswer[] = []
    for (const each of asked) {
      const report = await askAll(api, each.project, { since, dry_run: options.dryRun === true })
      if (report !== null) reports.push(report)
    }
    await showList(reports, screenFor(options), ASKED)
    return reports.length === asked.length && reports.every(({ refused }) => refused === 0)
  })
}

/** Goes on until nothing is left; a request ends after a minute. Null: it cannot be asked. */
async function askAll(
  api: AdminApi,
  project: string,
  { since, dry_run }: { readonly since: string | undefined; readonly dry_run: boolean },
): Promise<CaughtUpAnswer | null> {
  let all: CaughtUpAnswer | null = null
  try {
    for (;;) {
      const isFirst = all === null
      const report: CaughtUpAnswer = await api.send('POST', `/catch-ups/${segment(project)}`, {
        ...(isFirst && since !== undefined ? { since } : {}),
        ...(dry_run ? { dry_run } : {}),
      })
      all = all === null ? report : { ...sum(all, report), since: all.since }
      if (!report.more || dry_run) return all
    }
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    complain(`project ${project}: ${error.message}`)
    return all
  }
}

function sum(all: CaughtUpAnswer, next: CaughtUpAnswer): CaughtUpAnswer {
  return {
    ...next,
    told: all.told + next.told,
    missed: all.missed + next.missed,
    refused: all.refused + next.refused,
    too_old: all.too_old || next.too_old,
  }
}

function unknown(project: string, items: readonly CatchUpAnswer[]): string {
  return `there is no project "${project}"; the config has ${items.map((each) => each.project).join(', ')}`
}

function standingOf({ askable, every_minutes, failing, up_to, more }: CatchUpAnswer): string {
  if (!askable) return 'cannot be asked: no token, or its API does not tell'
  if (failing !== null) return `fails since ${failing.since}: ${failing.problem}`
  const often = every_minutes === 0 ? 'asked only by this command' : `asked every ${every_minutes} minutes`
  if (up_to === null) return `not asked yet; ${often}`
  return more ? `the rest follows soon; ${often}` : often
}

function leftOf({ more, too_old, dry_run }: CaughtUpAnswer): string {
  const left = [
    ...(dry_run ? ['nothing was stored'] : []),
    ...(more ? [dry_run ? 'there may be more' : 'the rest'] : []),
    ...(too_old ? ['what is older than catch_up.days, for good'] : []),
  ]
  return left.length === 0 ? 'nothing' : left.join('; ')
}

function timeOf(at: string | null, screen: Parameters<typeof when>[1]): string {
  return when(at === null ? null : Date.parse(at), screen)
}
