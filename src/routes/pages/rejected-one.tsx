import type { ComponentChildren } from 'preact'
import type { HandedInAnswer, WholeRejectedAnswer } from '../api/rejected.ts'
import { askPage } from './ask.tsx'
import { goDone, Result } from './done.tsx'
import { Csrf, type Frame, pageHtml } from './frame.tsx'
import { ApiRefusal } from './page-api.ts'
import type { Pages, Visit } from './parts.ts'
import { State } from './states.tsx'
import { When } from './times.tsx'

export const REJECTED_RESULTS = ({ base }: Frame): Readonly<Record<string, (n: number) => ComponentChildren>> => ({
  'handed-in': (n) => (
    <>
      Handed in: it is <a href={`${base}/activities/${n}`}>activity {n}</a> now.
    </>
  ),
  known: (n) => (
    <>
      Handed in: it was stored before, as <a href={`${base}/activities/${n}`}>activity {n}</a>. Nothing is sent twice.
    </>
  ),
  list: (n) => `Handed in: ${n === 1 ? '1 new activity was' : `${n} new activities were`} stored.`,
  deleted: () => 'The rejected request is deleted.',
})

interface Tried {
  readonly body: string
  readonly project: string
  readonly why: ComponentChildren
}

/** One request that was refused, to be mended and handed in again. */
export function rejectedPage({ page, action, parts }: Pages): void {
  const pathOf = ({ params }: Visit): string => `/rejected/${encodeURIComponent(params.id ?? '')}`

  async function show(visit: Visit, tried: Tried | null): Promise<string> {
    const { frame } = visit
    const one = await visit.api.get<WholeRejectedAnswer>(pathOf(visit))
    const projects = new Map(parts.hooks().map(({ project, name }) => [project, name]))
    return pageHtml({
      frame,
      title: `Rejected request ${one.id}: ${one.reason}`,
      current: '/rejected',
      children: (
        <>
          <section aria-labelledby="h">
            <p class="crumb">
              <a href={`${frame.base}/rejected`}>Rejected</a> / {one.id}
            </p>
            <div class="head">
              <h1 id="h">
                Request {one.id} <State state="failed" word={one.reason} />
              </h1>
              <div class="row">
                {frame.who?.role === 'operate' ? (
                  <a class="btn" href={`${frame.base}${pathOf(visit)}/delete`}>
                    Delete…
                  </a>
                ) : (
                  <button type="button" disabled title="Your token may only read">
                    Delete…
                  </button>
                )}
              </div>
            </div>
            <p class="lead">
              {one.detail} It came <When at={one.received_at} now={frame.now} />
              {one.project === null ? '.' : ` to the hook of project ${one.project}.`}
            </p>
          </section>
          {tried === null ? null : <Result tone="fail">{tried.why}</Result>}
          <HandIn {...{ frame, one, tried, projects, to: `${pathOf(visit)}/hand-in` }} />
          <Head one={one} />
          {one.body_encoding === 'utf8' ? null : <Body one={one} />}
        </>
      ),
    })
  }

  page('/rejected/:id', (visit) => show(visit, null))

  action('/rejected/:id/hand-in', async (visit) => {
    const one = await visit.api.get<WholeRejectedAnswer>(pathOf(visit))
    const { body: sent, project = '' } = visit.form
    const body = sent === undefined ? undefined : asItCame(sent, one.body)
    const isAsItCame = body === undefined || (body === one.body && one.lacks === null)
    try {
      const answer = await visit.api.send<HandedInAnswer>('POST', `${pathOf(visit)}/hand-in`, {
        ...(isAsItCame ? {} : { body }),
        ...(project === '' || project === one.project ? {} : { project }),
      })
      if (answer.refused.length > 0) return await show(visit, { body: sent ?? '', project, why: partly(answer) })
      if (answer.activity === null) return goDone(visit, '/rejected', 'list', { n: answer.new })
      return goDone(visit, '/rejected', answer.new === 0 ? 'known' : 'handed-in', { n: answer.activity })
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status >= 500 || error.status === 404) throw error
      void visit.reply.code(error.status)
      return await show(visit, { body: sent ?? '', project, why: `Refused again: ${error.message}` })
    }
  })

  page('/rejected/:id/delete', async (visit) => {
    const one = await visit.api.get<WholeRejectedAnswer>(pathOf(visit))
    return askPage({
      frame: visit.frame,
      current: '/rejected',
      from: { path: pathOf(visit), says: `Request ${one.id}` },
      question: `Delete rejected request ${one.id}?`,
      children: (
        <p>
          One request with its body of {one.body_bytes} bytes is deleted for good. If it was an activity, nobody hears
          of it.
        </p>
      ),
      to: `${pathOf(visit)}/delete`,
      button: 'Delete it',
    })
  })

  action('/rejected/:id/delete', async (visit) => {
    await visit.api.send('DELETE', pathOf(visit))
    return goDone(visit, '/rejected', 'deleted')
  })
}

/** A form sends each line end as CR LF. */
function asItCame(sent: string, body: string): string {
  return body.includes('\r\n') ? sent : sent.replaceAll('\r\n', '\n')
}

function partly({ new: fresh, duplicates, refused }: HandedInAnswer): string {
  const first = refused[0]
  const detail = first === undefined ? '' : ` The first, number ${first.item}: ${first.detail}`
  return `Of the list, ${fresh} were stored and ${duplicates} were known, but ${refused.length} were refused again.${detail}`
}

interface HandInProps {
  readonly frame: Frame
  readonly one: WholeRejectedAnswer
  readonly tried: Tried | null
  readonly projects: ReadonlyMap<string, string>
  readonly to: string
}

function HandIn({ frame, one, tried, projects, to }: HandInProps) {
  const cannot = frame.who?.role !== 'operate'
  const isText = one.body_encoding === 'utf8'
  const chosen = tried?.project ?? one.project ?? ''
  const others = [...projects].filter(([id]) => id !== one.project)
  return (
    <section class="card stack" aria-labelledby="hand-in">
      <h2 id="hand-in">Hand in again</h2>
      {one.lacks === null ? null : (
        <p>It cannot be handed in as it is: {one.lacks}. Put the whole body in place of what is here.</p>
      )}
      <form class="stack" method="post" action={`${frame.base}${to}`}>
        <Csrf frame={frame} />
        {isText ? (
          <label class="field">
            Body, {one.body_bytes} bytes
            <textarea name="body" spellcheck={false} rows={18}>
              {kept(tried?.body ?? one.body)}
            </textarea>
          </label>
        ) : null}
        <div class="row">
          <label class="field">
            As an activity of project
            <select name="project">
              {one.project === null ? null : (
                <option value={one.project} selected={one.project === chosen}>
                  {one.project}
                  {projects.has(one.project) ? '' : ' (not in the config)'}
                </option>
              )}
              {others.map(([id, name]) => (
                <option value={id} selected={id === chosen}>
                  {name === id ? id : `${id} ${name}`}
                </option>
              ))}
            </select>
          </label>
          <button
            type="submit"
            class="main"
            disabled={cannot || (!isText && one.lacks !== null)}
            title={cannot ? 'Your token may only read' : undefined}
          >
            Hand in again
          </button>
        </div>
      </form>
    </section>
  )
}

/** A browser drops a first line end. */
function kept(body: string): string {
  return /^\r?\n/.test(body) ? `\n${body}` : body
}

function Head({ one }: { one: WholeRejectedAnswer }) {
  const rows = Object.entries(one.head)
  return (
    <section class="card stack" aria-labelledby="head">
      <h2 id="head">What is known of the request</h2>
      {rows.length === 0 ? (
        <p>Nothing of its head was kept.</p>
      ) : (
        <dl class="facts">
          {rows.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </>
          ))}
        </dl>
      )}
    </section>
  )
}

function Body({ one }: { one: WholeRejectedAnswer }) {
  return (
    <section class="card stack" aria-labelledby="body">
      <h2 id="body">Body, as base64</h2>
      <p>It is not text in UTF-8, so it can only be handed in as it is.</p>
      <pre>{one.body}</pre>
    </section>
  )
}
