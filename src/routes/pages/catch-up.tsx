import type { ComponentChildren } from 'preact'
import type { CatchUpAnswer, CaughtUpAnswer } from '../api/catch-ups.ts'
import { goDone } from './done.tsx'
import { Action, type Frame } from './frame.tsx'
import type { Pages } from './parts.ts'
import { State } from './states.tsx'
import { Ago, Since, When } from './times.tsx'

/** What the page says after "Catch up now". */
export const MISSED_RESULTS: Readonly<Record<string, (n: number) => ComponentChildren>> = {
  'caught-up': (n) =>
    n === 0 ? 'Asked: the hook has missed nothing.' : `Caught up: ${activities(n)} that no hook had told.`,
  'caught-up-in-part': (n) => `Asked: ${activities(n)} that no hook had told. The rest follows soon.`,
  'caught-up-refused': (n) =>
    `Asked: ${activities(n)} that no hook had told. Others could not be read; Rejected has them with the reason.`,
}

const activities = (n: number): string => `${n} ${n === 1 ? 'activity' : 'activities'}`

export function catchUpAction({ action }: Pages): void {
  action('/set-up/:project/catch-up', async (visit) => {
    const path = `/catch-ups/${encodeURIComponent(visit.params.project ?? '')}`
    const { missed, refused, more } = await visit.api.send<CaughtUpAnswer>('POST', path)
    const word = more ? 'caught-up-in-part' : refused > 0 ? 'caught-up-refused' : 'caught-up'
    return goDone(visit, '/set-up', word, { n: missed })
  })
}

interface MissedProps {
  readonly frame: Frame
  readonly missed: CatchUpAnswer
  /** Where it begins is known once an activity has come. */
  readonly hasCome: boolean
}

/** What the project's tool tells of the time in which its hook did not reach the relay. */
export function Missed({ frame, missed, hasCome }: MissedProps) {
  const { project, tool, askable, failing } = missed
  if (!askable)
    return (
      <p class="soft">
        What the hook misses while the relay is down is not asked for: {tool} can only be asked with a token in the
        config.
      </p>
    )
  return (
    <>
      <h3>What the hook missed</h3>
      <p>
        <Standing {...{ frame, missed }} />
      </p>
      {failing === null ? null : <p class="why">{failing.problem}</p>}
      {hasCome ? (
        <div class="row">
          <Action frame={frame} to={`/set-up/${encodeURIComponent(project)}/catch-up`} about={`project ${project}`}>
            Catch up now
          </Action>
        </div>
      ) : null}
    </>
  )
}

function Standing({ frame: { now }, missed }: Omit<MissedProps, 'hasCome'>) {
  const { tool, every_minutes, asked_at, up_to, more, failing } = missed
  const often = every_minutes === 0 ? 'It is asked only when somebody wants it.' : null
  if (failing !== null)
    return (
      <>
        <State state="held" word="fails" /> {tool} could not be asked for <Since at={failing.since} now={now} />
        {up_to === null ? '.' : <UpTo {...{ up_to, now }} />}
      </>
    )
  if (asked_at === null || up_to === null)
    return (
      <>
        <State state="pending" word="not asked yet" /> {often ?? `${tool} is asked once the first activity has come.`}
      </>
    )
  return (
    <>
      <State state={more ? 'waiting' : 'delivered'} word={more ? 'in part' : 'fine'} /> {tool} was asked{' '}
      <Ago at={asked_at} now={now} />
      <UpTo {...{ up_to, now }} /> {more ? 'The rest follows soon.' : often}
    </>
  )
}

function UpTo({ up_to, now }: { readonly up_to: string; readonly now: number }) {
  return (
    <>
      ; what happened up to <When at={up_to} now={now} /> is there.
    </>
  )
}
