import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { StateEffect } from '../contract/effect.ts'
import { markerOf } from '../kit/marker.ts'
import { oneLine } from '../kit/one-line.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { DAY_MS, earliestAtTarget, timeOf } from '../kit/target-clock.ts'
import { type TicketJob, ticketJob } from '../kit/ticket-job.ts'
import { deedOf, plainWords } from '../kit/wording.ts'
import { projectOfTicket, ticketNumberOf } from './address.ts'
import { createApi, type LighthouseTicket, type TicketFields } from './api.ts'
import { check } from './check.ts'
import { createGoals } from './goals.ts'
import { type Note, noteOf } from './message.ts'
import { createPace } from './pace.ts'
import type { Place } from './place.ts'
import type { Settings } from './settings.ts'
import { stories } from './stories.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const { base, project, bin, token } = place
  const turn = createPace(settings.request_interval_seconds * 1000, tools.steady, tools.pause)
  const api = createApi(place, tools, turn)
  const goals = createGoals(api, project, settings.states, tools.now)

  async function ticketNow(number: string): Promise<LighthouseTicket> {
    return (await api.ticket(number)) ?? (await gone(number))
  }

  /** A 404 may also mean the project: only if that can be read, the ticket is missing. */
  async function gone(number: string): Promise<never> {
    await goals.proveProject()
    throw new DeliveryError(
      'dead',
      `Lighthouse has no ticket ${number} in project ${project}: it was deleted or moved. Link the story to another one`,
      { status: 404 },
    )
  }

  async function update(number: string, fields: TicketFields): Promise<void> {
    if (!(await api.update(number, fields))) await gone(number)
  }

  /** Someone may have quoted a note with its marker, so it counts only at the end of a note by the token's own user. */
  async function isNoted({ versions = [] }: LighthouseTicket, marker: string, from: Date): Promise<boolean> {
    const isOlder = (at: string | null): boolean => (timeOf(at ?? '') ?? Number.POSITIVE_INFINITY) < from.getTime()
    // Versions have no id that a receipt could name, so an older one is taken for that of an earlier delivery.
    const marked = versions.filter(
      ({ body, created_at }) => body?.trimEnd().endsWith(marker) === true && !isOlder(created_at ?? null),
    )
    if (marked.length === 0) return false
    const id = await userId()
    return id === null || marked.some(({ user_id }) => user_id === id)
  }

  /** Null for a token that may not ask for its user, such as one that is limited to a project. */
  async function userId(): Promise<number | null> {
    try {
      return (await api.me()).id
    } catch (error) {
      if (error instanceof DeliveryError && (error.status === 403 || error.status === 404)) return null
      throw error
    }
  }

  const receipt = (number: string, note?: string): Receipt => ({
    url: `${base}/projects/${project}/tickets/${number}`,
    ...(note === undefined ? {} : { note }),
  })

  async function comment(number: string, note: Note): Promise<Receipt> {
    const before = settings.full_update ? await ticketNow(number) : null
    await update(number, { ...(before === null ? {} : carried(before)), body: noteOf(note) })
    return receipt(number)
  }

  async function move(number: string, effect: StateEffect): Promise<Receipt> {
    const { state } = effect
    const goal = await goals.of(effect)
    if (goal.kind === 'stay') return receipt(number, `nothing to do: ${goal.why}`)
    if (goal.kind === 'unknown')
      throw new DeliveryError(
        'dead',
        `states sends ${state} stories to "${shown(goal.name)}", but the Lighthouse project has only ${goal.has.map(shown).join(', ')}. Correct states, then replay this`,
      )
    const before = await ticketNow(number)
    if (isThere(before, goal)) return receipt(number, `already in state ${before.state}`)
    await update(number, { ...(settings.full_update ? carried(before) : {}), state: goal.name })
    await proveMoved(number, before.state, goal.name)
    return receipt(number)
  }

  /**
   * In a public project anybody may comment but only members may edit (help.lighthouseapp.com, "What permission levels
   * are available"). The answer is "OK" even if nothing changed, so the ticket is read again.
   */
  async function proveMoved(number: string, was: string, goal: string): Promise<void> {
    const after = await ticketNow(number).catch((error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error
      const { message, status, retryAfterMs, targetDown } = error
      throw new DeliveryError('in doubt', `the new state of ticket ${number} could not be read back: ${message}`, {
        status,
        retryAfterMs,
        targetDown,
        cause: error,
      })
    })
    if (after.state !== was || isIn(after, goal)) return
    throw new DeliveryError(
      'dead',
      `Lighthouse answered OK but left ticket ${number} in state ${shown(was)}. Make the token's user a member of project ${project}, then replay this`,
    )
  }

  return {
    async perform(job) {
      const { effect, story, ticket } = jobOf(job, project)
      if (effect.kind === 'state') return await move(ticket, effect)
      const { author } = effect
      const said = { author, deed: deedOf(effect), text: effect.change === 'delete' ? null : plainWords(effect) }
      return await comment(ticket, { ...said, url: story.url, marker: markerOf(job.key) })
    },
    async confirm(job, since) {
      const { effect, ticket } = jobOf(job, project)
      if (effect.kind === 'comment') {
        const from = earliestAtTarget({ since, targetTime: job.targetTime }, null, tools.now(), DAY_MS)
        return (await isNoted(await ticketNow(ticket), markerOf(job.key), from))
          ? receipt(ticket, 'already there')
          : 'absent'
      }
      const goal = await goals.of(effect)
      if (goal.kind !== 'state') return 'absent'
      const now = await ticketNow(ticket)
      return isThere(now, goal) ? receipt(ticket, `already in state ${now.state}`) : 'absent'
    },
    ...(bin === null
      ? {}
      : { stories: () => untilReaderStops(tools, (tools) => stories({ ...tools, api, project, bin, token })) }),
    check: () => check({ settings, place, api }),
  }
}

function jobOf(job: Job, project: string): TicketJob {
  const found = ticketJob(job, 'Lighthouse', ticketNumberOf)
  const other = projectOfTicket(job.ticket)
  if (other === null || other === project) return found
  throw new DeliveryError(
    'dead',
    `The story is linked to a ticket of Lighthouse project ${other}, but external_project_id is ${project}.`,
  )
}

/**
 * What is sent back unchanged: it is not documented whether Lighthouse keeps what an update leaves out, and its public
 * clients send all of it. The body would be posted again.
 */
function carried({ title, state, assigned_user_id, milestone_id, tag }: LighthouseTicket): TicketFields {
  return {
    title: title ?? null,
    state,
    assigned_user_id: assigned_user_id ?? null,
    milestone_id: milestone_id ?? null,
    tag: tag ?? null,
  }
}

function isThere(
  ticket: { readonly state: string },
  { name, orAnyOf = [] }: { readonly name: string; readonly orAnyOf?: readonly string[] },
): boolean {
  return [name, ...orAnyOf].some((each) => isIn(ticket, each))
}

function isIn({ state }: { readonly state: string }, name: string): boolean {
  return state.toLowerCase() === name.toLowerCase()
}

function shown(name: string): string {
  return oneLine(name, 60)
}
