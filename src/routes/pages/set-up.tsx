import type { ActivityAnswer } from '../api/activities.ts'
import type { CatchUpAnswer } from '../api/catch-ups.ts'
import type { IntegrationAnswer } from '../api/integrations.ts'
import { catchUpAction, MISSED_RESULTS, Missed } from './catch-up.tsx'
import { CopyField } from './copy-field.tsx'
import { Done } from './done.tsx'
import { type Frame, pageHtml } from './frame.tsx'
import { integrationState, needOf } from './need.ts'
import type { PageApi } from './page-api.ts'
import type { PageParts, Pages } from './parts.ts'
import { Glyph, State } from './states.tsx'
import { Ago } from './times.tsx'

const TRACKER = 'Tracker'

interface Project {
  readonly id: string
  readonly name: string
  /** One for each secret; for those who may only read, without it. */
  readonly urls: readonly string[]
  /** Where its stories are: Tracker, Linear. */
  readonly tool: string
  readonly paste: string
  readonly integrations: readonly string[]
  readonly last: ActivityAnswer | null
  /** "none", "2", "99+". */
  readonly rejected: string
  readonly missed: CatchUpAnswer | undefined
}

/** What to paste where, and whether it works. */
export function setUpPage(pages: Pages): void {
  const { page, parts } = pages
  catchUpAction(pages)
  page('/set-up', async (visit) => {
    const { api, frame, address } = visit
    const [{ items: integrations }, { items: catchUps }] = await Promise.all([
      api.get<{ items: readonly IntegrationAnswer[] }>('/integrations'),
      api.get<{ items: readonly CatchUpAnswer[] }>('/catch-ups'),
    ])
    const projects = await Promise.all(
      projectsOf(parts, frame, address).map(async (each) => ({
        ...each,
        integrations: integrations.filter(({ projects }) => projects.includes(each.id)).map(({ name }) => name),
        ...(await cameOf(api, each.id)),
        missed: catchUps.find(({ project }) => project === each.id),
      })),
    )
    const waiting = projects.filter(({ last }) => last === null)
    const unauthorised = integrations.filter((one) => isUnauthorised(one))
    const missing = [
      ...(waiting.length === 0 ? [] : [`the first activity of ${named(waiting.map(({ id }) => id))}`]),
      ...unauthorised.map(({ name }) => `the consent of ${name}’s account`),
    ]
    return pageHtml({
      frame,
      title:
        projects.length === 0
          ? 'No project yet'
          : waiting.length > 0
            ? 'Waiting for the first activity'
            : missing.length > 0
              ? 'Nearly set up'
              : 'Set up',
      current: '/set-up',
      live: true,
      children: (
        <>
          <div>
            <h1 id="h">Show {toolsOf(projects)} the way</h1>
            <p class="lead">
              {projects.length === 0
                ? 'The relay runs. Still missing: a project in its config.'
                : missing.length === 0
                  ? 'The relay runs, and every project has sent something.'
                  : `The relay runs. Still missing: ${missing.join(', and ')}.`}
            </p>
          </div>
          <Done visit={visit} results={MISSED_RESULTS} />
          <div class="cols">
            <div class="stack">
              {projects.length === 0 ? <FirstProject /> : null}
              {projects.map((project) => (
                <ProjectCard key={project.id} {...{ frame, project }} />
              ))}
              <WithoutTracker frame={frame} project={projects.find(({ tool }) => tool === TRACKER)} />
            </div>
            <aside class="stack" aria-label="On this side">
              <Ready {...{ frame, integrations, parts, address }} tools={toolsOf(projects)} />
            </aside>
          </div>
        </>
      ),
    })
  })
}

function projectsOf(
  parts: PageParts,
  { who }: Frame,
  address: string,
): readonly Pick<Project, 'id' | 'name' | 'urls' | 'tool' | 'paste'>[] {
  const mayCopy = who?.role === 'operate'
  const byId = new Map<string, { id: string; name: string; urls: string[]; tool: string; paste: string }>()
  for (const { project, name, path, tool, paste } of parts.hooks()) {
    const one = byId.get(project) ?? { id: project, name, urls: [], tool, paste }
    one.urls.push(`${address}${mayCopy ? path : path.replace(/[^/]+$/, '[secret]')}`)
    byId.set(project, one)
  }
  return [...byId.values()]
}

/** The tools of all projects, in one phrase. */
function toolsOf(projects: readonly Pick<Project, 'tool'>[]): string {
  const tools = [...new Set(projects.map(({ tool }) => tool))]
  return tools.length < 2 ? (tools[0] ?? TRACKER) : `${tools.slice(0, -1).join(', ')} and ${tools.at(-1)}`
}

async function cameOf(api: PageApi, project: string): Promise<Pick<Project, 'last' | 'rejected'>> {
  const [activities, rejected] = await Promise.all([
    api.get<{ items: readonly ActivityAnswer[] }>('/activities', { project, limit: 1 }),
    api.get<{ items: readonly unknown[] }>('/rejected', { project, limit: 100 }),
  ])
  const count = rejected.items.length
  return { last: activities.items[0] ?? null, rejected: count === 0 ? 'none' : count < 100 ? String(count) : '99+' }
}

function isUnauthorised(one: IntegrationAnswer): boolean {
  return needOf(one)?.cause.endsWith('is not authorised') === true
}

function named(ids: readonly string[]): string {
  const rest = ids.length - 3
  const shown = rest > 0 ? [...ids.slice(0, 3), `${rest} more`] : ids
  return `${ids.length === 1 ? 'project' : 'projects'} ${shown.join(', ')}`
}

function ProjectCard({ frame, project }: { frame: Frame; project: Project }) {
  const { id, name, last, integrations, tool, paste, missed } = project
  const title = name === id ? `Project ${id}` : `Project ${id} ${name}`
  return (
    <section class="card stack" aria-labelledby={`project-${id}`} id={`card-${id}`}>
      <h2 id={`project-${id}`}>{title}</h2>
      {last === null ? (
        <ol class="steps">
          <li>
            <div>
              <h3>Copy this address</h3>
              <Urls frame={frame} project={project} />
              <p class="soft">Its last part is the project’s secret: whoever knows it can hand in activities.</p>
            </div>
          </li>
          <li>
            <div>
              <h3>Paste it in {tool}</h3>
              <p>{paste}</p>
            </div>
          </li>
          <li>
            <div>
              <h3>Change something</h3>
              <p>
                Start a story, or write a comment. It appears here within a second or two
                {integrations.length === 0
                  ? '. No integration is listed for the project yet, so it is stored and causes nothing.'
                  : `, with what it caused in ${integrations.join(', ')}.`}
              </p>
            </div>
          </li>
        </ol>
      ) : null}
      <Strip frame={frame} last={last} />
      {last === null ? <NothingArrives {...{ frame, project }} /> : null}
      {missed === undefined ? null : <Missed {...{ frame, missed }} hasCome={last !== null} />}
      {last === null ? null : (
        <details>
          <summary>The address again</summary>
          <Urls frame={frame} project={project} />
        </details>
      )}
    </section>
  )
}

function Urls({ frame, project: { id, urls, tool } }: { frame: Frame; project: Project }) {
  return (
    <>
      {urls.map((url, at) => (
        <CopyField
          id={`hook-${id}-${at}`}
          label={`${tool === TRACKER ? 'Activity Web Hook' : 'Web hook'} URL of project ${id}${urls.length === 1 ? '' : `, ${at + 1} of ${urls.length}`}`}
          value={url}
          canCopy={frame.who?.role === 'operate'}
        />
      ))}
      {urls.length > 1 ? <p class="soft">Each of them works; the first is the newest in the config.</p> : null}
      {frame.who?.role === 'operate' ? null : (
        <p class="soft">Your token may only read, so the secret is hidden from you.</p>
      )}
    </>
  )
}

/** Turns green in the same place. */
function Strip({ frame: { base, now }, last }: { frame: Frame; last: ActivityAnswer | null }) {
  if (last === null)
    return (
      <p class="notice wait say" role="status">
        <Glyph name="waiting" beats />
        <span>
          <b>Waiting for the first activity…</b> This turns green by itself.
        </span>
      </p>
    )
  return (
    <p class="notice fine say" role="status">
      <Glyph name="delivered" />
      <span>
        <b>It works.</b> The last activity came <Ago at={last.received_at} now={now} />:{' '}
        <a href={`${base}/activities/${last.id}`}>{last.sentence ?? `${last.kind} ${last.id}`}</a>
      </span>
    </p>
  )
}

function NothingArrives({ frame, project: { id, rejected, tool } }: { frame: Frame; project: Project }) {
  return (
    <details>
      <summary>Nothing arrives?</summary>
      <dl class="facts">
        <dt>{tool} shows 404</dt>
        <dd>The secret or the project’s id is not the one above: copy the address again.</dd>
        {tool === TRACKER ? null : (
          <>
            <dt>{tool} shows 401</dt>
            <dd>The signature is not that of the signing secret in the config, or the time is too far away.</dd>
          </>
        )}
        <dt>{tool} shows 503</dt>
        <dd>
          The relay could not store it; its log line <code>not stored</code> says why.
        </dd>
        <dt>{tool} shows nothing</dt>
        <dd>
          Open the address above in a browser outside your network. It should say that it works and wants POST. If it
          does not open, a firewall, a proxy or the name is in the way.
        </dd>
        <dt>It was refused</dt>
        <dd>
          <a href={`${frame.base}/rejected?project=${encodeURIComponent(id)}`}>Rejected</a> has it with the reason:{' '}
          {rejected === 'none' ? 'none so far' : rejected}.
        </dd>
      </dl>
    </details>
  )
}

function WithoutTracker({ frame, project }: { frame: Frame; project: Project | undefined }) {
  if (project === undefined) return null
  const { id, urls, integrations } = project
  return (
    <section class="card stack" aria-labelledby="try">
      <h2 id="try">Try it without Tracker</h2>
      <p>From any terminal that reaches the relay, in the folder where it is installed:</p>
      <pre>{`curl --data-binary @config/example-activity.xml \\\n  ${urls[0]}`}</pre>
      {frame.who?.role === 'operate' ? null : (
        <p class="soft">
          Put the project’s secret in place of <code>[secret]</code>.
        </p>
      )}
      <p class="soft">
        This really sends what the example causes to{' '}
        {integrations.length === 0 ? 'no integration, since none is listed' : integrations.join(', ')}. To look first:{' '}
        <code>tracker-relay explain config/example-activity.xml --project {id}</code>.
      </p>
    </section>
  )
}

interface ReadyProps {
  readonly frame: Frame
  readonly integrations: readonly IntegrationAnswer[]
  readonly parts: PageParts
  readonly address: string
  readonly tools: string
}

function Ready({ frame: { base }, integrations, parts, address, tools }: ReadyProps) {
  return (
    <section class="card stack" aria-labelledby="ready">
      <h2 id="ready">Ready on this side</h2>
      <ul class="stack ready">
        <li>
          <State state="delivered" word="fine" />
          <span>The relay runs, and its database answers</span>
        </li>
        <li>
          {parts.publicUrl() === null ? (
            <>
              <State state="waiting" word="unsure" />
              <span>
                Reached as <code>{address}</code> by this browser. {tools} must reach it too: set{' '}
                <code>server.public_url</code> to the address that it uses.
              </span>
            </>
          ) : (
            <>
              <State state="delivered" word="fine" />
              <span>
                Reached as <code>{address}</code>
              </span>
            </>
          )}
        </li>
        {integrations.map((one) => {
          const connectUrl = parts.connectUrl(one.name)
          const its = <a href={`${base}/integrations/${encodeURIComponent(one.name)}`}>{one.name}</a>
          return (
            <li key={one.name} id={`ready-${one.name}`}>
              {isUnauthorised(one) ? <State state="held" word="not yet" /> : <State state={integrationState(one)} />}
              <span>
                {its}:{' '}
                {needOf(one)?.why ?? (one.projects.length === 0 ? 'no project lists it.' : one.standing.sentence)}
                {connectUrl !== null ? (
                  <>
                    {' '}
                    <a href={connectUrl}>
                      {isUnauthorised(one) ? 'Authorise it' : 'Its account'}
                      <span class="vh"> ({one.name})</span>
                    </a>
                    {isUnauthorised(one) ? '; what comes before is kept for it.' : ''}
                  </>
                ) : null}
              </span>
            </li>
          )
        })}
        {integrations.length === 0 ? (
          <li>
            <State state="waiting" word="not yet" />
            <span>
              No integration. <a href={`${base}/integrations`}>Add the first one</a>.
            </span>
          </li>
        ) : null}
      </ul>
    </section>
  )
}

function FirstProject() {
  return (
    <section class="card stack" aria-labelledby="first">
      <h2 id="first">Add a project to the config</h2>
      <p>
        Its <code>id</code> is the number in Tracker’s address of the project; the secret is long and random, such as
        from <code>openssl rand -hex 24</code>. Then reload, and this page shows the address to paste.
      </p>
      <pre>{EXAMPLE}</pre>
    </section>
  )
}

const EXAMPLE = `projects:
  - id: "1234567"
    name: Enterprise
    secret: \${HOOK_SECRET}
    integrations: [team-room]
`
