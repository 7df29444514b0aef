import { REFUSAL_REASONS } from '../../queue/journal.ts'
import type { RejectedAnswer } from '../api/rejected.ts'
import { Done } from './done.tsx'
import { type Frame, Nothing, pageHtml } from './frame.tsx'
import { Older } from './older.tsx'
import type { Pages } from './parts.ts'
import { REJECTED_RESULTS, rejectedPage } from './rejected-one.tsx'
import { When } from './times.tsx'

/** What came and was not an activity. */
export function rejectedPages(pages: Pages): void {
  const { page, parts } = pages
  page('/rejected', async (visit) => {
    const { api, frame, query } = visit
    const { project = '', reason = '', cursor = '' } = query
    const { items, next } = await api.get<{ items: readonly RejectedAnswer[]; next: string | null }>('/rejected', {
      project,
      reason,
      cursor,
    })
    const isFiltered = project !== '' || reason !== ''
    const projects = new Map(parts.hooks().map((hook) => [hook.project, hook.name]))
    const count = next === null ? String(items.length) : `${items.length} or more`
    return pageHtml({
      frame,
      title: isFiltered || cursor !== '' ? 'Rejected' : items.length === 0 ? 'Nothing rejected' : `${count} rejected`,
      current: '/rejected',
      live: cursor === '',
      children: (
        <>
          <div>
            <h1 id="h">Rejected requests</h1>
            <p class="lead">
              What came to a web hook and was not an activity of the project. It is kept, so that it can be handed in
              again when the reason is mended.
            </p>
          </div>
          <Done visit={visit} results={REJECTED_RESULTS(frame)} />
          <form class="card row" method="get" action={`${frame.base}/rejected`} aria-label="Filter" data-kept>
            <label class="field">
              Project
              <select name="project">
                <option value="">all</option>
                {[...projects].map(([id, name]) => (
                  <option value={id} selected={id === project}>
                    {name === id ? id : `${id} ${name}`}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              Reason
              <select name="reason">
                <option value="">all</option>
                {REFUSAL_REASONS.map((each) => (
                  <option selected={each === reason}>{each}</option>
                ))}
              </select>
            </label>
            <button type="submit">Filter</button>
            <a class="btn" href={`${frame.base}/rejected`}>
              All
            </a>
          </form>
          <Table {...{ frame, items, isFiltered }} />
          <Older frame={frame} path="/rejected" query={{ project, reason }} next={next} says="Older" />
        </>
      ),
    })
  })
  rejectedPage(pages)
}

function Table({ frame, items, isFiltered }: { frame: Frame; items: readonly RejectedAnswer[]; isFiltered: boolean }) {
  return (
    <section class="card flush" aria-label="Rejected requests">
      <table class="cards">
        <caption>
          <h2>The newest first</h2>
        </caption>
        {items.length === 0 ? (
          <tbody>
            <tr>
              <td>
                {isFiltered ? 'Nothing matches. Remove a filter.' : 'Nothing rejected: every request was an activity.'}
              </td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Reason</th>
                <th scope="col">Project</th>
                <th scope="col">What was wrong</th>
                <th scope="col" class="num">
                  Bytes
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, received_at, reason, project, detail, body_bytes }) => (
                <tr key={id} id={`rejected-${id}`} data-row={id}>
                  <td>
                    <When at={received_at} now={frame.now} />
                  </td>
                  <th scope="row">
                    <a href={`${frame.base}/rejected/${id}`}>
                      {reason}
                      <span class="vh"> (request {id})</span>
                    </a>
                  </th>
                  <td data-l="Project" class={project === null ? 'none' : undefined}>
                    {project ?? <Nothing />}
                  </td>
                  <td class="wide why">{detail}</td>
                  <td class="num" data-l="Bytes">
                    {body_bytes}
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
