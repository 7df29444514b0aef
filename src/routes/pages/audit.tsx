import type { ComponentChildren } from 'preact'
import { ACTIONS } from '../../store/audit.ts'
import type { AuditAnswer } from '../api/audit.ts'
import { type Frame, Nothing, pageHtml } from './frame.tsx'
import { Older } from './older.tsx'
import type { Pages } from './parts.ts'
import { When } from './times.tsx'
import { flattened } from './trouble.ts'

/** Who did what, and when. */
export function auditPage({ page }: Pages): void {
  page('/audit', async ({ api, frame, query }) => {
    const { who = '', action = '', cursor = '' } = query
    const { items, next } = await api.get<{ items: readonly AuditAnswer[]; next: string | null }>('/audit', {
      who,
      action,
      cursor,
    })
    const isFiltered = who !== '' || action !== ''
    return pageHtml({
      frame,
      title: 'Audit list',
      current: null,
      live: cursor === '',
      children: (
        <>
          <div>
            <h1 id="h">Who did what</h1>
            <p class="lead">What people did to the relay, and what it gave up by itself, kept for a year.</p>
          </div>
          <form class="card row" method="get" action={`${frame.base}/audit`} aria-label="Filter" data-kept>
            <label class="field">
              Who
              <input name="who" value={who} autocomplete="off" />
            </label>
            <label class="field">
              What
              <select name="action">
                <option value="">everything</option>
                {ACTIONS.map((each) => (
                  <option selected={each === action}>{each}</option>
                ))}
              </select>
            </label>
            <button type="submit">Filter</button>
            <a class="btn" href={`${frame.base}/audit`}>
              All
            </a>
          </form>
          <Table {...{ frame, items, isFiltered }} />
          <Older frame={frame} path="/audit" query={{ who, action }} next={next} says="Older" />
        </>
      ),
    })
  })
}

function Table({ frame, items, isFiltered }: { frame: Frame; items: readonly AuditAnswer[]; isFiltered: boolean }) {
  return (
    <section class="card flush" aria-label="What was done">
      <table class="cards">
        <caption>
          <h2>The newest first</h2>
        </caption>
        {items.length === 0 ? (
          <tbody>
            <tr>
              <td>
                {isFiltered
                  ? 'Nothing matches. Remove a filter.'
                  : 'Nothing yet. What somebody pauses, replays, skips, links or erases is written down here.'}
              </td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">To which</th>
                <th scope="col">Particulars</th>
                <th scope="col">Result</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, at, who, action, subject, detail, result }) => (
                <tr key={id} id={`deed-${id}`}>
                  <td>
                    <When at={at} now={frame.now} />
                  </td>
                  <td data-l="Who">{who}</td>
                  <td data-l="What">
                    <b>{action}</b>
                  </td>
                  <th scope="row" data-l="To which">
                    <Subject frame={frame} subject={subject} />
                  </th>
                  <td class={detail === null ? 'none' : 'wide why'}>
                    {detail === null ? (
                      <Nothing />
                    ) : (
                      flattened(detail)
                        .map(([name, value]) => `${name}: ${value}`)
                        .join('; ')
                    )}
                  </td>
                  <td data-l="Result">{result}</td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </table>
    </section>
  )
}

/** Leads to what it was done to, where that has a page. */
function Subject({ frame: { base }, subject }: { frame: Frame; subject: string }): ComponentChildren {
  const [, kind = '', name = ''] = /^(integration|replay|story) ([\w-]+)/.exec(subject) ?? []
  const [, project = ''] = / of project (\S+)$/.exec(subject) ?? []
  if (kind === 'integration') return <a href={`${base}/integrations/${name}`}>{subject}</a>
  if (kind === 'replay' && /^\d+$/.test(name)) return <a href={`${base}/replays/${name}`}>{subject}</a>
  if (kind === 'story' && project !== '')
    return (
      <a href={`${base}/links?project=${encodeURIComponent(project)}&story=${encodeURIComponent(name)}`}>{subject}</a>
    )
  return <>{subject}</>
}
