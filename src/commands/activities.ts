import type { Effect } from '../connectors/contract/effect.ts'
import type { ActivityAnswer, WholeActivityAnswer } from '../routes/api/activities.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { whatOf } from './deliveries.ts'
import { effectLine } from './effect-line.ts'
import { wholeNumber } from './environment.ts'
import { givenTime } from './given-time.ts'
import { refuseUnknownIntegration } from './known-integration.ts'
import { type ListOptions, showPages } from './pages.ts'
import type { Field } from './terminal/record.ts'
import { type Screen, screenFor } from './terminal/screen.ts'
import { showOne } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

const COLUMNS: readonly Column<ActivityAnswer>[] = [
  { header: 'id', value: ({ id }) => String(id), align: 'right' },
  { header: 'received', value: ({ received_at }, screen) => when(Date.parse(received_at), screen) },
  { header: 'project', value: ({ project }) => project },
  { header: 'story', value: storiesOf },
  { header: 'deliveries', value: ({ deliveries }) => countsOf(deliveries) },
  { header: 'what happened', value: ({ sentence, kind }) => sentence ?? kind, canBeCut: true },
]

interface ActivityOptions extends ApiOptions, ListOptions {
  readonly project?: string
  readonly story?: string
  readonly kind?: string
  readonly integration?: string
  readonly state?: string
  readonly from?: string
  readonly to?: string
  readonly text?: string
}

export async function listActivities(options: ActivityOptions): Promise<void> {
  const { project, story, kind, integration, state, text } = options
  const query = {
    ...{ project, story: story?.replace(/^#/, ''), kind, integration, state, text },
    from: givenTime(options.from, '--from', Date.now()),
    to: givenTime(options.to, '--to', Date.now()),
  }
  await withApi(options, async (api) => {
    await showPages(api, '/activities', query, options, COLUMNS, () => refuseUnknownIntegration(api, integration))
  })
}

export async function showActivity(id: string, options: ApiOptions): Promise<void> {
  const number = wholeNumber(id, 'ID')
  await withApi(options, async (api) => {
    const activity = await api.get<WholeActivityAnswer>(`/activities/${number}`)
    const screen = screenFor(options)
    await showOne(activity, screen, () => fieldsOf(activity, screen as Screen))
  })
}

function storiesOf({ stories }: Pick<ActivityAnswer, 'stories'>): string {
  const [first, ...more] = stories.map(({ id }) => `#${id}`)
  return more.length === 0 ? (first ?? '') : `${first} +${more.length}`
}

function countsOf(deliveries: ActivityAnswer['deliveries']): string {
  return Object.entries(deliveries)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')
}

function fieldsOf(activity: WholeActivityAnswer, screen: Screen): readonly Field[] {
  const at = (time: string): string => when(Date.parse(time), screen)
  const stories = activity.stories.map(({ id, name }) => (name === null ? `#${id}` : `#${id} ${name}`))
  return [
    { name: 'activity', value: String(activity.id) },
    { name: 'what happened', value: activity.sentence ?? activity.kind },
    { name: 'kind', value: activity.kind },
    { name: 'author', value: activity.author },
    { name: 'project', value: activity.project },
    { name: 'stories', value: stories.length === 0 ? null : stories.join('\n') },
    { name: 'happened', value: at(activity.occurred_at) },
    { name: 'received', value: at(activity.received_at) },
    ...activity.integrations.map(({ integration, why, planned, deliveries }) => ({
      name: integration,
      value: [
        why,
        ...deliveries.map(
          (delivery) =>
            `delivery ${delivery.id}: ${whatOf(delivery)}, ${delivery.state}${delivery.note === null ? '' : `: ${delivery.note}`}`,
        ),
        ...(deliveries.length > 0 ? [] : planned.map((effect) => `today: ${effectLine(effect as Effect)}`)),
      ].join('\n'),
    })),
  ]
}
