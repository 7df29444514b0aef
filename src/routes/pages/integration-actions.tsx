import type { ComponentChildren } from 'preact'
import type { TestAnswer, WholeIntegrationAnswer } from '../api/integrations.ts'
import { askPage } from './ask.tsx'
import { goDone, Result } from './done.tsx'
import { Action, type Frame, pageHtml } from './frame.tsx'
import type { Pages, Visit } from './parts.ts'
import { State } from './states.tsx'
import { durationWords } from './times.tsx'

/** What the page of an integration says after an action. */
export const INTEGRATION_RESULTS: Readonly<Record<string, () => ComponentChildren>> = {
  paused: () => 'Paused. What comes is planned and waits until somebody resumes it.',
  resumed: () => 'Resumed: sending goes on, the oldest first.',
  tried: () => 'The oldest delivery is tried now; the page shows what comes of it.',
  refreshed: () => 'The source is being read afresh.',
}

type Findings = TestAnswer['findings']

export function integrationActions({ page, action }: Pages): void {
  const pathOf = ({ params }: Visit): string => `/integrations/${encodeURIComponent(params.name ?? '')}`
  const whole = (visit: Visit) => visit.api.get<WholeIntegrationAnswer>(pathOf(visit))

  page('/integrations/:name/pause', async (visit) => {
    const { name, open } = await whole(visit)
    return askPage({
      frame: visit.frame,
      current: '/integrations',
      from: { path: pathOf(visit), says: name },
      question: `Pause ${name}?`,
      children: (
        <p>
          Nothing is sent to it until somebody resumes it. What comes is planned and kept in order
          {open === 0 ? '.' : `; ${open} ${open === 1 ? 'delivery waits' : 'deliveries wait'} now.`}
        </p>
      ),
      fields: (
        <label class="field">
          Why? Others are told this.
          <input name="reason" maxlength={500} autocomplete="off" />
        </label>
      ),
      to: `${pathOf(visit)}/pause`,
      button: 'Pause',
    })
  })
  action('/integrations/:name/pause', async (visit) => {
    const reason = (visit.form.reason ?? '').trim().slice(0, 500)
    await visit.api.send('POST', `${pathOf(visit)}/pause`, reason === '' ? {} : { reason })
    return goDone(visit, pathOf(visit), 'paused')
  })
  action('/integrations/:name/resume', async (visit) => {
    await visit.api.send('POST', `${pathOf(visit)}/resume`)
    return goDone(visit, pathOf(visit), 'resumed')
  })
  action('/integrations/:name/try', async (visit) => {
    await visit.api.send('POST', `${pathOf(visit)}/resume`)
    return goDone(visit, pathOf(visit), 'tried')
  })
  action('/integrations/:name/refresh', async (visit) => {
    await visit.api.send('POST', `/imports/${encodeURIComponent(visit.params.name ?? '')}/refresh`)
    return goDone(visit, pathOf(visit), 'refreshed')
  })

  action('/integrations/:name/check', async (visit) => {
    const { findings } = await visit.api.send<{ findings: Findings }>('POST', `${pathOf(visit)}/check`)
    const name = visit.params.name ?? ''
    const wrong = findings.filter(({ level }) => level === 'error').length
    const warnings = findings.filter(({ level }) => level === 'warning').length
    const says = [
      wrong === 0 ? 'The settings are fine' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`,
      ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`]),
    ].join(', ')
    return resultPage(visit.frame, {
      name,
      path: pathOf(visit),
      title: `Check of ${name}: ${says}`,
      result: <Result tone={wrong === 0 ? 'fine' : 'fail'}>{says}. Nothing was written at the target.</Result>,
      children: (
        <>
          <FindingTable findings={findings} />
          <div class="row">
            <Action frame={visit.frame} to={`${pathOf(visit)}/check`}>
              Check again
            </Action>
          </div>
        </>
      ),
    })
  })

  page('/integrations/:name/test', async (visit) => {
    const { name, title, standing } = await whole(visit)
    return askPage({
      frame: visit.frame,
      current: '/integrations',
      from: { path: pathOf(visit), says: name },
      question: `Send a test message to ${name}?`,
      children: (
        <>
          <p>
            Where {title ?? name} announces things, a harmless message appears that everybody there can see, also the
            public. A web hook gets a signed test event. A ticket system is only checked, and nothing is written.
          </p>
          <p>
            It counts for no limit
            {standing.state === 'paused' ? ', and goes out although the integration is paused.' : '.'}
          </p>
        </>
      ),
      to: `${pathOf(visit)}/test`,
      button: 'Send it',
    })
  })
  action('/integrations/:name/test', async (visit) => {
    const answer = await visit.api.send<TestAnswer>('POST', `${pathOf(visit)}/test`)
    const name = visit.params.name ?? ''
    return resultPage(visit.frame, {
      name,
      path: pathOf(visit),
      title: `Test of ${name}: ${answer.fine ? 'fine' : 'not fine'}`,
      result: <Result tone={answer.fine ? 'fine' : 'fail'}>{answer.message}</Result>,
      children: (
        <>
          {answer.findings.length === 0 ? null : <FindingTable findings={answer.findings} />}
          <Exchanges exchanges={answer.exchanges} />
        </>
      ),
    })
  })
}

interface ResultParts {
  readonly name: string
  readonly path: string
  readonly title: string
  readonly result: ComponentChildren
  readonly children: ComponentChildren
}

function resultPage(frame: Frame, { name, path, title, result, children }: ResultParts): string {
  return pageHtml({
    frame,
    title,
    current: '/integrations',
    children: (
      <>
        <section aria-labelledby="h">
          <p class="crumb">
            <a href={`${frame.base}/integrations`}>Integrations</a> / <a href={`${frame.base}${path}`}>{name}</a>
          </p>
          <h1 id="h">{title}</h1>
        </section>
        {result}
        {children}
        <p>
          <a href={`${frame.base}${path}`}>Back to {name}</a>
        </p>
      </>
    ),
  })
}

const LEVELS = { ok: 'delivered', warning: 'failed', error: 'held' } as const
const LEVEL_WORDS = { ok: 'fine', warning: 'warning', error: 'wrong' } as const

function FindingTable({ findings }: { findings: Findings }) {
  return (
    <section class="card flush" aria-label="Findings">
      <table class="cards">
        <caption>
          <h2>What was found</h2>
        </caption>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Setting</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {findings.length === 0 ? (
            <tr>
              <td colspan={3}>Nothing is wrong; this target has nothing more to tell.</td>
            </tr>
          ) : null}
          {findings.map(({ level, setting, message }) => (
            <tr>
              <td>
                <State state={LEVELS[level]} word={LEVEL_WORDS[level]} />
              </td>
              <th scope="row">{setting === null ? 'as a whole' : <code>{setting}</code>}</th>
              <td class="wide why">{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Exchanges({ exchanges }: { exchanges: TestAnswer['exchanges'] }) {
  if (exchanges.length === 0) return null
  return (
    <section class="card stack" aria-labelledby="sent">
      <h2 id="sent">What went over the wire, without secrets</h2>
      {exchanges.map((each) => (
        <details>
          <summary>
            {each.method} {each.url}: {each.status ?? each.error ?? 'no answer'}, {durationWords(each.duration_ms)}
          </summary>
          <pre>{textOf(each.request_headers, each.request_body)}</pre>
          {each.status === null ? <p>{each.error}</p> : <pre>{textOf(each.response_headers, each.response_body)}</pre>}
        </details>
      ))}
    </section>
  )
}

function textOf(headers: Readonly<Record<string, string>>, body: string): string {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${head.join('\n')}${body === '' ? '' : `\n\n${body}`}`
}
