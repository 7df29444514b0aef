import type { StatAnswer } from '../routes/api/stats.ts'
import { type ApiOptions, withApi } from './admin-api.ts'
import { givenTime } from './given-time.ts'
import { refuseUnknownIntegration } from './known-integration.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'

interface StatsOptions extends ApiOptions {
  readonly by?: string
  readonly integration?: string
  readonly from?: string
  readonly to?: string
  readonly rebuild?: boolean
}

/** `tracker-relay stats`: what was received, delivered and failed, over time. */
export async function showStats(options: StatsOptions): Promise<void> {
  const { by = 'hour', integration } = options
  const from = givenTime(options.from, '--from', Date.now())
  const to = givenTime(options.to, '--to', Date.now())
  await withApi(options, async (api) => {
    if (options.rebuild === true) await api.send('POST', '/stats/rebuild')
    const { items } = await api.get<{ items: StatAnswer[] }>('/stats', { by, integration, from, to })
    if (items.length === 0) await refuseUnknownIntegration(api, integration)
    await showList(items, screenFor(options), columnsBy(by))
  })
}

function columnsBy(by: string): readonly Column<StatAnswer>[] {
  const number = (header: string, value: (one: StatAnswer) => number | null): Column<StatAnswer> => ({
    header,
    value: (one) => {
      const found = value(one)
      return found === null ? '' : String(Math.round(found))
    },
    align: 'right',
  })
  // The day, or the minute that an hour or a minute began.
  const length = by === 'day' ? 10 : 16
  return [
    { header: `${by} (UTC)`, value: ({ at }) => at.slice(0, length).replace('T', ' ') },
    { header: 'integration', value: ({ integration }) => integration ?? '' },
    number('received', ({ received }) => received),
    number('delivered', ({ delivered }) => delivered),
    number('failed', ({ failed }) => failed),
    number('dead', ({ dead }) => dead),
    number('skipped', ({ skipped }) => skipped),
    number('ms', ({ latency_ms }) => latency_ms),
    number('slowest ms', ({ slowest_ms }) => slowest_ms),
  ]
}
