import { Fragment } from 'preact'
import type { Effect } from '../../connectors/contract/effect.ts'
import type { WholeActivityAnswer } from '../api/activities.ts'
import type { DeliveryAnswer, DeliveryWithAttemptsAnswer } from '../api/deliveries.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import type { LinkAnswer } from '../api/links.ts'
import { listPath } from './activity-filters.ts'
import { counted, nameOf, sentenceOf } from './activity-row.ts'
import { Ask } from './ask-button.tsx'
import { Timeline } from './attempts.tsx'
import { wayAnchor } from './delivery-link.tsx'
import { EffectWords, effectTitle } from './effect-words.tsx'
import { Action, type Frame, pageHtml } from './frame.tsx'
import { Note } from './note.tsx'
import { type PageApi, withQuery } from './page-api.ts'
import type { Pages } from './parts.ts'
import { NEED, STATES, State, type StateName, stateOf } from './states.tsx'
import { StoryId } from './story-id.tsx'
import { Ago, Clock, durationWords, Since } from './times.tsx'
import { wordsSent } from './words-sent.ts'

/** So many deliveries are shown with their attempts. */
const MOST_READ = 20
/** So many characters of the body are shown. */
const MOST_SHOWN = 64 * 1024
/** The tickets of so many stories are looked up. */
const MOST_LINKS = 10

/** An activity, and its way through every integration of its project. */
export function activityPage({ page, action, parts }: Pages): void {
  page('/activities/:id', async ({ api, frame, params, query }) => {
    const activity = await api.get<WholeActivityAnswer>(`/activities/${encodeURIComponent(params.id ?? '')}`)
    const of = { projectId: activity.project, activityId: activity.id }
    const [{ items: integrations }, read, links, storyPages] = await Promise.all([
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
      withAttempts(api, activity),
      linksOf(api, activity),
      Promise.all(activity.stories.slice(0, MOST_LINKS).map(({ id }) => parts.storyPage(of, id))),
    ])
    const ways = waysOf(activity, integrations, read)
    const sentence = sentenceOf(activity)
    const needing = ways.filter(({ state }) => NEEDS.has(state))
    const [first] = needing
    const projects = new Map(parts.hooks().map(({ project, name }) => [project, name]))
    return pageHtml({
      frame,
      title: first === undefined ? sentence : `${first.name} ${STATES[first.state].word}: ${sentence}`,
      current: '/activities',
      live: true,
      children: (
        <>
          <section aria-labelledby="h">
            <p class="crumb">
              <a href={`${frame.base}/activities`}>Activities</a> / {activity.id}
            </p>
            <h1 id="h">{sentence}</h1>
            <Done says={query.done} />
            <Lead {...{ frame, activity, ways }} />
          </section>
          <Track {...{ frame, activity, ways }} />
          <div class="cols">
            <div class="stack">
              {ways
                .filter((way) => !isQuiet(way))
                .map((way) => (
                  <WaySection key={way.name} {...{ frame, activity, way, links }} />
                ))}
              <NotConcerned frame={frame} ways={ways.filter(isQuiet)} />
            </div>
            <aside class="stack aside" aria-label="The activity itself">
              <Facts
                {...{ frame, activity, links, storyPages }}
                tool={parts.toolOf(activity.project)}
                project={nameOf(activity.project, projects.get(activity.project))}
              />
              <Body {...{ frame, activity }} />
            </aside>
          </div>
        </>
      ),
    })
  })

  page('/activities/:id/body', async ({ api, params, reply }) => {
    const id = encodeURIComponent(params.id ?? '')
    const { body, body_encoding, content_type } = await api.get<WholeActivityAnswer>(`/activities/${id}`)
    const ending =
      content_type?.includes('json') === true ? 'json' : content_type?.includes('xml') === true ? 'xml' : 'txt'
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="activity-${id}.${ending}"`)
      .header('x-content-type-options', 'nosniff')
      .send(Buffer.from(body, body_encoding))
  })

  action('/activities/:id/try/:integration', async ({ api, params, go }) => {
    const name = encodeURIComponent(params.integration ?? '')
    await api.send('POST', `/integrations/${name}/resume`)
    return go(
      `/activities/${encodeURIComponent(params.id ?? '')}?done=tried#${encodeURIComponent(wayAnchor(params.integration ?? ''))}`,
    )
  })
}

const DONE: Readonly<Record<string, string>> = {
  tried: 'The integration is tried now; what comes of it shows here.',
  sent: 'The delivery is in the queue again.',
  skipped: 'The delivery was skipped; its story goes on.',
}

function Done({ says }: { says: string | undefined }) {
  const words = says === undefined || !Object.hasOwn(DONE, says) ? undefined : DONE[says]
  return words === undefined ? null : (
    <p class="notice fine" role="status">
      {words}
    </p>
  )
}

/** A delivery as the page shows it. */
interface Shown {
  readonly delivery: DeliveryAnswer
  readonly state: StateName
  /** Null: there are too many deliveries to read those of all. */
  readonly attempts: DeliveryWithAttemptsAnswer['attempts_made'] | null
}

interface Way {
  readonly name: string
  readonly integration: IntegrationAnswer | undefined
  readonly state: StateName
  readonly why: string
  readonly planned: readonly object[]
  readonly deliveries: readonly Shown[]
}

const NEEDS: ReadonlySet<StateName> = new Set(['dead', 'held', 'not configured'])
const HAVE: ReadonlySet<StateName> = new Set(['delivered', 'confirmed', 'in part'])
const OFF: ReadonlySet<StateName> = new Set(['skipped', 'superseded'])

const needed = (state: StateName): number => NEED.indexOf(state)

/** Of those that need somebody most, the attempts. */
async function withAttempts(
  api: PageApi,
  { integrations }: WholeActivityAnswer,
): Promise<ReadonlyMap<number, DeliveryWithAttemptsAnswer>> {
  const all = integrations.flatMap(({ deliveries }) => deliveries)
  const chosen = [...all].sort((one, other) => needed(stateOf(one)) - needed(stateOf(other))).slice(0, MOST_READ)
  const read = await Promise.all(chosen.map(({ id }) => api.get<DeliveryWithAttemptsAnswer>(`/deliveries/${id}`)))
  return new Map(read.map((one) => [one.id, one]))
}

async function linksOf(api: PageApi, { project, stories }: WholeActivityAnswer): Promise<readonly LinkAnswer[]> {
  const pages = await Promise.all(
    stories
      .slice(0, MOST_LINKS)
      .map(({ id }) => api.get<{ items: readonly LinkAnswer[] }>('/links', { project, story: id, limit: 1 })),
  )
  return pages.flatMap(({ items }) => items)
}

/** Those of the project, and those that it caused something in; who needs somebody comes first. */
function waysOf(
  activity: WholeActivityAnswer,
  integrations: readonly IntegrationAnswer[],
  read: ReadonlyMap<number, DeliveryWithAttemptsAnswer>,
): readonly Way[] {
  const known = new Map(integrations.map((one) => [one.name, one]))
  return activity.integrations
    .filter(
      ({ integration, deliveries }) =>
        deliveries.length > 0 || known.get(integration)?.projects.includes(activity.project) === true,
    )
    .map(({ integration, why, planned, deliveries }) => {
      const shown = deliveries.map((delivery): Shown => {
        const whole = read.get(delivery.id)
        return whole === undefined
          ? { delivery, state: stateOf(delivery), attempts: null }
          : { delivery: whole, state: stateOf(whole), attempts: whole.attempts_made }
      })
      const [state = 'not concerned'] = shown.map((one) => one.state).sort((one, other) => needed(one) - needed(other))
      return { name: integration, integration: known.get(integration), state, why, planned, deliveries: shown }
    })
    .sort((one, other) => needed(one.state) - needed(other.state) || one.name.localeCompare(other.name))
}

function Lead({ frame, activity, ways }: { frame: Frame; activity: WholeActivityAnswer; ways: readonly Way[] }) {
  const concerned = ways.filter(({ deliveries }) => deliveries.length > 0)
  const count = (states: (state: StateName) => boolean): number => concerned.filter(({ state }) => states(state)).length
  const have = count((state) => HAVE.has(state))
  const off = count((state) => OFF.has(state))
  const dead = count((state) => state === 'dead')
  const wait = concerned.length - have - off - dead
  const parts = [
    ...(have === 0 ? [] : [`${have} ${have === 1 ? 'has' : 'have'} it`]),
    ...(wait === 0 ? [] : [`${wait} ${wait === 1 ? 'waits' : 'wait'}`]),
    ...(dead === 0 ? [] : [`${dead} ${dead === 1 ? 'was' : 'were'} given up`]),
    ...(off === 0 ? [] : [`${off} ${off === 1 ? 'was' : 'were'} skipped`]),
  ]
  const needing = ways.filter(({ state }) => NEEDS.has(state)).map(({ name }) => name)
  return (
    <p class="lead">
      Received <Ago at={activity.received_at} now={frame.now} />.{' '}
      {concerned.length === 0
        ? `It concerns none of ${counted(ways.length, 'integration', 'integrations')}.`
        : `It concerns ${concerned.length} of ${counted(ways.length, 'integration', 'integrations')}: ${parts.join(', ')}.`}{' '}
      {needing.length === 0 ? null : (
        <b>
          {needing.length === 1 ? 'One needs you' : `${needing.length} need you`}: {needing.join(', ')}.
        </b>
      )}
    </p>
  )
}

function Track({ frame, activity, ways }: { frame: Frame; activity: WholeActivityAnswer; ways: readonly Way[] }) {
  if (ways.length === 0) return null
  return (
    <nav aria-label="Its way">
      <ul class="track">
        {ways.map((way) => (
          <li key={way.name}>
            <a href={`#${wayAnchor(way.name)}`}>
              <b>{way.name}</b>
              <State state={way.state} />
              <small>
                <Short {...{ frame, activity, way }} />
              </small>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** Why it is there, or how long it took, in a few words. */
function Short({ frame, activity, way }: { frame: Frame; activity: WholeActivityAnswer; way: Way }) {
  const { state, integration } = way
  const delivery = way.deliveries.find((one) => one.state === state)?.delivery
  if (delivery === undefined) return <>nothing planned</>
  const standing = integration?.standing
  if (delivery.settled_at !== null) {
    if (state === 'dead') return <>after {counted(delivery.attempts, 'attempt', 'attempts')}</>
    if (OFF.has(state)) return <>{beginningOf(delivery.note)}</>
    return <>after {durationWords(Math.max(0, Date.parse(delivery.settled_at) - Date.parse(activity.received_at)))}</>
  }
  if (standing?.state === 'paused') return <>paused</>
  if (standing?.state === 'held' && standing.since !== null)
    return (
      <>
        for <Since at={standing.since} now={frame.now} />
      </>
    )
  if (standing?.state === 'capped') return <>cap of the day</>
  if (state === 'delivering') return <>now</>
  if (delivery.digest === 'next') return <>next digest</>
  if (delivery.due_at === null) return <>in line</>
  return (
    <>
      next <Ago at={delivery.due_at} now={frame.now} />
    </>
  )
}

/** "not linked", of "not linked: no activity has told of a ticket". */
function beginningOf(note: string | null): string {
  const [beginning = ''] = (note ?? '').split(':')
  return beginning.length > 0 && beginning.length <= 30 ? beginning : 'see why'
}

interface SectionProps {
  readonly frame: Frame
  readonly activity: WholeActivityAnswer
  readonly way: Way
  readonly links: readonly LinkAnswer[]
}

function WaySection({ frame, activity, way, links }: SectionProps) {
  const { name, integration, state, deliveries, why, planned } = way
  const [only] = deliveries
  const id = wayAnchor(name)
  const isOne = deliveries.length === 1 && only !== undefined
  const unlinked = unlinkedStory(activity, way, links)
  const title = integration?.title ?? null
  return (
    <section class="card stack" id={id} aria-labelledby={`${id}-h`}>
      <div class="head">
        <h2 id={`${id}-h`}>
          <a href={`${frame.base}/integrations/${encodeURIComponent(name)}`}>{name}</a>{' '}
          {title === null || title.toLowerCase() === name.toLowerCase() ? null : <small>{title} </small>}
          <State state={state} />
        </h2>
        <div class="row">
          {integration?.standing.state === 'held' && deliveries.some(({ delivery }) => delivery.settled_at === null) ? (
            <Action frame={frame} to={`/activities/${activity.id}/try/${encodeURIComponent(name)}`} about={name}>
              Try now
            </Action>
          ) : null}
          {unlinked === null ? null : (
            <Ask frame={frame} to={withQuery('/links', { project: activity.project, story: unlinked })} about={name}>
              Link the story…
            </Ask>
          )}
          {isOne ? <Buttons {...{ frame, activity }} shown={only} about={name} /> : null}
        </div>
      </div>
      {deliveries.length === 0 ? (
        <>
          <p>{why}</p>
          {planned.length === 0 ? null : (
            <>
              <p>Planned anew, it would cause:</p>
              {planned.map((effect, at) => (
                <EffectWords key={at} effect={effect as Effect} />
              ))}
            </>
          )}
        </>
      ) : (
        deliveries.map((shown) => <DeliveryPart key={shown.delivery.id} {...{ frame, activity, way, shown, isOne }} />)
      )}
    </section>
  )
}

/** Nothing was planned, and nothing would be today. */
function isQuiet({ deliveries, planned }: Way): boolean {
  return deliveries.length === 0 && planned.length === 0
}

/** Why nothing was planned, for all of them in one place. */
function NotConcerned({ frame, ways }: { frame: Frame; ways: readonly Way[] }) {
  if (ways.length === 0) return null
  return (
    <section class="card stack" aria-labelledby="quiet">
      <h2 id="quiet">
        Nothing planned <State state="not concerned" />
      </h2>
      <dl class="facts">
        {ways.map(({ name, why }) => (
          <Fragment key={name}>
            <dt id={wayAnchor(name)}>
              <a href={`${frame.base}/integrations/${encodeURIComponent(name)}`}>{name}</a>
            </dt>
            <dd>{why}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  )
}

/** A story without a known ticket, of something that only a ticket could get. */
function unlinkedStory(
  { stories }: WholeActivityAnswer,
  { deliveries }: Way,
  links: readonly LinkAnswer[],
): string | null {
  const linked = new Set(links.filter(({ external_id }) => external_id !== null).map(({ story }) => story))
  const looked = new Set(stories.slice(0, MOST_LINKS).map(({ id }) => id))
  const missing = deliveries.find(
    ({ delivery: { kind, story, state } }) =>
      (kind === 'comment' || kind === 'state') &&
      (state === 'skipped' || state === 'dead') &&
      story !== null &&
      looked.has(story) &&
      !linked.has(story),
  )
  return missing?.delivery.story ?? null
}

function DeliveryPart({
  frame,
  activity,
  way,
  shown,
  isOne,
}: Omit<SectionProps, 'links'> & { shown: Shown; isOne: boolean }) {
  const { delivery, state, attempts } = shown
  const effect = delivery.effect as Effect
  const saidInAttempts = attempts?.at(-1)?.note === delivery.note
  return (
    <div class="stack" id={`delivery-${delivery.id}`}>
      {isOne ? null : (
        <div class="head">
          <h3>
            {effectTitle(effect)} <State state={state} />
          </h3>
          <div class="row">
            <Buttons {...{ frame, activity, shown }} about={`${way.name}, ${effectTitle(effect)}`} />
          </div>
        </div>
      )}
      <EffectWords effect={effect} sent={attempts === null ? null : wordsSent(attempts)} />
      {delivery.note === null || saidInAttempts ? null : (
        <p class="words">
          <Note text={delivery.note} />
        </p>
      )}
      {attempts === null ? (
        <p class="soft">
          It was tried {counted(delivery.attempts, 'time', 'times')}. The page shows the attempts of {MOST_READ}{' '}
          deliveries at most.
        </p>
      ) : (
        <Timeline
          {...{ delivery, attempts }}
          integration={way.integration}
          receivedAt={activity.received_at}
          now={frame.now}
        />
      )}
    </div>
  )
}

/** What can be done with a delivery in its state. */
function Buttons({
  frame,
  activity,
  shown: { delivery },
  about,
}: {
  frame: Frame
  activity: WholeActivityAnswer
  shown: Shown
  about: string
}) {
  const to = (what: string): string => `/activities/${activity.id}/${what}?delivery=${delivery.id}`
  return (
    <>
      {delivery.settled_at === null || delivery.state === 'dead' ? (
        <Ask frame={frame} to={to('skip')} about={about}>
          Skip…
        </Ask>
      ) : null}
      {delivery.settled_at === null ? null : (
        <Ask frame={frame} to={to('send-again')} about={about}>
          Send again…
        </Ask>
      )}
    </>
  )
}

function Facts({
  frame,
  activity,
  project,
  links,
  storyPages,
  tool,
}: {
  frame: Frame
  activity: WholeActivityAnswer
  project: string
  links: readonly LinkAnswer[]
  /** Their addresses in the tool, in the order of the stories. */
  storyPages: readonly string[]
  tool: string
}) {
  const { now } = frame
  const { stories, kind, occurred_at, received_at, content_type, bytes, id } = activity
  const tickets = links.filter(({ external_id }) => external_id !== null)
  return (
    <section class="card stack" aria-labelledby="facts">
      <h2 id="facts">The activity</h2>
      <dl class="facts">
        {stories.length === 0 ? null : (
          <>
            <dt>{stories.length === 1 ? 'Story' : 'Stories'}</dt>
            <dd>
              {stories.slice(0, MOST_LINKS).map((story, at) => (
                <div key={story.id}>
                  <a href={storyPages[at] ?? ''} rel="noreferrer">
                    <StoryId id={story.id} /> in {tool}
                  </a>
                  {story.name === null ? '' : ` ${story.name}`},{' '}
                  <a href={listPath(frame, { project: activity.project, story: story.id })}>
                    its activities<span class="vh"> (story {story.id})</span>
                  </a>
                </div>
              ))}
              {stories.length > MOST_LINKS ? <div>and {stories.length - MOST_LINKS} more</div> : null}
            </dd>
          </>
        )}
        {tickets.length === 0 ? null : (
          <>
            <dt>{tickets.length === 1 ? 'Ticket' : 'Tickets'}</dt>
            <dd>
              {tickets.map((link) => (
                <div key={link.story}>
                  <Ticket link={link} />
                </div>
              ))}
            </dd>
          </>
        )}
        <dt>Project</dt>
        <dd>{project}</dd>
        <dt>Kind</dt>
        <dd>
          <code>{kind}</code>
        </dd>
        {activity.author === null || activity.author === '' ? null : (
          <>
            <dt>Author</dt>
            <dd>{activity.author}</dd>
          </>
        )}
        <dt>Happened</dt>
        <dd>
          <Clock at={occurred_at} now={now} seconds />
        </dd>
        <dt>Received</dt>
        <dd>
          <Clock at={received_at} now={now} seconds />
        </dd>
        <dt>Came as</dt>
        <dd>
          {content_type ?? 'no content type'}, {bytes} bytes
        </dd>
      </dl>
      <div class="row">
        <Ask frame={frame} to={`/activities/${id}/plan-anew`} about="the whole activity">
          Plan anew…
        </Ask>
      </div>
    </section>
  )
}

/** Only an address of the web is one to follow. */
function Ticket({ link: { external_id, external_url, system } }: { link: LinkAnswer }) {
  const name = `${external_id ?? ''}${system === null ? '' : ` (${system})`}`
  return external_url !== null && /^https?:\/\//i.test(external_url) ? (
    <a href={external_url} rel="noreferrer">
      {name}
    </a>
  ) : (
    <span>{name}</span>
  )
}

function Body({ frame, activity: { id, body, body_encoding } }: { frame: Frame; activity: WholeActivityAnswer }) {
  return (
    <section class="card stack" aria-labelledby="raw">
      <h2 id="raw">As it came</h2>
      {body_encoding === 'base64' ? (
        <p>The body is not in UTF-8, so it is not shown here.</p>
      ) : (
        <pre class="raw" tabindex={0}>
          {body.slice(0, MOST_SHOWN)}
        </pre>
      )}
      {body_encoding === 'utf8' && body.length > MOST_SHOWN ? <p class="soft">Only its beginning is shown.</p> : null}
      <p>
        <a href={`${frame.base}/activities/${id}/body`}>Download the body</a>
      </p>
    </section>
  )
}
