import type { DeliveryAnswer } from '../api/deliveries.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import type { StatAnswer } from '../api/stats.ts'
import { Bars, Line, Spark } from './chart.tsx'
import { type Frame, Nothing, pageHtml } from './frame.tsx'
import { integrationState, type Need, needOf } from './need.ts'
import { type PageApi, withQuery } from './page-api.ts'
import type { Pages } from './parts.ts'
import { Glyph, type GlyphName, State, stateOf, type Tone } from './states.tsx'
import { Ago, Clock, durationWords, Since, When } from './times.tsx'

const DAY_MS = 86_400_000

const PERIODS = {
  hour: { title: 'The last hour', by: 'minute', bucketMs: 60_000, buckets: 60, of: 'minute' },
  day: { title: 'The last day', by: 'hour', bucketMs: 3_600_000, buckets: 24, of: 'hour' },
  week: { title: 'The last week', by: 'hour', bucketMs: 3_600_000, buckets: 168, of: 'hour' },
} as const
type Period = keyof typeof PERIODS

/** Is everything fine? */
export function overviewPage({ page }: Pages): void {
  page('/', async ({ api, frame, query }) => {
    const period: Period = query.period === 'hour' || query.period === 'week' ? query.period : 'day'
    const [{ items }, newest, ofDay, ofPeriod, dead, skipped] = await Promise.all([
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
      api.get<{ items: readonly { received_at: string }[] }>('/activities', { limit: 1 }),
      stats(api, 'day', frame.now),
      stats(api, period, frame.now),
      notArrived(api, 'dead', frame.now),
      notArrived(api, 'skipped', frame.now),
    ])
    const needs = items.map((one) => needOf(one)).filter((one) => one !== null)
    const last = newest.items[0]?.received_at ?? null
    const verdict = verdictOf(items, needs, last)
    const unusual = [...dead, ...skipped.filter((one) => stateOf(one) === 'superseded')]
      .sort((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at))
      .slice(0, 12)
    return pageHtml({
      frame,
      title: verdict.title,
      current: '/',
      live: true,
      children: (
        <>
          <Verdict {...{ verdict, frame, last, received: sum(ofDay, 'received') }} />
          <Integrations {...{ frame, items, ofDay }} />
          <Flow {...{ frame, period, items: ofPeriod }} />
          <Unusual {...{ frame, items: unusual }} />
        </>
      ),
    })
  })
}

/** Of all integrations, from the beginning of the period. */
export async function stats(api: PageApi, period: Period, now: number): Promise<readonly StatAnswer[]> {
  const { by, bucketMs, buckets } = PERIODS[period]
  const from = new Date(now - buckets * bucketMs).toISOString()
  return (await api.get<{ items: readonly StatAnswer[] }>('/stats', { by, from })).items
}

async function notArrived(api: PageApi, state: string, now: number): Promise<readonly DeliveryAnswer[]> {
  const from = new Date(now - DAY_MS).toISOString()
  return (await api.get<{ items: readonly DeliveryAnswer[] }>('/deliveries', { state, from, limit: 100 })).items
}

interface VerdictWords {
  readonly tone: Tone
  readonly glyph: GlyphName
  readonly sentence: string
  readonly why: string
  readonly title: string
}

/** It names at most two causes, then how many more there are. */
function verdictOf(items: readonly IntegrationAnswer[], needs: readonly Need[], last: string | null): VerdictWords {
  const waits = items.filter(({ open }) => open > 0)
  if (needs.length > 0) {
    const causes = needs.map(({ cause }) => cause)
    const rest = causes.length - 2
    const named = rest > 0 ? `${causes.slice(0, 2).join(', ')}, and ${rest} more` : causes.join(', and ')
    return {
      tone: 'fail',
      glyph: 'held',
      sentence: `Not everything is fine: ${named}`,
      why:
        needs.length === 1
          ? (needs[0]?.comfort ?? '')
          : 'Nothing is lost: what waits is stored, in order, and what is dead can be sent again.',
      title: named.charAt(0).toUpperCase() + named.slice(1),
    }
  }
  if (items.length === 0)
    return {
      tone: 'wait',
      glyph: 'waiting',
      sentence: 'Nothing is passed on yet: the config has no integration',
      why: 'Whatever Tracker says is stored. Add an integration to the config, reload, and it gets what comes from then on.',
      title: 'No integration',
    }
  if (last === null)
    return {
      tone: 'wait',
      glyph: 'waiting',
      sentence: 'Everything is ready; no activity has come yet',
      why: 'Show Tracker the way: the page Set-up has the address to paste.',
      title: 'Ready',
    }
  if (waits.length > 0) {
    const open = waits.reduce((all, one) => all + one.open, 0)
    const title = `${open} ${open === 1 ? 'delivery waits' : 'deliveries wait'}`
    return {
      tone: 'wait',
      glyph: 'waiting',
      sentence: `Fine, and ${title} for ${listed(waits.map(({ name }) => name))}`,
      why: 'Nobody is needed: they go on by themselves.',
      title,
    }
  }
  return {
    tone: 'fine',
    glyph: 'delivered',
    sentence: 'Everything is fine',
    why: 'All that was planned has arrived.',
    title: 'Everything is fine',
  }
}

function listed(names: readonly string[]): string {
  const rest = names.length - 2
  return rest > 0 ? `${names.slice(0, 2).join(', ')} and ${rest} more` : names.join(' and ')
}

function Verdict({
  verdict,
  frame,
  last,
  received,
}: {
  verdict: VerdictWords
  frame: Frame
  last: string | null
  received: number
}) {
  return (
    <section aria-labelledby="h">
      <div class={`verdict ${verdict.tone} notice`}>
        <Glyph name={verdict.glyph} />
        <div>
          <div role="status">
            <h1 id="h">{verdict.sentence}</h1>
          </div>
          <p class="lead">
            {verdict.why}{' '}
            {last === null ? (
              <a href={`${frame.base}/set-up`}>Set it up</a>
            ) : (
              <>
                The last activity came <Ago at={last} now={frame.now} />;{' '}
                <a
                  href={`${frame.base}${withQuery('/activities', { from: new Date(frame.now - DAY_MS).toISOString() })}`}
                >
                  {received} in the last 24 hours
                </a>
                .
              </>
            )}
          </p>
        </div>
      </div>
    </section>
  )
}

/** Those that need somebody first. */
export function Integrations({
  frame,
  items,
  ofDay,
}: {
  frame: Frame
  items: readonly IntegrationAnswer[]
  ofDay: readonly StatAnswer[]
}) {
  const urgency = (one: IntegrationAnswer): number => needOf(one)?.urgency ?? (one.standing.state === 'running' ? 9 : 8)
  const inOrder = [...items].sort((one, other) => urgency(one) - urgency(other) || one.name.localeCompare(other.name))
  if (items.length === 0) return null
  return (
    <section class="card flush" aria-label="Integrations">
      <table class="cards">
        <caption>
          <h2>Integrations</h2>
        </caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Why, and what to do</th>
            <th scope="col">Last success</th>
            <th scope="col">Waiting</th>
            <th scope="col">Dead</th>
            <th scope="col" class="num">
              Delivered, 24 h
            </th>
          </tr>
        </thead>
        <tbody>
          {inOrder.map((one) => (
            <IntegrationRow key={one.name} {...{ frame, one, ofDay }} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function IntegrationRow({ frame, one, ofDay }: { frame: Frame; one: IntegrationAnswer; ofDay: readonly StatAnswer[] }) {
  const { base, now } = frame
  const { name, standing, open, deliveries } = one
  const need = needOf(one)
  const delivered = buckets(ofDay, 'day', now, (stat) => (stat.integration === name ? stat.delivered : 0))
  const its = (query: object): string => `${base}${withQuery('/activities', { integration: name, ...query })}`
  const said = need !== null || standing.state !== 'running'
  return (
    <tr id={`row-${name}`}>
      <th scope="row">
        <a href={`${base}/integrations/${encodeURIComponent(name)}`}>
          <b>{name}</b>
        </a>{' '}
        {one.title === null || one.title.toLowerCase() === name ? null : <small class="sub">{one.title}</small>}
      </th>
      <td>
        <State state={integrationState(one)} />{' '}
        {standing.since === null ? null : (
          <small class="sub">
            for <Since at={standing.since} now={now} />
          </small>
        )}
      </td>
      <td class={said ? 'why wide' : 'none'}>
        {need === null && !said ? null : (
          <>
            <p>
              <a
                href={need?.urgency === 0 ? its({ state: 'dead' }) : `${base}/integrations/${encodeURIComponent(name)}`}
              >
                {need?.why ?? standing.sentence}
              </a>
            </p>
            {need === null ? null : (
              <p>
                <b>To do:</b> {need.toDo}
                {standing.until === null ? null : (
                  <>
                    {' '}
                    The relay tries again by itself at <Clock at={standing.until} now={now} />.
                  </>
                )}
              </p>
            )}
          </>
        )}
      </td>
      <td data-l="Last success">
        {one.last_success_at === null ? <Nothing says="not lately" /> : <Ago at={one.last_success_at} now={now} />}
      </td>
      <td data-l="Waiting" class={open === 0 ? 'none' : undefined}>
        {open === 0 ? (
          <Nothing />
        ) : (
          <>
            <a href={its({ state: 'open' })}>{open}</a>{' '}
            {one.oldest_open_at === null ? null : (
              <small class="sub">
                oldest <Since at={one.oldest_open_at} now={now} />
              </small>
            )}
          </>
        )}
      </td>
      <td data-l="Dead" class={deliveries.dead === 0 ? 'none' : undefined}>
        {deliveries.dead === 0 ? (
          <Nothing />
        ) : (
          <a class="st dead" href={its({ state: 'dead' })}>
            <Glyph name="dead" />
            {deliveries.dead}
          </a>
        )}
      </td>
      <td class="num" data-l="24 h">
        <Spark counts={delivered} /> {delivered.reduce((all, count) => all + count, 0)}
      </td>
    </tr>
  )
}

/** The oldest first; also those times in which nothing was done. */
function buckets(
  items: readonly StatAnswer[],
  period: Period,
  now: number,
  of: (stat: StatAnswer) => number,
): number[] {
  const { bucketMs, buckets: count } = PERIODS[period]
  const last = Math.floor(now / bucketMs)
  const counts = Array.from({ length: count }, () => 0)
  for (const stat of items) {
    const at = count - 1 - (last - Math.floor(Date.parse(stat.at) / bucketMs))
    if (at >= 0 && at < count) counts[at] = (counts[at] ?? 0) + of(stat)
  }
  return counts
}

function sum(items: readonly StatAnswer[], what: 'received' | 'delivered' | 'failed' | 'dead'): number {
  return items.reduce((all, stat) => all + stat[what], 0)
}

function Flow({ frame, period, items }: { frame: Frame; period: Period; items: readonly StatAnswer[] }) {
  const { title, of, bucketMs, buckets: count } = PERIODS[period]
  const { now } = frame
  const received = buckets(items, period, now, (stat) => stat.received)
  const delivered = buckets(items, period, now, (stat) => stat.delivered)
  const failed = buckets(items, period, now, (stat) => stat.failed + stat.dead)
  const spent = buckets(items, period, now, (stat) => (stat.latency_ms ?? 0) * stat.delivered)
  const latency = spent.map((ms, at) => ((delivered[at] ?? 0) === 0 ? null : ms / (delivered[at] ?? 1)))
  const slowest = slowestOf(items, period, now)
  const all = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0)
  const average = all(delivered) === 0 ? null : all(spent) / all(delivered)
  const worst = Math.max(0, ...slowest.map((one) => one ?? 0))
  const attempts = all(delivered) + all(failed)
  const start = <When at={new Date(now - count * bucketMs).toISOString()} now={now} />
  const most = (counts: readonly number[]): string =>
    `${all(counts)} in all, at most ${Math.max(...counts)} in one ${of}.`
  return (
    <section aria-labelledby="flow">
      <div class="head">
        <h2 id="flow">{title}</h2>
        <nav class="tabs" aria-label="Period">
          {(['hour', 'day', 'week'] as const).map((one) => (
            <a href={`${frame.base}/?period=${one}`} aria-current={one === period ? 'true' : undefined}>
              {one.charAt(0).toUpperCase() + one.slice(1)}
            </a>
          ))}
        </nav>
      </div>
      <div class="charts">
        <Chart name="Received" number={String(all(received))} start={start}>
          <Bars counts={received} says={`Activities received by ${of}: ${most(received)}`} />
        </Chart>
        <Chart name="Delivered" number={String(all(delivered))} start={start}>
          <Bars counts={delivered} tone="fine" says={`Deliveries by ${of}: ${most(delivered)}`} />
        </Chart>
        <Chart
          name="Failed attempts"
          number={String(all(failed))}
          small={attempts === 0 ? '' : `of ${attempts}`}
          start={start}
        >
          <Bars counts={failed} tone="fail" says={`Failed attempts by ${of}: ${most(failed)}`} />
        </Chart>
        <Chart
          name="Latency"
          number={average === null ? '–' : durationWords(average)}
          small={average === null ? '' : `on average, ${durationWords(worst)} at most`}
          start={start}
        >
          <Line
            values={latency}
            peaks={slowest}
            says={
              average === null
                ? 'Nothing was delivered.'
                : `From received to delivered: ${durationWords(average)} on average, ${durationWords(worst)} at most.`
            }
          />
        </Chart>
      </div>
    </section>
  )
}

function slowestOf(items: readonly StatAnswer[], period: Period, now: number): (number | null)[] {
  const { bucketMs, buckets: count } = PERIODS[period]
  const last = Math.floor(now / bucketMs)
  const found = Array.from<number | null>({ length: count }).fill(null)
  for (const { at, slowest_ms } of items) {
    const place = count - 1 - (last - Math.floor(Date.parse(at) / bucketMs))
    if (slowest_ms !== null && place >= 0 && place < count) found[place] = Math.max(found[place] ?? 0, slowest_ms)
  }
  return found
}

function Chart({
  name,
  number,
  small = '',
  start,
  children,
}: {
  name: string
  number: string
  small?: string
  start: preact.JSX.Element
  children: preact.JSX.Element
}) {
  return (
    <figure class="card chart">
      <figcaption>
        <span>{name}</span>
        <span>
          <b>{number}</b> <small>{small}</small>
        </span>
      </figcaption>
      {children}
      <p class="ax soft">
        <span>{start}</span>
        <span>now</span>
      </p>
    </figure>
  )
}

function Unusual({ frame, items }: { frame: Frame; items: readonly DeliveryAnswer[] }) {
  return (
    <section class="card flush" aria-label="What did not arrive">
      <table class="cards">
        <caption>
          <h2>What did not arrive, last 24 hours</h2>
        </caption>
        {items.length === 0 ? (
          <tbody>
            <tr>
              <td>Nothing: all that was planned has arrived, or is on its way.</td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Delivery</th>
                <th scope="col">Integration</th>
                <th scope="col">End</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.id} id={`delivery-${one.id}`}>
                  <td>
                    <When at={one.settled_at ?? one.created_at} now={frame.now} />
                  </td>
                  <th scope="row">
                    <a href={`${frame.base}/activities/${one.activity}#way-${encodeURIComponent(one.integration)}`}>
                      {one.kind}
                      {one.story === null ? '' : ` of story ${one.story}`}
                    </a>
                  </th>
                  <td>{one.integration}</td>
                  <td>
                    <State state={stateOf(one)} />
                  </td>
                  <td class="wide why">{one.note ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </table>
    </section>
  )
}
