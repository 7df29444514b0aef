import { Fragment } from 'preact'
import type { ActivityAnswer } from '../api/activities.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import {
  type Filters,
  filtersIn,
  filterWords,
  isFiltered,
  listPath,
  STATE_CHOICES,
  timesOf,
} from './activity-filters.ts'
import { counted, nameOf, sentenceOf } from './activity-row.ts'
import { Ask } from './ask-button.tsx'
import { confirmPages } from './confirm.tsx'
import { type Frame, pageHtml } from './frame.tsx'
import { withQuery } from './page-api.ts'
import type { Pages } from './parts.ts'
import { Glyph, STATES, type StateName } from './states.tsx'
import { StoryId } from './story-id.tsx'
import { When } from './times.tsx'

/** With more, their names are in the rows. */
const MOST_COLUMNS = 8
const LIMIT = 50

type Row = ActivityAnswer

/** What Tracker said, and what became of it everywhere. */
export function activityPages(pages: Pages): void {
  const { page, parts } = pages
  confirmPages(pages)
  page('/activities', async ({ api, frame, query }) => {
    const filters = filtersIn(query)
    const { cursor = '', skipped } = query
    const { text, project, story, integration, state } = filters
    const [{ items, next }, { items: integrations }] = await Promise.all([
      api.get<{ items: readonly Row[]; next: string | null }>('/activities', {
        ...{ text, project, story, integration, state, cursor, limit: LIMIT },
        ...timesOf(filters),
      }),
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
    ])
    const names = columnsOf(items, integrations, filters)
    const said = filterWords(filters)
    return pageHtml({
      frame,
      title: said === '' ? 'Activities' : `Activities ${said}`,
      current: '/activities',
      live: cursor === '',
      children: (
        <>
          <section aria-labelledby="h" class="stack">
            <h1 id="h">Activities</h1>
            {skipped === undefined ? null : (
              <p class="notice fine" role="status">
                {counted(Number(skipped) || 0, 'delivery was', 'deliveries were')} skipped.
              </p>
            )}
            <Search
              {...{ frame, filters, projects: projectsOf(parts.hooks()) }}
              integrations={integrations.map(({ name }) => name)}
            />
            {isFiltered(filters) ? <Chosen {...{ frame, filters }} /> : null}
          </section>
          <List {...{ frame, filters, items, names, cursor, next }} />
        </>
      ),
    })
  })
}

/** Those that the project has, and those that rows tell of besides. */
function columnsOf(
  items: readonly Row[],
  integrations: readonly IntegrationAnswer[],
  { project }: Filters,
): readonly string[] {
  const own = integrations
    .filter(({ projects }) => project === '' || projects.includes(project))
    .map(({ name }) => name)
  const told = items.flatMap(({ ways }) => ways.map(({ integration }) => integration))
  return [...new Set([...own, ...told])]
}

function projectsOf(hooks: readonly { readonly project: string; readonly name: string }[]) {
  return [...new Map(hooks.map(({ project, name }) => [project, name]))]
}

interface SearchProps {
  readonly frame: Frame
  readonly filters: Filters
  readonly projects: readonly (readonly [string, string])[]
  readonly integrations: readonly string[]
}

function Search({ frame, filters, projects, integrations }: SearchProps) {
  const { text, project, story, integration, state, from, to } = filters
  const withOwn = (all: readonly string[], own: string): readonly string[] =>
    own === '' || all.includes(own) ? all : [...all, own]
  const titles = new Map(projects)
  const shownProjects = withOwn([...titles.keys()], project)
  return (
    <search aria-label="Activities">
      <form class="row" method="get" action={`${frame.base}/activities`}>
        <label class="field grow">
          Search
          <input type="search" name="text" value={text} placeholder="Story, ticket, author or words" maxlength={200} />
        </label>
        {shownProjects.length < 2 && project === '' ? null : (
          <Choice name="project" label="Project" value={project}>
            <option value="">All</option>
            {shownProjects.map((id) => (
              <option key={id} value={id} selected={id === project}>
                {nameOf(id, titles.get(id))}
              </option>
            ))}
          </Choice>
        )}
        {story === '' ? null : (
          <label class="field">
            Story
            <input name="story" value={story} size={10} maxlength={64} />
          </label>
        )}
        <Choice name="integration" label="Integration" value={integration}>
          <option value="">All</option>
          {withOwn(integrations, integration).map((name) => (
            <option key={name} value={name} selected={name === integration}>
              {name}
            </option>
          ))}
        </Choice>
        <Choice name="state" label="State" value={state}>
          {STATE_CHOICES.map(([value, word]) => (
            <option key={value} value={value} selected={value === state}>
              {word}
            </option>
          ))}
        </Choice>
        <label class="field">
          From
          <input type="date" name="from" value={from.slice(0, 10)} />
        </label>
        <label class="field">
          To
          <input type="date" name="to" value={to.slice(0, 10)} />
        </label>
        <button class="main" type="submit">
          Search
        </button>
      </form>
    </search>
  )
}

function Choice({
  name,
  label,
  children,
}: {
  name: string
  label: string
  value: string
  children: preact.ComponentChildren
}) {
  return (
    <label class="field">
      {label}
      <select name={name}>{children}</select>
    </label>
  )
}

/** What is chosen by the filters can be sent again or skipped together. */
function Chosen({ frame, filters }: { frame: Frame; filters: Filters }) {
  return (
    <div class="row">
      <span class="tick">Only those {filterWords(filters)}.</span>
      <a class="btn" href={`${frame.base}/activities`}>
        Show all
      </a>
      <Ask {...{ frame }} to={withQuery('/activities/send-again', { ...filters })}>
        Send these again…
      </Ask>
      <Ask {...{ frame }} to={withQuery('/activities/skip', { ...filters })}>
        Skip these…
      </Ask>
    </div>
  )
}

interface ListProps {
  readonly frame: Frame
  readonly filters: Filters
  readonly items: readonly Row[]
  readonly names: readonly string[]
  readonly cursor: string
  readonly next: string | null
}

function List({ frame, filters, items, names, cursor, next }: ListProps) {
  const hasColumns = names.length <= MOST_COLUMNS
  const columns = 3 + (hasColumns ? names.length : 1)
  return (
    <>
      <section class="card flush" aria-label="List">
        <div class="live">
          {cursor === '' ? (
            <>
              {/* What comes and goes stands last, so that nothing moves. */}
              <label class="tick" hidden>
                <input type="checkbox" data-keep-looking /> Keep looking
              </label>{' '}
              <span role="status" data-new></span>{' '}
              <a class="btn" data-show-new hidden href={listPath(frame, filters)}>
                Show them
              </a>
            </>
          ) : (
            <a class="btn" href={listPath(frame, filters)}>
              To the newest
            </a>
          )}
        </div>
        {items.length === 0 ? (
          <Empty {...{ frame, filters, isLast: next === null, isFirst: cursor === '' }} />
        ) : (
          <table class="cards ways" data-list>
            <caption class="vh">Activities, newest first, and what became of each in every integration</caption>
            <thead>
              <tr>
                <th scope="col">Received</th>
                <th scope="col">Story</th>
                <th scope="col">Activity</th>
                {hasColumns ? (
                  names.map((name) => (
                    <th key={name} scope="col" class="way">
                      {name}
                    </th>
                  ))
                ) : (
                  <th scope="col">Integrations</th>
                )}
              </tr>
            </thead>
            <tbody>
              {items.map((row, at) => (
                <Fragment key={row.id}>
                  {dayOf(row) === dayOf(items[at - 1]) ? null : (
                    <tr class="day" id={`day-${dayOf(row)}`}>
                      <th colspan={columns} scope="colgroup">
                        {dayWords(row.received_at, frame.now)} (UTC)
                      </th>
                    </tr>
                  )}
                  <ActivityRow {...{ frame, row, filters }} names={hasColumns ? names : null} />
                </Fragment>
              ))}
            </tbody>
          </table>
        )}
        {items.length === 0 ? null : <Legend />}
      </section>
      {next === null ? null : (
        <nav class="row" aria-label="Further">
          <a class="btn" href={listPath(frame, filters, { cursor: next })}>
            Older
          </a>{' '}
          <span class="soft">Days begin at midnight UTC.</span>
        </nav>
      )}
    </>
  )
}

function Empty({
  frame,
  filters,
  isFirst,
  isLast,
}: {
  frame: Frame
  filters: Filters
  isFirst: boolean
  isLast: boolean
}) {
  const { base } = frame
  if (!isLast)
    return (
      <p class="say">Nothing matches among the 5,000 activities that were looked at. The button Older looks further.</p>
    )
  if (!isFirst) return <p class="say">Nothing older matches.</p>
  const set = Object.entries(filters).filter(([, value]) => value !== '')
  if (set.length === 0)
    return (
      <p class="say">
        <span>
          No activity yet. <a href={`${base}/set-up`}>Show Tracker the way</a>.
        </span>
      </p>
    )
  return (
    <p class="say">
      <span>
        Nothing matches. Remove the filter{' '}
        {set.map(([name, value], at) => (
          <Fragment key={name}>
            {at === 0 ? '' : at === set.length - 1 ? ' or ' : ', '}
            <a href={listPath(frame, { ...filters, [name]: '' })}>{value}</a>
          </Fragment>
        ))}
        .
      </span>
    </p>
  )
}

function ActivityRow({
  frame,
  row,
  filters,
  names,
}: {
  frame: Frame
  row: Row
  filters: Filters
  /** Null: the names are in the row. */
  names: readonly string[] | null
}) {
  const { id, ways, received_at, stories, project } = row
  const [story] = stories
  const states = new Map(ways.map((way) => [way.integration, way.state]))
  return (
    <tr id={`activity-${id}`} data-row={id}>
      <td>
        <When at={received_at} now={frame.now} />
      </td>
      <td>
        {story === undefined ? null : (
          <a
            href={listPath(frame, { ...filters, project, story: story.id })}
            aria-label={`Only story ${story.id}`}
            title={story.name ?? undefined}
          >
            <StoryId id={story.id} />
          </a>
        )}
        {stories.length < 2 ? null : <small> +{stories.length - 1}</small>}
      </td>
      <th scope="row" class="wide">
        <a href={`${frame.base}/activities/${id}`}>{sentenceOf(row)}</a>
      </th>
      {names === null ? (
        <td class="wide">
          <Names ways={ways} />
        </td>
      ) : (
        names.map((name) => <WayCell key={name} name={name} state={states.get(name) ?? 'not concerned'} />)
      )}
    </tr>
  )
}

function WayCell({ name, state }: { name: string; state: StateName }) {
  const { tone, glyph, word } = STATES[state]
  return (
    <td class={`way ${tone}${state === 'not concerned' ? ' none-way' : ''}`} data-l={name} title={`${name}: ${word}`}>
      <Glyph name={glyph} />
      <span class="vh">{word}</span>
    </td>
  )
}

function Names({ ways }: { ways: Row['ways'] }) {
  if (ways.length === 0) return <small>concerns no integration</small>
  const skipped = ways.filter(({ state }) => state === 'skipped').map(({ integration }) => integration)
  const isMuch = skipped.length > 1
  const named = isMuch ? ways.filter(({ state }) => state !== 'skipped') : ways
  return (
    <ul class="names">
      {named.map(({ integration, state }) => {
        const { tone, glyph, word } = STATES[state]
        const isQuiet = tone === 'fine' || tone === 'off'
        return (
          <li key={integration} class={tone}>
            <Glyph name={glyph} /> {integration} <b class={isQuiet ? 'vh' : undefined}>{word}</b>
          </li>
        )
      })}
      {isMuch ? (
        <li class="off" title={skipped.join(', ')}>
          <Glyph name="skipped" /> {skipped.length} skipped<span class="vh">: {skipped.join(', ')}</span>
        </li>
      ) : null}
    </ul>
  )
}

const LEGEND: readonly StateName[] = [
  ...([
    'delivered',
    'confirmed',
    'in part',
    'pending',
    'waiting',
    'in doubt',
    'held',
    'skipped',
    'dead',
    'not concerned',
  ] as const),
]

function Legend() {
  return (
    <ul class="legend">
      {LEGEND.map((state) => (
        <li key={state}>
          <span class={STATES[state].tone}>
            <Glyph name={STATES[state].glyph} />
          </span>{' '}
          {state === 'confirmed'
            ? 'confirmed: found there after a doubt'
            : state === 'in part'
              ? 'in part: the target refused the rest'
              : state === 'skipped'
                ? 'skipped or superseded'
                : STATES[state].word}
        </li>
      ))}
    </ul>
  )
}

function dayOf(row: Row | undefined): string {
  return row?.received_at.slice(0, 10) ?? ''
}

/** "Saturday 28 November"; another year is named. */
function dayWords(at: string, now: number): string {
  const isThisYear = at.slice(0, 4) === new Date(now).toISOString().slice(0, 4)
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(Date.parse(at))
}
