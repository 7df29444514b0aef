import type { HandedInAnswer, RejectedAnswer, WholeRejectedAnswer } from '../routes/api/rejected.ts'
import { type AdminApi, type ApiOptions, withApi } from './admin-api.ts'
import { ApiProblem } from './api-answer.ts'
import { bytesIn, wholeNumber } from './environment.ts'
import { allOf, type ListOptions, showPages } from './pages.ts'
import { complain, print, printContent } from './print.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'
import { UsageError } from './usage-error.ts'

const COLUMNS: readonly Column<RejectedAnswer>[] = [
  { header: 'id', value: ({ id }) => String(id), align: 'right' },
  { header: 'received', value: ({ received_at }, screen) => when(Date.parse(received_at), screen) },
  { header: 'project', value: ({ project }) => project ?? '' },
  { header: 'reason', value: ({ reason }) => reason },
  { header: 'bytes', value: ({ body_bytes }) => String(body_bytes), align: 'right' },
  { header: 'what was wrong', value: ({ detail }) => detail, canBeCut: true },
]

interface RejectedFilters {
  readonly project?: string
  readonly reason?: string
}

export async function listRejected(options: ApiOptions & ListOptions & RejectedFilters): Promise<void> {
  const { project, reason } = options
  await withApi(options, async (api) => {
    await showPages(api, '/rejected', { project, reason }, options, COLUMNS)
  })
}

export async function showRejected(id: string, options: ApiOptions): Promise<void> {
  const number = wholeNumber(id, 'ID')
  await withApi(options, async (api) => {
    const request = await api.get<WholeRejectedAnswer>(`/rejected/${number}`)
    if (options.json === true) return print(JSON.stringify(request, null, 2))
    for (const [name, value] of Object.entries(request.head)) complain(`${name}: ${value}`)
    printContent(Buffer.from(request.body, request.body_encoding))
  })
}

/** @returns whether all of them were there */
export async function deleteRejected(ids: readonly string[], options: ApiOptions): Promise<boolean> {
  const chosen = [...new Set(ids.map((id) => wholeNumber(id, 'ID')))]
  return await withApi(options, async (api) => {
    let deleted = 0
    for (const id of chosen) {
      try {
        await api.send('DELETE', `/rejected/${id}`)
        deleted += 1
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.type !== 'not-found') throw error
        complain(error.message)
      }
    }
    print(options.json === true ? JSON.stringify({ deleted }) : `${deleted} deleted`)
    return deleted === chosen.length
  })
}

interface ReplayOptions extends ApiOptions, RejectedFilters {
  readonly all?: boolean
  readonly body?: string
}

/**
 * `tracker-relay rejected replay`: hands requests in as if they came now, the oldest first; a running relay carries out
 * their deliveries. Requests that are refused again stay in the list.
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
  const body = {
    ...(mended === null ? {} : { body: mended.toString('base64'), body_encoding: 'base64' }),
    ...(options.project === undefined ? {} : { project: options.project }),
  }
  return await withApi(options, async (api) => {
    const found = many ? await idsOf(api, options.reason) : chosen
    if (found.length === 0 && options.json !== true) print('there are none')
    let allStored = true
    for (const id of found) {
      try {
        const handed = await api.send<HandedInAnswer>('POST', `/rejected/${id}/hand-in`, body)
        if (options.json === true) print(JSON.stringify({ id, ...handed }))
        if (!told(id, handed, options)) allStored = false
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status >= 500 || error.status === 403) throw error
        allStored = false
        complain(`${id}: ${whyNot(error)}`)
      }
    }
    return allStored
  })
}

/** The oldest first; without what may be forged, unless that is asked for. */
async function idsOf(api: AdminApi, wanted: string | undefined): Promise<readonly number[]> {
  const all = await allOf<RejectedAnswer>(api, '/rejected', { reason: wanted })
  const chosen = wanted === undefined ? all.filter(({ reason }) => reason !== 'signature') : all
  return chosen.map(({ id }) => id).reverse()
}

/** @returns whether all of it is stored; what is refused of a list stays in the list of rejected requests as a whole */
function told(id: number, handed: HandedInAnswer, { json }: ReplayOptions): boolean {
  const { activity, duplicates, deliveries, refused } = handed
  const caused = `${deliveries} ${deliveries === 1 ? 'delivery' : 'deliveries'}`
  const [first] = refused
  if (first !== undefined) {
    const of = `${handed.new} of ${handed.new + duplicates + refused.length} activities are stored, ${duplicates} were before`
    complain(`${id}: ${of}; activity ${first.item} is refused (${reasonOf(first.type)}): ${first.detail}`)
    return false
  }
  if (json === true) return true
  if (activity === null && handed.new + duplicates === 0)
    print(`${id}: read, and ignored, since it tells nothing of a story`)
  else if (activity === null)
    print(
      `${id}: ${handed.new} of ${handed.new + duplicates} activities are stored, ${duplicates} were before, ${caused}`,
    )
  else print(`${id}: stored ${duplicates > 0 ? 'before ' : ''}as activity ${activity}, ${caused}`)
  return true
}

function whyNot({ type, message }: ApiProblem): string {
  if (type === 'not-found') return message
  if (type === 'conflict') return `${message} (with --project, or --body)`
  return `refused (${reasonOf(type)}): ${message}`
}

/** As the list shows it. */
function reasonOf(type: string): string {
  return (type.split(':').at(-1) ?? '').replaceAll('-', ' ')
}
