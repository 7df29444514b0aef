import type { IntegrationAnswer } from '../api/integrations.ts'
import type { LinkAnswer } from '../api/links.ts'
import { askPage } from './ask.tsx'
import { Done, goDone, Result } from './done.tsx'
import { Csrf, type Frame, Nothing, pageHtml } from './frame.tsx'
import { Older } from './older.tsx'
import { ApiRefusal, withQuery } from './page-api.ts'
import type { Pages, Visit } from './parts.ts'
import { When } from './times.tsx'

interface Given {
  readonly project: string
  readonly story: string
  readonly ticket: string
  readonly integration: string
  readonly url: string
}

const RESULTS = {
  set: () => 'The link is set. What is planned for the story goes to that ticket.',
  'set-none': () => 'It is set that the story has no ticket.',
  forgotten: () => 'The link is forgotten. The story is looked up again when something happens to it.',
}

/** Which ticket each story is linked to. */
export function linkPages({ page, action, parts }: Pages): void {
  const projects = () => new Map(parts.hooks().map(({ project, name }) => [project, name]))

  async function show(visit: Visit, given: Given | null, refused: string | null): Promise<string> {
    const { api, frame, query } = visit
    const { project = '', story = '', ticket = '', cursor = '' } = query
    const [links, { items: integrations }] = await Promise.all([
      api.get<{ items: readonly LinkAnswer[]; next: string | null }>('/links', { project, story, ticket, cursor }),
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
    ])
    const isFiltered = project !== '' || story !== '' || ticket !== ''
    const about = { project, story, ticket }
    return pageHtml({
      frame,
      title: isFiltered ? `Links of ${[project, story, ticket].filter((each) => each !== '').join(', ')}` : 'Links',
      current: '/links',
      children: (
        <>
          <div>
            <h1 id="h">Links of stories to tickets</h1>
            <p class="lead">
              Tracker tells them with its activities. A link that is set here goes before, until an activity tells
              another one.
            </p>
          </div>
          <Done visit={visit} results={RESULTS} />
          {refused === null ? null : <Result tone="fail">{refused}</Result>}
          <Search frame={frame} given={about} />
          <Table {...{ frame, links: links.items, isFiltered }} />
          <Older frame={frame} path="/links" query={about} next={links.next} />
          <SetLink
            frame={frame}
            given={given ?? { ...NOTHING, project, story, ticket }}
            projects={projects()}
            integrations={integrations}
          />
        </>
      ),
    })
  }

  page('/links', (visit) => show(visit, null, null))

  action('/links', async (visit) => {
    const { project = '', story = '', ticket = '', integration = '', url = '', none = '' } = visit.form
    const isNone = none !== ''
    const body = {
      external_id: isNone ? null : ticket.trim(),
      ...(isNone || integration === '' ? {} : { integration }),
      ...(isNone || url.trim() === '' ? {} : { external_url: url.trim() }),
    }
    const [inProject, ofStory] = [project.trim(), story.trim().replace(/^#/, '')]
    try {
      if (inProject === '' || ofStory === '' || body.external_id === '')
        throw new ApiRefusal(400, '', 'Nothing was set: give a project, a story, and a ticket or that there is none.')
      await visit.api.send('PUT', `/links/${encodeURIComponent(inProject)}/${encodeURIComponent(ofStory)}`, body)
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status >= 500) throw error
      void visit.reply.code(error.status)
      return await show(visit, { project, story, ticket, integration, url }, error.message)
    }
    return goDone(visit, '/links', isNone ? 'set-none' : 'set', { project: inProject, story: ofStory })
  })

  page('/links/:project/:story/forget', async ({ api, frame, params }) => {
    const { project = '', story = '' } = params
    const at = `/links/${encodeURIComponent(project)}/${encodeURIComponent(story)}`
    const link = await api.get<LinkAnswer>(at)
    return askPage({
      frame,
      current: '/links',
      from: { path: '/links', says: 'Links' },
      question: `Forget the link of story ${story}?`,
      children: (
        <p>
          Project {project}, story {story}: {link.external_id === null ? 'known to have no ticket' : link.external_id}
          {link.system === null ? '' : ` in ${link.system}`}. Once it is forgotten, the story is looked up again when
          something happens to it; nothing is changed in Tracker or at the ticket.
        </p>
      ),
      to: `${at}/forget`,
      button: 'Forget it',
    })
  })

  action('/links/:project/:story/forget', async (visit) => {
    const { project = '', story = '' } = visit.params
    await visit.api.send('DELETE', `/links/${encodeURIComponent(project)}/${encodeURIComponent(story)}`)
    return goDone(visit, '/links', 'forgotten')
  })
}

const NOTHING: Given = { project: '', story: '', ticket: '', integration: '', url: '' }

function Search({ frame, given }: { frame: Frame; given: Pick<Given, 'project' | 'story' | 'ticket'> }) {
  return (
    <form class="card row" method="get" action={`${frame.base}/links`} aria-label="Search links">
      <label class="field">
        Project
        <input name="project" value={given.project} autocomplete="off" />
      </label>
      <label class="field">
        Story
        <input name="story" value={given.story} autocomplete="off" />
      </label>
      <label class="field grow">
        Ticket, its whole id
        <input name="ticket" value={given.ticket} autocomplete="off" />
      </label>
      <button type="submit">Search</button>
      <a class="btn" href={`${frame.base}/links`}>
        All
      </a>
    </form>
  )
}

const SOURCES = { activity: 'an activity', api: 'Tracker, when asked', operator: 'a person' } as const

function Table({ frame, links, isFiltered }: { frame: Frame; links: readonly LinkAnswer[]; isFiltered: boolean }) {
  const mayForget = frame.who?.role === 'operate'
  return (
    <section class="card flush" aria-label="Links">
      <table class="cards">
        <caption>
          <h2>Links</h2>
        </caption>
        {links.length === 0 ? (
          <tbody>
            <tr>
              <td>
                {isFiltered
                  ? 'Nothing matches. Search for less, or set this link below.'
                  : 'No link yet. They come with the activities of stories that were imported from a ticket system; you can also set one below.'}
              </td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">Story</th>
                <th scope="col">Project</th>
                <th scope="col">Ticket</th>
                <th scope="col">System</th>
                <th scope="col">Told by</th>
                <th scope="col">When</th>
                <th scope="col">
                  <span class="vh">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {links.map((link) => (
                <tr key={`${link.project} ${link.story}`} id={`link-${link.project}-${link.story}`}>
                  <th scope="row" data-l="Story">
                    <a href={`${frame.base}${withQuery('/activities', { project: link.project, story: link.story })}`}>
                      #{link.story}
                    </a>
                  </th>
                  <td data-l="Project">{link.project}</td>
                  <td data-l="Ticket">
                    <Ticket link={link} />
                  </td>
                  <td data-l="System" class={link.system === null ? 'none' : undefined}>
                    {link.system ?? <Nothing />}{' '}
                    {link.integration_id === null ? null : (
                      <small class="sub">Tracker’s integration {link.integration_id}</small>
                    )}
                  </td>
                  <td data-l="Told by">{SOURCES[link.source]}</td>
                  <td data-l="When">
                    <When at={link.learned_at} now={frame.now} />
                  </td>
                  <td>
                    {mayForget ? (
                      <a
                        href={`${frame.base}/links/${encodeURIComponent(link.project)}/${encodeURIComponent(link.story)}/forget`}
                      >
                        Forget…<span class="vh"> (story {link.story})</span>
                      </a>
                    ) : null}
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

function Ticket({ link: { external_id, external_url } }: { link: LinkAnswer }) {
  if (external_id === null) return <span class="soft">has none</span>
  // What Tracker or a person told need not be the address of a page.
  if (external_url === null || !/^https?:\/\//i.test(external_url)) return <>{external_id}</>
  return (
    <a href={external_url} rel="noreferrer">
      {external_id}
    </a>
  )
}

function SetLink({
  frame,
  given,
  projects,
  integrations,
}: {
  frame: Frame
  given: Given
  projects: ReadonlyMap<string, string>
  integrations: readonly IntegrationAnswer[]
}) {
  const cannot = frame.who?.role !== 'operate'
  const places = integrations.filter(({ type }) => type !== null)
  const about = { project: given.project, story: given.story }
  return (
    <section class="card stack" aria-labelledby="set">
      <h2 id="set">Set a link</h2>
      <form class="stack" method="post" action={`${frame.base}${withQuery('/links', about)}`}>
        <Csrf frame={frame} />
        <div class="row">
          <label class="field">
            Project
            <input name="project" value={given.project} list="projects" required autocomplete="off" />
          </label>
          <datalist id="projects">
            {[...projects].map(([id, name]) => (
              <option value={id}>{name}</option>
            ))}
          </datalist>
          <label class="field">
            Story, its number
            <input name="story" value={given.story} required autocomplete="off" />
          </label>
          <label class="field">
            Integration of the ticket
            <select name="integration">
              <option value="">the only one that has it</option>
              {places.map(({ name, title }) => (
                <option value={name} selected={name === given.integration}>
                  {name}
                  {title === null || title.toLowerCase() === name ? '' : ` (${title})`}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            Ticket, its id there
            <input name="ticket" value={given.ticket} autocomplete="off" />
          </label>
          <label class="field grow">
            Its address, if you like
            <input name="url" type="url" value={given.url} autocomplete="off" />
          </label>
        </div>
        <div class="row">
          <label class="tick">
            <input type="checkbox" name="none" value="yes" /> The story has no ticket
          </label>
          <button type="submit" class="main" disabled={cannot} title={cannot ? 'Your token may only read' : undefined}>
            Set the link
          </button>
        </div>
      </form>
    </section>
  )
}
