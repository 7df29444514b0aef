import type { DeliveryAnswer } from '../api/deliveries.ts'
import type { WholeIntegrationAnswer } from '../api/integrations.ts'
import type { StatAnswer } from '../api/stats.ts'
import { type Sentences, sentencesOf } from './activity-row.ts'
import { deadReasons } from './dead-reasons.ts'
import { DeliveryLink } from './delivery-link.tsx'
import { Done } from './done.tsx'
import { Action, type Frame, Nothing, pageHtml } from './frame.tsx'
import { isGathering } from './gathering.ts'
import { type ImportFacts, ImportPanel, importFacts } from './import-panel.tsx'
import { INTEGRATION_RESULTS } from './integration-actions.tsx'
import { integrationState, needOf, type Piece, stepsOf } from './need.ts'
import { Note } from './note.tsx'
import { withQuery } from './page-api.ts'
import type { Pages, Visit } from './parts.ts'
import { STATES, State, stateOf } from './states.tsx'
import { type LinkCount, linkCount } from './ticket-links.ts'
import { Ago, Clock, durationWords, Since, When } from './times.tsx'
import { flattened, secretsAmong } from './trouble.ts'

const DAY_MS = 86_400_000

/** How one integration stands, why, and what to do. */
export function integrationPage({ page, parts }: Pages): void {
  page('/integrations/:name', async (visit) => {
    const { api, frame, params } = visit
    const name = params.name ?? ''
    const one = await api.get<WholeIntegrationAnswer>(`/integrations/${encodeURIComponent(name)}`)
    const from = new Date(frame.now - DAY_MS).toISOString()
    const [{ items: latest }, { items: ofDay }, imports, links, deadOnes] = await Promise.all([
      api.get<{ items: readonly DeliveryAnswer[] }>('/deliveries', { integration: name, limit: 10 }),
      api.get<{ items: readonly StatAnswer[] }>('/stats', { by: 'hour', integration: name, from }),
      importFacts(visit, one, parts.importPaths(name)),
      linkCount(api, one),
      deadReasons(api, name),
    ])
    const sentences = await sentencesOf(api, latest)
    const word = STATES[integrationState(one)].word
    const waits = one.open === 0 ? '' : `, ${one.open} waiting`
    const dead = one.deliveries.dead === 0 ? '' : `, ${one.deliveries.dead} dead`
    return pageHtml({
      frame,
      title: `${name}: ${word}${waits}${dead}`,
      current: '/integrations',
      live: true,
      children: (
        <Whole
          {...{ visit, one, latest, sentences, ofDay, imports, links }}
          connectUrl={parts.connectUrl(name)}
          deadReason={deadOnes.get(name)}
        />
      ),
    })
  })
}

interface WholeProps {
  readonly visit: Visit
  readonly one: WholeIntegrationAnswer
  readonly latest: readonly DeliveryAnswer[]
  readonly sentences: Sentences
  readonly ofDay: readonly StatAnswer[]
  /** Null: it has no import. */
  readonly imports: ImportFacts | null
  readonly links: LinkCount | null
  readonly connectUrl: string | null
  readonly deadReason: string | undefined
}

function Whole({ visit, one, latest, sentences, ofDay, imports, links, connectUrl, deadReason }: WholeProps) {
  const { frame } = visit
  return (
    <>
      <Head {...{ frame, one, connectUrl }} />
      <Done visit={visit} results={INTEGRATION_RESULTS} />
      <div class="cols">
        <div class="stack">
          <Why {...{ frame, one, connectUrl, deadReason }} />
          <Latest {...{ frame, one, latest, sentences }} />
          <Settings {...{ one }} />
        </div>
        <aside class="stack" aria-label="Standing and import">
          <Standing {...{ frame, one, ofDay, links }} />
          {imports === null ? null : <ImportPanel {...{ visit, facts: imports }} />}
        </aside>
      </div>
    </>
  )
}

function Head({ frame, one, connectUrl }: { frame: Frame; one: WholeIntegrationAnswer; connectUrl: string | null }) {
  const { name, standing, type, title } = one
  const path = `/integrations/${encodeURIComponent(name)}`
  const isPaused = standing.state === 'paused'
  return (
    <section aria-labelledby="h">
      <p class="crumb">
        <a href={`${frame.base}/integrations`}>Integrations</a> / {name}
      </p>
      <div class="head">
        <h1 id="h">
          {name} <State state={integrationState(one)} />{' '}
          {title === null || title.toLowerCase() === name ? null : <small>{title}</small>}
        </h1>
        {type === null ? null : (
          <div class="row">
            {isPaused ? (
              <Action frame={frame} to={`${path}/resume`} main>
                {standing.paused_by === 'target' ? 'Try now' : 'Resume'}
              </Action>
            ) : standing.state === 'held' ? (
              <Action frame={frame} to={`${path}/try`} main>
                Try now
              </Action>
            ) : null}
            <Action frame={frame} to={`${path}/check`}>
              Check now
            </Action>
            <Leads frame={frame} to={`${path}/test`}>
              Send a test message…
            </Leads>
            {isPaused ? null : (
              <Leads frame={frame} to={`${path}/pause`}>
                Pause…
              </Leads>
            )}
            {connectUrl === null ? null : (
              <a class="btn" href={connectUrl}>
                Authorise or disconnect
              </a>
            )}
          </div>
        )}
      </div>
    </section>
  )
}

/** A button that leads to a page that asks first. */
function Leads({ frame, to, children }: { frame: Frame; to: string; children: string }) {
  if (frame.who?.role === 'operate')
    return (
      <a class="btn" href={`${frame.base}${to}`}>
        {children}
      </a>
    )
  return (
    <button type="button" disabled title="Your token may only read">
      {children}
    </button>
  )
}

interface WhyProps {
  readonly frame: Frame
  readonly one: WholeIntegrationAnswer
  readonly connectUrl: string | null
  readonly deadReason: string | undefined
}

function Why({ frame, one, connectUrl, deadReason }: WhyProps) {
  const { standing, open, oldest_open_at, next_digest_at, name, deliveries } = one
  const { now, base } = frame
  const need = needOf(one, deadReason)
  const tone =
    need === null
      ? open > 0 && !isGathering(one, now)
        ? 'wait'
        : standing.state === 'paused'
          ? 'off'
          : 'fine'
      : 'fail'
  const steps = stepsOf({ one, settings: flattened(one.settings), connectUrl })
  const waits = (
    <>
      <a href={`${base}${withQuery('/activities', { integration: name, state: 'open' })}`}>
        {open} {open === 1 ? 'delivery waits' : 'deliveries wait'}
      </a>
      {next_digest_at !== null && isGathering(one, now) ? (
        <>
          {' '}
          for the digest at <Clock at={next_digest_at} now={now} />
        </>
      ) : oldest_open_at === null ? null : (
        <>
          , the oldest since <When at={oldest_open_at} now={now} />
        </>
      )}
      {standing.state === 'running' ? '.' : '; they use up no attempts and keep their order.'}
    </>
  )
  if (need === null && standing.state === 'running' && open === 0) return null
  return (
    <section class={`notice ${tone} stack`} aria-labelledby="why">
      <div role="status">
        <h2 id="why">{headline(one, deadReason, now)}</h2>
      </div>
      <p>
        {standing.since === null ? null : (
          <>
            {STATES[integrationState(one)].word === 'paused' ? 'Paused' : 'Held'} since{' '}
            <Clock at={standing.since} now={now} />, for <Since at={standing.since} now={now} />.{' '}
          </>
        )}
        {open === 0 ? 'Nothing waits.' : waits}
      </p>
      {steps.length === 0 ? null : (
        <ol>
          {steps.map((step) => (
            <li>
              <Step pieces={step} />
            </li>
          ))}
        </ol>
      )}
      {standing.until === null ? null : (
        <p>
          {standing.state === 'capped' ? 'Sending goes on by itself at ' : 'Until then one delivery is tried: next at '}
          <Clock at={standing.until} now={now} />.
        </p>
      )}
      {deliveries.dead === 0 ? null : (
        <p>
          <a href={`${base}${withQuery('/activities', { integration: name, state: 'dead' })}`}>
            {deliveries.dead} {deliveries.dead === 1 ? 'delivery is dead' : 'deliveries are dead'}
          </a>
          : kept, and can be sent again once the reason is mended.
        </p>
      )}
    </section>
  )
}

function headline(one: WholeIntegrationAnswer, deadReason: string | undefined, now: number): string {
  const { standing, deliveries, limits } = one
  if (standing.state === 'paused' && standing.paused_by === 'operator') return `Paused: ${standing.reason ?? ''}`
  if (standing.state === 'held' || standing.state === 'paused') return standing.reason ?? standing.sentence
  if (standing.state === 'capped') return `The cap of ${limits.max_per_day} messages a day is reached`
  if (standing.state === 'not configured') return standing.sentence
  if (deliveries.dead > 0) return needOf(one, deadReason)?.why ?? ''
  return isGathering(one, now) ? 'Running, and the next digest is gathered' : 'Running, and something waits'
}

function Step({ pieces }: { pieces: readonly Piece[] }) {
  return (
    <>
      {pieces.map((piece) =>
        typeof piece === 'string' ? (
          piece
        ) : 'code' in piece ? (
          <code>{piece.code}</code>
        ) : (
          <a href={piece.url}>{piece.says}</a>
        ),
      )}
    </>
  )
}

function Latest({
  frame,
  one,
  latest,
  sentences,
}: {
  frame: Frame
  one: WholeIntegrationAnswer
  latest: readonly DeliveryAnswer[]
  sentences: Sentences
}) {
  return (
    <section class="card flush" aria-label="Latest deliveries">
      <table class="cards">
        <caption>
          <h2>Latest deliveries</h2>
        </caption>
        {latest.length === 0 ? (
          <tbody>
            <tr>
              <td>
                {one.projects.length === 0
                  ? 'None: no project lists this integration.'
                  : 'None yet. What Tracker says from now on is planned for it.'}
              </td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Activity</th>
                <th scope="col">State</th>
                <th scope="col" class="num">
                  Attempts
                </th>
                <th scope="col">What the target said</th>
              </tr>
            </thead>
            <tbody>
              {latest.map((each) => (
                <tr key={each.id} id={`delivery-${each.id}`}>
                  <td>
                    <When at={each.settled_at ?? each.last_failed_at ?? each.created_at} now={frame.now} />
                  </td>
                  <th scope="row" class="wide">
                    <DeliveryLink frame={frame} delivery={each} sentence={sentences.get(each.activity)} />
                  </th>
                  <td>
                    <State state={stateOf(each)} />
                  </td>
                  <td class="num" data-l="Attempts">
                    {each.attempts}
                  </td>
                  <td class={each.note === null ? 'none' : 'wide why'}>
                    {each.note === null ? <Nothing says="nothing" /> : <Note text={each.note} />}
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

function Settings({ one }: { one: WholeIntegrationAnswer }) {
  const rows = flattened(one.settings)
  const secrets = new Set(secretsAmong(rows).map(([name]) => name))
  if (rows.length === 0) return null
  return (
    <section class="card flush" aria-label="Settings">
      <table class="cards">
        <caption>
          <h2>Settings</h2>
          <p class="soft">As written in the config; what is not here has its default.</p>
        </caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr>
              <th scope="row" class="wide">
                <code>{name}</code>
              </th>
              <td class="wide">
                <code>{secrets.has(name) || value === '[secret]' ? <span class="soft">[secret]</span> : value}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface StandingProps {
  readonly frame: Frame
  readonly one: WholeIntegrationAnswer
  readonly ofDay: readonly StatAnswer[]
  readonly links: LinkCount | null
}

function Standing({ frame, one, ofDay, links }: StandingProps) {
  const { base, now } = frame
  const { name, limits, last_success_at, projects } = one
  const its = (state: string): string => `${base}${withQuery('/activities', { integration: name, state })}`
  const delivered = ofDay.reduce((all, stat) => all + stat.delivered, 0)
  const spent = ofDay.reduce((all, stat) => all + (stat.latency_ms ?? 0) * stat.delivered, 0)
  const slowest = Math.max(0, ...ofDay.map((stat) => stat.slowest_ms ?? 0))
  return (
    <section class="card stack" aria-labelledby="standing">
      <h2 id="standing">Standing</h2>
      <dl class="facts">
        <dt>Last success</dt>
        <dd>{last_success_at === null ? 'not lately' : <Ago at={last_success_at} now={now} />}</dd>
        <dt>Waiting</dt>
        <dd>{one.open === 0 ? '0' : <a href={its('open')}>{one.open}</a>}</dd>
        <dt>Dead</dt>
        <dd>{one.deliveries.dead === 0 ? '0' : <a href={its('dead')}>{one.deliveries.dead}</a>}</dd>
        <dt>Delivered, 24 h</dt>
        <dd>{delivered}</dd>
        <dt>Latency, 24 h</dt>
        <dd>
          {delivered === 0
            ? 'nothing was delivered'
            : `${durationWords(spent / delivered)} on average, ${durationWords(slowest)} at most`}
        </dd>
        <dt>Rate</dt>
        <dd>
          {limits.max_per_minute === null ? 'no limit set' : `${limits.max_per_minute} a minute`}
          {limits.waiting_for_rate === 0 ? '' : `; ${limits.waiting_for_rate} wait for it`}
        </dd>
        <dt>Day cap</dt>
        <dd>
          {limits.max_per_day === null
            ? 'none set'
            : `${limits.sent_today ?? 0} of ${limits.max_per_day} sent today (UTC)`}
          {limits.waiting_for_cap === 0 ? '' : `; ${limits.waiting_for_cap} wait for tomorrow`}
        </dd>
        <dt>At a time</dt>
        <dd>{limits.concurrency ?? 'unknown'}</dd>
        <dt>Serves</dt>
        <dd>
          {projects.length === 0
            ? 'no project'
            : `${projects.length === 1 ? 'project' : 'projects'} ${projects.join(', ')}`}
        </dd>
        {links === null ? null : (
          <>
            <dt>Links</dt>
            <dd>
              <a href={`${base}${withQuery('/links', { project: projects.length === 1 ? projects[0] : undefined })}`}>
                {links.isMore
                  ? `${links.count} or more stories`
                  : links.count === 1
                    ? '1 story'
                    : `${links.count} stories`}
              </a>
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}
