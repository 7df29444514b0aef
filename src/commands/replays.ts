import type { ReplayJobAnswer } from '../routes/api/replays.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { wholeNumber } from './environment.ts'
import { type ListOptions, showPages } from './pages.ts'
import { print } from './print.ts'
import type { Field } from './terminal/record.ts'
import { type Colour, type Screen, screenFor } from './terminal/screen.ts'
import { showOne } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

const COLOURS: Readonly<Record<ReplayJobAnswer['state'], Colour | null>> = {
  running: null,
  done: 'green',
  cancelled: 'gray',
  failed: 'red',
}

const COLUMNS: readonly Column<ReplayJobAnswer>[] = [
  { header: 'id', value: ({ id }) => String(id), align: 'right' },
  { header: 'asked', value: ({ created_at }, screen) => when(Date.parse(created_at), screen) },
  { header: 'by', value: ({ who }) => who },
  { header: 'state', value: ({ state }) => state, colour: ({ state }) => COLOURS[state] },
  { header: 'looked at', value: ({ looked, total }) => `${looked} of ${total}`, align: 'right' },
  { header: 'put back', value: ({ released }) => String(released), align: 'right' },
  { header: 'what', value: ({ what }) => JSON.stringify(what), canBeCut: true },
]

export async function listReplays(options: ApiOptions & ListOptions & { readonly state?: string }): Promise<void> {
  await withApi(options, async (api) => {
    await showPages(api, '/replays', { state: options.state }, options, COLUMNS)
  })
}

export async function showReplay(id: string, options: ApiOptions): Promise<void> {
  const number = wholeNumber(id, 'ID')
  await withApi(options, async (api) => {
    const job = await api.get<ReplayJobAnswer>(`/replays/${number}`)
    const screen = screenFor(options)
    await showOne(job, screen, () => fieldsOf(job, screen as Screen))
  })
}

export async function cancelReplay(id: string, options: ApiOptions): Promise<void> {
  const number = wholeNumber(id, 'ID')
  await withApi(options, async (api) => {
    const job = await api.send<ReplayJobAnswer>('POST', `/replays/${number}/cancel`)
    if (options.json === true) print(JSON.stringify(job, null, 2))
    else print(`replay ${number} is cancelled; the ${job.released} that it has put back stay in the queue`)
  })
}

function fieldsOf(job: ReplayJobAnswer, screen: Screen): readonly Field[] {
  return [
    { name: 'replay', value: String(job.id) },
    { name: 'state', value: job.state, colour: COLOURS[job.state] },
    { name: 'note', value: job.note },
    { name: 'asked', value: `${when(Date.parse(job.created_at), screen)} by ${job.who}` },
    { name: 'what', value: JSON.stringify(job.what) },
    { name: 'looked at', value: `${job.looked} of ${job.total}` },
    { name: 'put back', value: String(job.released) },
    { name: 'left alone', value: String(job.left_alone) },
    { name: 'pace', value: `${job.per_second} in a second at most` },
    { name: 'ended', value: job.ended_at === null ? null : when(Date.parse(job.ended_at), screen) },
  ]
}
