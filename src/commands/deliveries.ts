import type { DeliveryAnswer, DeliveryWithAttemptsAnswer } from '../routes/api/deliveries.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { wholeNumber } from './environment.ts'
import { givenTime } from './given-time.ts'
import { refuseUnknownIntegration } from './known-integration.ts'
import { type ListOptions, showPages } from './pages.ts'
import type { Field } from './terminal/record.ts'
import { type Screen, screenFor } from './terminal/screen.ts'
import { showOne } from './terminal/show.ts'
import { stateColour } from './terminal/state-colour.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

/** What lists of deliveries and actions on many of them are chosen by. */
export interface DeliveryFilters {
  readonly integration?: string
  readonly project?: string
  readonly story?: string
  readonly kind?: string
  readonly from?: string
  readonly to?: string
  readonly text?: string
}

const COLUMNS: readonly Column<DeliveryAnswer>[] = [
  { header: 'id', value: ({ id }) => String(id), align: 'right' },
  { header: 'created', value: ({ created_at }, screen) => when(Date.parse(created_at), screen) },
  { header: 'state', value: ({ state }) => state, colour: ({ state }) => stateColour(state) },
  { header: 'integration', value: ({ integration }) => integration },
  { header: 'what', value: whatOf },
  { header: 'story', value: ({ story }) => (story === null ? '' : `#${story}`) },
  { header: 'tries', value: ({ attempts }) => String(attempts), align: 'right' },
  {
    header: 'note',
    value: ({ note, digest }) => note ?? (digest === 'next' ? 'goes into the next digest' : ''),
    canBeCut: true,
  },
]

export async function listDeliveries(
  options: ApiOptions &
    ListOptions &
    DeliveryFilters & { readonly state?: string; readonly digest?: string; readonly unusual?: boolean },
): Promise<void> {
  const { state, digest, unusual } = options
  const query = { ...filtersIn(options), state, digest, ...(unusual === true ? { unusual: 'true' } : {}) }
  await withApi(options, async (api) => {
    await showPages(api, '/deliveries', query, options, COLUMNS, () =>
      refuseUnknownIntegration(api, options.integration),
    )
  })
}

export async function showDelivery(id: string, options: ApiOptions): Promise<void> {
  const number = wholeNumber(id, 'ID')
  await withApi(options, async (api) => {
    const delivery = await api.get<DeliveryWithAttemptsAnswer>(`/deliveries/${number}`)
    const screen = screenFor(options)
    await showOne(delivery, screen, () => fieldsOf(delivery, screen as Screen))
  })
}

/** Without those that are not given. @throws {UsageError} for a time that cannot be read */
export function filtersIn(options: DeliveryFilters): DeliveryFilters {
  const { integration, project, story, kind, text } = options
  const given = {
    ...{ integration, project, story: story?.replace(/^#/, ''), kind, text },
    from: givenTime(options.from, '--from', Date.now()),
    to: givenTime(options.to, '--to', Date.now()),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** In one word. */
export function whatOf({ kind, effect }: Pick<DeliveryAnswer, 'kind' | 'effect'>): string {
  const { what, state } = effect as { readonly what?: unknown; readonly state?: unknown }
  if (kind === 'announce') return String(what)
  return kind === 'state' ? String(state) : kind
}

function fieldsOf(delivery: DeliveryWithAttemptsAnswer, screen: Screen): readonly Field[] {
  const at = (time: string | null): string | null => (time === null ? null : when(Date.parse(time), screen))
  return [
    { name: 'delivery', value: String(delivery.id) },
    { name: 'state', value: delivery.state, colour: stateColour(delivery.state) },
    { name: 'note', value: delivery.note },
    { name: 'integration', value: delivery.integration },
    { name: 'project', value: delivery.project },
    { name: 'story', value: delivery.story === null ? null : `#${delivery.story}` },
    { name: 'activity', value: String(delivery.activity) },
    { name: 'effect', value: JSON.stringify(delivery.effect) },
    { name: 'key', value: delivery.key },
    { name: 'created', value: at(delivery.created_at) },
    { name: 'tried next', value: at(delivery.due_at) },
    { name: 'digest', value: delivery.digest },
    { name: 'in doubt since', value: at(delivery.in_doubt_since) },
    { name: 'failing since', value: delivery.settled_at === null ? at(delivery.first_failed_at) : null },
    { name: 'settled', value: at(delivery.settled_at) },
    ...delivery.attempts_made.map((attempt) => ({
      name: `attempt ${attempt.number}`,
      value: [
        [
          `${attempt.outcome}, ${at(attempt.started_at)}, ${Math.round(attempt.duration_ms)} ms`,
          ...(attempt.note === null ? [] : [attempt.note]),
        ].join(': '),
        ...attempt.exchanges.map(
          ({ method, url, status, error, duration_ms }) =>
            `${method} ${url}: ${status ?? error ?? 'no answer'} (${Math.round(duration_ms)} ms)`,
        ),
      ].join('\n'),
    })),
  ]
}
