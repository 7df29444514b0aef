import type { ImportAnswer, TicketAnswer } from '../api/imports.ts'
import type { WholeIntegrationAnswer } from '../api/integrations.ts'
import type { LinkAnswer } from '../api/links.ts'
import { CopyField } from './copy-field.tsx'
import { Action } from './frame.tsx'
import { ApiRefusal } from './page-api.ts'
import type { Visit } from './parts.ts'
import { State } from './states.tsx'
import { isLinkTo } from './ticket-links.ts'
import { Ago, Clock } from './times.tsx'

const SHOWN = 20

export interface ImportFacts {
  readonly about: ImportAnswer
  readonly paths: readonly string[]
  readonly tickets: readonly TicketAnswer[]
  readonly isMore: boolean
  /** The links of those tickets that are stories already. */
  readonly links: ReadonlyMap<string, LinkAnswer>
}

/** Never asks the source, since a page that is left open would ask it again and again. Null: no import. */
export async function importFacts(
  { api }: Visit,
  one: WholeIntegrationAnswer,
  paths: readonly string[],
): Promise<ImportFacts | null> {
  const { items } = await api.get<{ items: readonly ImportAnswer[] }>('/imports')
  const about = items.find(({ integration }) => integration === one.name)
  if (about === undefined) return null
  const kept = about.read_at === null ? null : await keptTickets(api, one.name)
  const tickets = kept?.items ?? []
  const found = await Promise.all(
    tickets.map(async ({ external_id }) => {
      const { items: links } = await api.get<{ items: readonly LinkAnswer[] }>('/links', { ticket: external_id })
      return links.filter((link) => isLinkTo(link, one))
    }),
  )
  const links = new Map(found.flat().map((link) => [link.external_id ?? '', link]))
  return { about, paths, tickets, isMore: kept?.more ?? false, links }
}

async function keptTickets(
  api: Visit['api'],
  name: string,
): Promise<{ readonly items: readonly TicketAnswer[]; readonly more: boolean } | null> {
  try {
    return await api.get(`/imports/${encodeURIComponent(name)}/tickets`, { limit: SHOWN, kept: 'true' })
  } catch (error) {
    // The list was dropped meanwhile.
    if (error instanceof ApiRefusal && error.status < 500) return null
    throw error
  }
}

/** The list as Tracker's import panel shows it. */
export function ImportPanel({ visit, facts }: { visit: Visit; facts: ImportFacts }) {
  const { frame, address } = visit
  const { about, paths, tickets, isMore } = facts
  const mayCopy = frame.who?.role === 'operate'
  const refresh = `/integrations/${encodeURIComponent(about.integration)}/refresh`
  return (
    <section class="card flush" aria-labelledby="import">
      <div class="stack pad">
        <h2 id="import">Import panel</h2>
        <Age {...{ frame, about }} leftOut={isMore ? 0 : (about.tickets ?? 0) - tickets.length} />
        {paths.map((path, at) => {
          const id = `import-${at}`
          const isSecret = path.split('/').length > 3
          return (
            <CopyField
              id={id}
              label={`Import API URL, for Tracker${paths.length > 1 ? ` (${at + 1})` : ''}`}
              value={
                isSecret && !mayCopy ? `${address}${path.replace(/[^/]+\.xml$/, '[secret].xml')}` : `${address}${path}`
              }
              canCopy={!isSecret || mayCopy}
            />
          )
        })}
        {about.access === 'login' ? (
          <p class="soft">
            Its login is in the config: <code>import.username</code> and <code>import.password</code>.
          </p>
        ) : null}
        {about.ready ? (
          <div class="row">
            <Action frame={frame} to={refresh} disabled={about.reading}>
              {about.read_at === null ? 'Read the tickets' : 'Read afresh'}
            </Action>
          </div>
        ) : null}
      </div>
      {tickets.length === 0 ? null : (
        <ul class="panel">
          {tickets.map((ticket) => (
            <Ticket key={ticket.external_id} {...{ visit, ticket, link: facts.links.get(ticket.external_id) }} />
          ))}
        </ul>
      )}
      {isMore ? (
        <p class="soft pad">
          The first {tickets.length} of {about.tickets ?? 'more'}.
        </p>
      ) : null}
    </section>
  )
}

/** @param leftOut how many the panel does not show, since they are stories already */
function Age({ frame, about, leftOut }: { frame: Visit['frame']; about: ImportAnswer; leftOut: number }) {
  const { read_at, reading, ready, failure, tickets } = about
  if (!ready) return <p>Its settings do not say which tickets to import; the connector’s page names the setting.</p>
  return (
    <>
      <p>
        {failure !== null ? (
          <>
            <State state="held" word={read_at === null ? 'no list' : 'older list'} />{' '}
          </>
        ) : reading ? (
          <>
            <State state="delivering" word="reading" />{' '}
          </>
        ) : read_at === null ? (
          <>
            <State state="pending" word="not read yet" />{' '}
          </>
        ) : (
          <>
            <State state="delivered" word="fine" />{' '}
          </>
        )}
        {read_at === null ? (
          'It is read when Tracker asks for it.'
        ) : (
          <>
            {tickets === 1 ? '1 ticket' : `${tickets ?? 0} tickets`}
            {leftOut > 0 ? `, ${leftOut} of them left out as ${leftOut === 1 ? 'a story' : 'stories'} already` : ''},
            read <Ago at={read_at} now={frame.now} />.
          </>
        )}
      </p>
      {failure === null ? null : (
        <p>
          {failure.message}. The source is asked again from <Clock at={failure.again_at} now={frame.now} seconds /> on
          {read_at === null ? '.' : '; until then Tracker is shown this last good list, marked as such.'}
        </p>
      )}
    </>
  )
}

function Ticket({
  visit: { frame },
  ticket,
  link,
}: {
  visit: Visit
  ticket: TicketAnswer
  link: LinkAnswer | undefined
}) {
  const { external_id, name, story_type, estimate, requested_by } = ticket
  const points = estimate === null ? '' : estimate === 1 ? '1 point' : `${estimate} points`
  const query =
    link === undefined ? '' : `?project=${encodeURIComponent(link.project)}&story=${encodeURIComponent(link.story)}`
  return (
    <li>
      <span class="soft">{link === undefined ? story_type : 'linked'}</span>
      <span>{name}</span>
      <span>{external_id}</span>
      <small>
        {link === undefined ? (
          [points, requested_by].filter((each) => each !== '').join(', ')
        ) : (
          <>
            is story <a href={`${frame.base}/links${query}`}>#{link.story}</a> already
          </>
        )}
      </small>
    </li>
  )
}
