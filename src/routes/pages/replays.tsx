import type { ReplayJobAnswer } from '../api/replays.ts'
import { askPage } from './ask.tsx'
import { Done, goDone } from './done.tsx'
import { type Frame, pageHtml } from './frame.tsx'
import { Older } from './older.tsx'
import type { Pages, Visit } from './parts.ts'
import { REPLAY_STATES, whatWords } from './replay-words.ts'
import { State } from './states.tsx'
import { Ago, When } from './times.tsx'

const RESULTS = {
  started: () => 'The replay has started.',
  cancelled: () => 'The replay is cancelled: nothing more is put into the queue; what was stays there.',
}

/** What was put into the queue again, or is being. */
export function replayPages({ page, action }: Pages): void {
  const pathOf = ({ params }: Visit): string => `/replays/${encodeURIComponent(params.id ?? '')}`

  page('/replays', async ({ api, frame, query }) => {
    const { cursor = '' } = query
    const { items, next } = await api.get<{ items: readonly ReplayJobAnswer[]; next: string | null }>('/replays', {
      cursor,
    })
    const running = items.filter(({ state }) => state === 'running').length
    return pageHtml({
      frame,
      title: running === 0 ? 'Replays' : `${running} ${running === 1 ? 'replay runs' : 'replays run'}`,
      current: '/replays',
      live: true,
      children: (
        <>
          <div>
            <h1 id="h">Replays</h1>
            <p class="lead">Deliveries that are sent again, and activities that are planned anew, at their own pace.</p>
          </div>
          <Table {...{ frame, items }} />
          <Older frame={frame} path="/replays" query={{}} next={next} says="Older" />
        </>
      ),
    })
  })

  page('/replays/:id', async (visit) => {
    const { api, frame } = visit
    const job = await api.get<ReplayJobAnswer>(pathOf(visit))
    const { state, word } = REPLAY_STATES[job.state]
    return pageHtml({
      frame,
      title: `Replay ${job.id}: ${word}${job.state === 'running' ? `, ${job.looked} of ${job.total}` : ''}`,
      current: '/replays',
      live: true,
      children: (
        <>
          <div>
            <p class="crumb">
              <a href={`${frame.base}/replays`}>Replays</a> / {job.id}
            </p>
            <div class="head">
              <h1 id="h">
                Replay {job.id} <State state={state} word={word} />
              </h1>
              {job.state !== 'running' ? null : (
                <div class="row">
                  {frame.who?.role === 'operate' ? (
                    <a class="btn" href={`${frame.base}${pathOf(visit)}/cancel`}>
                      Cancel…
                    </a>
                  ) : (
                    <button type="button" disabled title="Your token may only read">
                      Cancel…
                    </button>
                  )}
                </div>
              )}
            </div>
            <p class="lead">{whatWords(job)}.</p>
          </div>
          <Done visit={visit} results={RESULTS} />
          {job.note === null ? null : <p class="notice fail">{job.note}</p>}
          <Numbers frame={frame} job={job} />
        </>
      ),
    })
  })

  page('/replays/:id/cancel', async (visit) => {
    const job = await visit.api.get<ReplayJobAnswer>(pathOf(visit))
    const left = Math.max(0, job.total - job.looked)
    return askPage({
      frame: visit.frame,
      current: '/replays',
      from: { path: pathOf(visit), says: `Replay ${job.id}` },
      question: `Cancel replay ${job.id}?`,
      children: (
        <p>
          {left} of {job.total} are left out then. The {job.released} that were put into the queue stay there, and are
          sent.
        </p>
      ),
      to: `${pathOf(visit)}/cancel`,
      button: 'Cancel the replay',
    })
  })

  action('/replays/:id/cancel', async (visit) => {
    await visit.api.send('POST', `${pathOf(visit)}/cancel`)
    return goDone(visit, pathOf(visit), 'cancelled')
  })
}

function Progress({ job: { id, looked, total, state } }: { job: ReplayJobAnswer }) {
  // More can have come since they were counted.
  const most = Math.max(1, total, looked)
  return (
    <>
      <progress value={state === 'done' ? most : looked} max={most} aria-label={`Progress of replay ${id}`} />{' '}
      <small>
        {looked} of {Math.max(total, looked)}
      </small>
    </>
  )
}

function Table({ frame, items }: { frame: Frame; items: readonly ReplayJobAnswer[] }) {
  return (
    <section class="card flush" aria-label="Replays">
      <table class="cards">
        <caption>
          <h2>The newest first</h2>
        </caption>
        {items.length === 0 ? (
          <tbody>
            <tr>
              <td>
                No replay yet. Start one from a filtered list of{' '}
                <a href={`${frame.base}/activities?state=dead`}>activities</a>.
              </td>
            </tr>
          </tbody>
        ) : (
          <>
            <thead>
              <tr>
                <th scope="col">Replay</th>
                <th scope="col">What</th>
                <th scope="col">State</th>
                <th scope="col">Progress</th>
                <th scope="col">Who</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {items.map((job) => (
                <tr key={job.id} id={`replay-${job.id}`} data-row={job.id}>
                  <th scope="row" data-l="Replay">
                    <a href={`${frame.base}/replays/${job.id}`}>{job.id}</a>
                  </th>
                  <td class="wide why">{whatWords(job)}</td>
                  <td>
                    <State {...REPLAY_STATES[job.state]} />
                  </td>
                  <td class="wide">
                    <Progress job={job} />
                  </td>
                  <td data-l="Who">{job.who}</td>
                  <td data-l="When">
                    <When at={job.created_at} now={frame.now} />
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

function Numbers({ frame, job }: { frame: Frame; job: ReplayJobAnswer }) {
  return (
    <section class="card stack" aria-labelledby="numbers">
      <h2 id="numbers">How far it is</h2>
      <div>
        <Progress job={job} />
      </div>
      <dl class="facts">
        <dt>Chosen</dt>
        <dd>{job.total}</dd>
        <dt>Looked at</dt>
        <dd>{job.looked}</dd>
        <dt>Put into the queue</dt>
        <dd>{job.released}</dd>
        <dt>Left alone</dt>
        <dd>{job.left_alone}: in the queue already, settled otherwise, or overtaken by a later state</dd>
        <dt>Pace</dt>
        <dd>{job.per_second} a second at most</dd>
        <dt>Asked for</dt>
        <dd>
          <When at={job.created_at} now={frame.now} />, by {job.who}
        </dd>
        <dt>{job.ended_at === null ? 'Went on' : 'Ended'}</dt>
        <dd>
          <Ago at={job.ended_at ?? job.changed_at} now={frame.now} />
        </dd>
      </dl>
    </section>
  )
}
