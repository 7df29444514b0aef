import type { DeliveryAnswer } from '../api/deliveries.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import type { StatAnswer } from '../api/stats.ts'
import { type Sentences, sentencesOf } from './activity-row.ts'
import { Bars, Line, Spark } from './chart.tsx'
import { type DeadReasons, deadReasons } from './dead-reasons.ts'
import { DeliveryLink } from './delivery-link.tsx'
import { type Frame, Nothing, pageHtml } from './frame.tsx'
import { isGathering } from './gathering.ts'
import { integrationState, type Need, needOf } from './need.ts'
import { Note } from './note.tsx'
import { type PageApi, withQuery } from './page-api.ts'
import type { Pages } from './parts.ts'
import { Glyph, type GlyphName, State, stateOf, type Tone } from './states.tsx'
import { Ago, Clock, durationWords, Since, When } from './times.tsx'

const DAY_MS = 86_400_000
const MOST_UNUSUAL = 15

const PERIODS = {
  hour: { title: 'The last hour', ago: 'an hour ago', by: 'minute', bucketMs: 60_000, buckets: 60, of: 'minute' },
  day: { title: 'The last day', ago: 'a day ago', by: 'hour', bucketMs: 3_600_000, buckets: 24, of: 'hour' },
  week: { title: 'The last week', ago: 'a week ago', by: 'hour', bucketMs: 6 * 3_600_000, buckets: 28, of: '6 hours' },
} as const
type Period = keyof typeof PERIODS

/** Is everything fine? */
export function overviewPage({ page }: Pages): void {
  page('/', async ({ api, frame, query }) => {
    const period: Period = query.period === 'hour' || query.period === 'week' ? query.period : 'day'
    const [{ items }, newest, ofDay, ofPeriod, unusual, dead] = await Promise.all([
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
      api.get<{ items: readonly { received_at: string }[] }>('/activities', { limit: 1 }),
      stats(api, 'day', frame.now),
      stats(api, period, frame.now),
      unusualIn(api, frame.now),
      deadReasons(api),
    ])
    const needs = items.map((one) => needOf(one, dead.get(one.name))).filter((one) => one !== null)
    const last = newest.items[0]?.received_at ?? null
    const verdict = verdictOf(items, needs, last, frame.now)
    const sentences = await sentencesOf(api, unusual)
    return pageHtml({
      frame,
      title: verdict.title,
      current: '/',
      live: true,
      children: (
        <>
          <Verdict {...{ verdict, frame, last, received: sum(ofDay, 'received') }} />
          <Integrations {...{ frame, items, ofDay, dead }} />
          <Flow {...{ frame, period, items: ofPeriod }} />
          <Unusual {...{ frame, items: unusual, sentences }} />
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

/** Of a day, the latest. The dead are asked for besides: however many came after them, they are found. */
async function unusualIn(api: PageApi, now: number): Promise<readonly DeliveryAnswer[]> {
  const day = { from: new Date(now - DAY_MS).toISOString(), limit: MOST_UNUSUAL }
  const pages = await Promise.all(
    [{ state: 'dead' }, { unusual: 'true' }].map((query) =>
      api.get<{ items: readonly DeliveryAnswer[] }>('/deliveries', { ...query, ...day }),
    ),
  )
  const byId = new Map(pages.flatMap(({ items }) => items.map((one) => [one.id, one])))
  const settled = ({ settled_at, created_at }: DeliveryAnswer): number => Date.parse(settled_at ?? created_at)
  return [...byId.values()].sort((one, other) => settled(other) - settled(one)).slice(0, MOST_UNUSUAL)
}

interface VerdictWords {
  readonly tone: Tone
  readonly glyph: GlyphName
  readonly sentence: string
  readonly why: string
  readonly title: string
}

/** It names at most two causes, then how many more there are. */
function verdictOf(
  items: readonly IntegrationAnswer[],
  needs: readonly Need[],
  last: string | null,
  now: number,
): VerdictWords {
  const waits = items.filter((one) => one.open > 0 && !isGathering(one, now))
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
    why: items.some(({ open }) => open > 0)
      ? 'All that was planned has arrived, or waits for its digest.'
      : 'All that was planned has arrived.',
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
  dead,
}: {
  frame: Frame
  items: readonly IntegrationAnswer[]
  ofDay: readonly StatAnswer[]
  dead: DeadReasons
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
            <IntegrationRow key={one.name} {...{ frame, one, ofDay }} reason={dead.get(one.name)} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface RowProps {
  readonly frame: Frame
  readonly one: IntegrationAnswer
  readonly ofDay: readonly StatAnswer[]
  /** Why its latest dead delivery was given up. */
  readonly reason: string | undefined
}

function IntegrationRow({ frame, one, ofDay, reason }: RowProps) {
  const { base, now } = frame
  const { name, standing, open, deliveries } = one
  const need = needOf(one, reason)
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
            {one.next_digest_at !== null && isGathering(one, now) ? (
              <small class="sub">
                digest <Ago at={one.next_digest_at} now={now} />
              </small>
            ) : one.oldest_open_at === null ? null : (
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
  const { title, ago, of, bucketMs, buckets: count } = PERIODS[period]
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
  const most = (counts: readonly number[]): string => `at most ${Math.max(...counts)} in ${a(of)}`
  const sums = (counts: readonly number[]): string => `${all(counts)} in all, ${most(counts)}.`
  const times = Array.from({ length: count }, (_, at) => (Math.floor(now / bucketMs) - count + 1 + at) * bucketMs)
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
        <Chart name="Received" number={String(all(received))} ago={ago} most={most(received)}>
          <Bars counts={received} times={times} says={`Activities received by ${of}: ${sums(received)}`} />
        </Chart>
        <Chart name="Delivered" number={String(all(delivered))} ago={ago} most={most(delivered)}>
          <Bars counts={delivered} times={times} tone="fine" says={`Deliveries by ${of}: ${sums(delivered)}`} />
        </Chart>
        <Chart
          name="Failed attempts"
          number={String(all(failed))}
          small={attempts === 0 ? '' : `of ${attempts}`}
          ago={ago}
          most={most(failed)}
        >
          <Bars counts={failed} times={times} tone="fail" says={`Failed attempts by ${of}: ${sums(failed)}`} />
        </Chart>
        <Chart
          name="Latency"
          number={average === null ? '–' : durationWords(average)}
          small={average === null ? '' : 'on average'}
          ago={ago}
          most={average === null ? '' : `at most ${durationWords(worst)}`}
        >
          <Line
            values={latency}
            peaks={slowest}
            times={times}
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

/** "an hour", "a minute", "6 hours". */
function a(of: string): string {
  return /^\d/.test(of) ? of : of === 'hour' ? 'an hour' : `a ${of}`
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

interface ChartProps {
  readonly name: string
  readonly number: string
  readonly small?: string
  /** When it begins. */
  readonly ago: string
  /** How high it goes. */
  readonly most: string
  readonly children: preact.JSX.Element
}

function Chart({ name, number, small = '', ago, most, children }: ChartProps) {
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
        <span>{ago}</span>
        <span>{most}</span>
        <span>now</span>
      </p>
    </figure>
  )
}

function Unusual({
  frame,
  items,
  sentences,
}: {
  frame: Frame
  items: readonly DeliveryAnswer[]
  sentences: Sentences
}) {
  return (
    <section class="card flush" aria-label="What did not simply arrive">
      <table class="cards">
        <caption>
          <h2>What did not simply arrive, last 24 hours</h2>
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
                <th scope="col">Activity</th>
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
                  <th scope="row" class="wide">
                    <DeliveryLink frame={frame} delivery={one} sentence={sentences.get(one.activity)} />
                  </th>
                  <td>{one.integration}</td>
                  <td>
                    <State state={stateOf(one)} />
                  </td>
                  <td class="wide why">
                    <Note text={one.note ?? ''} />
                  </td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </table>
    </section>
  )
}
