import type { ComponentChildren } from 'preact'
import type { Effect } from '../../connectors/contract/effect.ts'
import type { WholeActivityAnswer } from '../api/activities.ts'
import type { CountAnswer } from '../api/chosen-deliveries.ts'
import type { DeliveryWithAttemptsAnswer } from '../api/deliveries.ts'
import type { SkipReportAnswer } from '../api/delivery-actions.ts'
import type { StartedReplay } from '../api/replays.ts'
import { chosenBy, type Filters, filtersIn, filterWords, listPath } from './activity-filters.ts'
import { counted, sentenceOf } from './activity-row.ts'
import { EffectWords } from './effect-words.tsx'
import { Csrf, type Frame, pageHtml } from './frame.tsx'
import { ApiRefusal, type PageApi, withQuery } from './page-api.ts'
import type { Pages } from './parts.ts'
import { STATES, State, type StateName, stateOf } from './states.tsx'

const REPLAYABLE = ['dead', 'skipped', 'delivered'] as const
const OPEN = ['pending', 'delivering', 'waiting', 'held'] as const

/** The pages that ask before many deliveries, or one, are sent again or skipped, or an activity is planned anew. */
export function confirmPages(pages: Pages): void {
  sendChosenAgain(pages)
  skipChosen(pages)
  sendAgain(pages)
  skip(pages)
  planAnew(pages)
}

function sendChosenAgain({ page, action }: Pages): void {
  page('/activities/send-again', async ({ api, frame, query }) => {
    const filters = filtersIn(query)
    const states = replayableIn(query, filters)
    const { total, deliveries } = await api.send<StartedReplay>('POST', '/replays', {
      deliveries: { ...chosenBy(filters), states },
      dry_run: true,
    })
    const title = total === 0 ? 'Nothing to send again' : `Send ${counted(total, 'delivery', 'deliveries')} again?`
    return asking(
      frame,
      title,
      listPath(frame, filters),
      'Activities',
      <>
        <p>{chosenWords(filters)}</p>
        <Counts counts={deliveries} />
        <form class="row" method="get" action={`${frame.base}/activities/send-again`}>
          <FilterFields filters={filters} />
          <input type="hidden" name="chosen" value="yes" />
          {REPLAYABLE.map((state) => (
            <label key={state} class="tick">
              <input type="checkbox" name={`state_${state}`} value="yes" checked={states.includes(state)} /> {state}
            </label>
          ))}
          <button type="submit">Count again</button>
        </form>
        {states.includes('delivered') ? (
          <p class="notice fail">
            What was delivered arrives a second time. Targets that can be asked are asked first only after a doubt.
          </p>
        ) : null}
        <p>They go into the queue as a replay, which has a page of its own and can be cancelled there.</p>
        <Yes
          {...{ frame }}
          to="/activities/send-again"
          says={`Send ${counted(total, 'delivery', 'deliveries')} again`}
          back={listPath(frame, filters)}
          disabled={total === 0}
        >
          <FilterFields filters={filters} />
          <input type="hidden" name="states" value={states.join(',')} />
        </Yes>
      </>,
    )
  })

  action('/activities/send-again', async ({ api, form, go }) => {
    const states = (form.states ?? '').split(',').filter((state) => REPLAYABLE.some((one) => one === state))
    if (states.length === 0) throw new ApiRefusal(400, 'Nothing is chosen', 'Go back, and choose at least one state.')
    const { replay } = await api.send<StartedReplay>('POST', '/replays', {
      deliveries: { ...chosenBy(filtersIn(form)), states },
    })
    return go(`/replays/${replay?.id ?? ''}`)
  })
}

/** Those that are ticked; at first that of the list, or the dead ones. */
function replayableIn(query: Readonly<Record<string, string>>, { state }: Filters): readonly string[] {
  const ticked = REPLAYABLE.filter((one) => query[`state_${one}`] === 'yes')
  if (query.chosen === 'yes' && ticked.length > 0) return ticked
  return REPLAYABLE.some((one) => one === state) ? [state] : ['dead']
}

function skipChosen({ page, action }: Pages): void {
  page('/activities/skip', async ({ api, frame, query }) => {
    const filters = filtersIn(query)
    const states = skippableIn(filters)
    const { total, deliveries } = await api.send<SkipReportAnswer>('POST', '/deliveries/skip', {
      ...chosenBy(filters),
      states,
      reason: 'only counted',
      dry_run: true,
    })
    const title = total === 0 ? 'Nothing to skip' : `Skip ${counted(total, 'delivery', 'deliveries')}?`
    return asking(
      frame,
      title,
      listPath(frame, filters),
      'Activities',
      <>
        <p>
          {chosenWords(filters)} What is open{states.includes('dead') ? ' or dead' : ''} is given up; it can be sent
          again later.
        </p>
        <Counts counts={deliveries} />
        <Yes
          {...{ frame }}
          to="/activities/skip"
          says={`Skip ${counted(total, 'delivery', 'deliveries')}`}
          back={listPath(frame, filters)}
          disabled={total === 0}
        >
          <FilterFields filters={filters} />
          <Reason />
        </Yes>
      </>,
    )
  })

  action('/activities/skip', async ({ api, form, go }) => {
    const filters = filtersIn(form)
    const { skipped } = await api.send<SkipReportAnswer>('POST', '/deliveries/skip', {
      ...chosenBy(filters),
      states: skippableIn(filters),
      reason: reasonIn(form),
    })
    return go(withQuery('/activities', { ...filters, skipped }))
  })
}

function skippableIn({ state }: Filters): readonly string[] {
  return state === 'dead' || OPEN.some((one) => one === state) ? [state] : OPEN
}

function sendAgain({ page, action }: Pages): void {
  page('/activities/:id/send-again', async ({ api, frame, params, query }) => {
    const { activity, delivery } = await oneOf(api, params, query)
    const state = stateOf(delivery)
    const wasThere = delivery.state === 'delivered'
    return asking(
      frame,
      `Send it to ${delivery.integration} again?`,
      ...backTo(frame, activity),
      <>
        <Which {...{ activity, delivery, state }} />
        {wasThere ? (
          <p class="notice fail">It has arrived already; sent again, it arrives a second time.</p>
        ) : (
          <p>
            It goes into the queue with all its retries. If an earlier attempt may have arrived, that is looked up
            first.
          </p>
        )}
        <Yes
          {...{ frame }}
          to={`/activities/${activity.id}/send-again`}
          says="Send 1 delivery again"
          back={backTo(frame, activity)[0]}
        >
          <input type="hidden" name="delivery" value={delivery.id} />
        </Yes>
      </>,
    )
  })

  action('/activities/:id/send-again', async ({ api, params, form, go }) => {
    const { activity, delivery } = await oneOf(api, params, form)
    await api.send('POST', `/deliveries/${delivery.id}/replay`)
    return go(`/activities/${activity.id}?done=sent#way-${encodeURIComponent(delivery.integration)}`)
  })
}

function skip({ page, action }: Pages): void {
  page('/activities/:id/skip', async ({ api, frame, params, query }) => {
    const { activity, delivery } = await oneOf(api, params, query)
    return asking(
      frame,
      `Skip it for ${delivery.integration}?`,
      ...backTo(frame, activity),
      <>
        <Which {...{ activity, delivery }} state={stateOf(delivery)} />
        <p>It is given up, and its story goes on without it. It can be sent again later.</p>
        <Yes
          {...{ frame }}
          to={`/activities/${activity.id}/skip`}
          says="Skip 1 delivery"
          back={backTo(frame, activity)[0]}
        >
          <input type="hidden" name="delivery" value={delivery.id} />
          <Reason />
        </Yes>
      </>,
    )
  })

  action('/activities/:id/skip', async ({ api, params, form, go }) => {
    const { activity, delivery } = await oneOf(api, params, form)
    await api.send('POST', `/deliveries/${delivery.id}/skip`, { reason: reasonIn(form) })
    return go(`/activities/${activity.id}?done=skipped#way-${encodeURIComponent(delivery.integration)}`)
  })
}

function planAnew({ page, action }: Pages): void {
  page('/activities/:id/plan-anew', async ({ api, frame, params, query }) => {
    const activity = await activityOf(api, params)
    const again = query.again === 'yes'
    const { deliveries } = await api.send<StartedReplay>('POST', '/replays', {
      activities: { ids: [activity.id], again },
      dry_run: true,
    })
    const total = deliveries.reduce((sum, { count }) => sum + count, 0)
    const title = total === 0 ? 'Planned anew, nothing would be sent' : 'Plan the activity anew?'
    return asking(
      frame,
      title,
      ...backTo(frame, activity),
      <>
        <p>
          “{sentenceOf(activity)}” is planned with today’s config: {counted(total, 'delivery', 'deliveries')} would go
          into the queue.
        </p>
        <Counts counts={deliveries} />
        <form class="row" method="get" action={`${frame.base}/activities/${activity.id}/plan-anew`}>
          <label class="tick">
            <input type="checkbox" name="again" value="yes" checked={again} /> Also what was delivered or skipped
          </label>
          <button type="submit">Count again</button>
        </form>
        <Yes
          {...{ frame }}
          to={`/activities/${activity.id}/plan-anew`}
          says={`Plan anew and send ${counted(total, 'delivery', 'deliveries')}`}
          back={backTo(frame, activity)[0]}
          disabled={total === 0}
        >
          <input type="hidden" name="again" value={again ? 'yes' : ''} />
        </Yes>
      </>,
    )
  })

  action('/activities/:id/plan-anew', async ({ api, params, form, go }) => {
    const activity = await activityOf(api, params)
    const { replay } = await api.send<StartedReplay>('POST', '/replays', {
      activities: { ids: [activity.id], again: form.again === 'yes' },
    })
    return go(`/replays/${replay?.id ?? ''}`)
  })
}

function activityOf(api: PageApi, { id = '' }: Readonly<Record<string, string>>): Promise<WholeActivityAnswer> {
  return api.get<WholeActivityAnswer>(`/activities/${encodeURIComponent(id)}`)
}

/** @throws {ApiRefusal} if the delivery is not one of the activity */
async function oneOf(
  api: PageApi,
  params: Readonly<Record<string, string>>,
  { delivery: id = '' }: Readonly<Record<string, string>>,
): Promise<{ readonly activity: WholeActivityAnswer; readonly delivery: DeliveryWithAttemptsAnswer }> {
  const activity = await activityOf(api, params)
  const delivery = await api.get<DeliveryWithAttemptsAnswer>(`/deliveries/${encodeURIComponent(id)}`)
  if (delivery.activity !== activity.id)
    throw new ApiRefusal(404, 'Not found', `Delivery ${delivery.id} does not belong to activity ${activity.id}.`)
  return { activity, delivery }
}

function backTo({ base }: Frame, { id }: WholeActivityAnswer): [path: string, name: string] {
  return [`${base}/activities/${id}`, `Activity ${id}`]
}

function reasonIn({ reason = '' }: Readonly<Record<string, string>>): string {
  const said = reason.trim().slice(0, 500)
  if (said === '') throw new ApiRefusal(400, 'A reason is missing', 'Go back, and say why it is skipped.')
  return said
}

function asking(frame: Frame, title: string, back: string, from: string, children: ComponentChildren): string {
  return pageHtml({
    frame,
    title,
    current: '/activities',
    children: (
      <section aria-labelledby="h" class="stack">
        <div>
          <p class="crumb">
            <a href={back}>{from}</a>
          </p>
          <h1 id="h">{title}</h1>
        </div>
        <div class="card stack">{children}</div>
      </section>
    ),
  })
}

function chosenWords(filters: Filters): string {
  const words = filterWords(filters)
  return words === '' ? 'All deliveries are chosen.' : `Chosen are the deliveries ${words}.`
}

/** How many, by integration and state. */
function Counts({ counts }: { counts: readonly CountAnswer[] }) {
  if (counts.length === 0) return <p>None is chosen.</p>
  return (
    <table class="cards">
      <caption class="vh">How many deliveries are chosen, by integration and state</caption>
      <thead>
        <tr>
          <th scope="col">Integration</th>
          <th scope="col">State now</th>
          <th scope="col" class="num">
            Deliveries
          </th>
        </tr>
      </thead>
      <tbody>
        {counts.map(({ integration, state, count }) => (
          <tr key={`${integration} ${state}`}>
            <th scope="row">{integration}</th>
            <td>{state in STATES ? <State state={state as StateName} /> : 'not caused so far'}</td>
            <td class="num" data-l="Deliveries">
              {count}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Which({
  activity,
  delivery,
  state,
}: {
  activity: WholeActivityAnswer
  delivery: DeliveryWithAttemptsAnswer
  state: StateName
}) {
  return (
    <>
      <p>
        {sentenceOf(activity)} <State state={state} />
      </p>
      <EffectWords effect={delivery.effect as Effect} />
      {delivery.note === null ? null : <p class="words">{delivery.note}</p>}
    </>
  )
}

function FilterFields({ filters }: { filters: Filters }) {
  return (
    <>
      {Object.entries(filters).map(([name, value]) =>
        value === '' ? null : <input key={name} type="hidden" name={name} value={value} />,
      )}
    </>
  )
}

function Reason() {
  return (
    <label class="field">
      Why? It stands in the notes.
      <input name="reason" required maxlength={500} autocomplete="off" />
    </label>
  )
}

interface YesProps {
  readonly frame: Frame
  readonly to: string
  readonly says: string
  readonly back: string
  readonly disabled?: boolean
  readonly children: ComponentChildren
}

function Yes({ frame, to, says, back, disabled = false, children }: YesProps) {
  const cannot = frame.who?.role !== 'operate'
  return (
    <form class="stack" method="post" action={`${frame.base}${to}`}>
      <Csrf frame={frame} />
      {children}
      <div class="row">
        <button
          class="main"
          type="submit"
          disabled={disabled || cannot}
          title={cannot ? 'Your token may only read' : undefined}
        >
          {says}
        </button>
        <a class="btn" href={back}>
          Cancel
        </a>
      </div>
    </form>
  )
}
