import type { Job, Receipt, Session } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { markerOf } from '../kit/marker.ts'
import { projectOfTicket, ticketNumberOf } from './address.ts'
import type { Api, LighthouseTicket, Project, TicketFields } from './api.ts'
import { check } from './check.ts'
import { noteOf } from './note.ts'
import type { Settings } from './settings.ts'
import { targetOf } from './states.ts'

/** How long a project's lists of states are taken as current. */
const PROJECT_MS = 10 * 60 * 1000

export interface SessionParts {
  readonly settings: Settings
  readonly api: Api
  readonly base: string
  readonly project: string
  /** The bin that is imported; null for none. */
  readonly bin: string | null
  readonly now: () => Date
}

export function createSession({ settings, api, base, project, bin, now }: SessionParts): Session {
  let known: { readonly project: Project; readonly at: number } | null = null

  async function projectNow(): Promise<Project> {
    const found = await api.project()
    if (found === null) throw noProject(project)
    known = { project: found, at: now().getTime() }
    return found
  }

  /** A state that the lists do not have may have been added to the project since they were read. */
  async function target(state: string) {
    const age = known === null ? Number.POSITIVE_INFINITY : Math.abs(now().getTime() - known.at)
    const kept = age < PROJECT_MS ? known : null
    const first = targetOf(state, settings.states, kept?.project ?? (await projectNow()))
    return first.kind === 'unknown' && kept !== null ? targetOf(state, settings.states, await projectNow()) : first
  }

  async function ticket(number: string): Promise<LighthouseTicket> {
    return (await api.ticket(number)) ?? (await gone(number))
  }

  /** Only a project that can be read makes sure that it is the ticket which is missing. */
  async function gone(number: string): Promise<never> {
    await projectNow()
    throw new DeliveryError(
      'dead',
      `Lighthouse has no ticket ${number} in project ${project}: it was deleted or moved; link the story to another one`,
      { status: 404 },
    )
  }

  async function update(number: string, fields: TicketFields): Promise<void> {
    if (!(await api.update(number, fields))) await gone(number)
  }

  /** Somebody may have quoted a note, marker and all: it counts at the end of a text by the token's own user. */
  async function isNoted({ versions = [] }: LighthouseTicket, marker: string): Promise<boolean> {
    const marked = versions.filter(({ body }) => body?.trimEnd().endsWith(marker) === true)
    if (marked.length === 0) return false
    const id = await userId()
    return id === null || marked.some(({ user_id }) => user_id === id)
  }

  /** null for a token that may not ask whose it is, as one that is limited to a project */
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

  async function comment(job: Job, effect: CommentEffect, number: string): Promise<Receipt> {
    const marker = markerOf(job.key)
    const before = settings.full_update ? await ticket(number) : null
    if (before !== null && (await isNoted(before, marker))) return receipt(number, 'already there')
    const body = noteOf({ author: effect.author, text: effect.text, url: job.story?.url ?? '', marker })
    await update(number, { ...(before === null ? {} : carried(before)), body })
    return receipt(number)
  }

  async function move({ state }: StateEffect, number: string): Promise<Receipt> {
    const goal = await target(state)
    if (goal.kind === 'stay') return receipt(number, `nothing to do: ${goal.why}`)
    if (goal.kind === 'unknown') throw unknownState(state, goal.name, known?.project)
    const before = await ticket(number)
    if (isThere(before, goal)) return receipt(number, `already in state ${before.state}`)
    await update(number, { ...(settings.full_update ? carried(before) : {}), state: goal.name })
    await believe(number, before.state, goal.name)
    return receipt(number)
  }

  /**
   * In a public project anybody may comment but only members may edit (help.lighthouseapp.com, "What permission levels
   * are available"), and an answer tells no more than "OK": the ticket is looked at again.
   */
  async function believe(number: string, was: string, goal: string): Promise<void> {
    const after = await ticket(number).catch((error: unknown) => {
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
      `Lighthouse said yes but left ticket ${number} in state ${plainName(was)}: make the token's user a member of project ${project}, then replay this`,
    )
  }

  return {
    async perform(job) {
      const number = numberOf(job, project)
      if (job.effect.kind === 'comment') return await comment(job, job.effect, number)
      if (job.effect.kind === 'state') return await move(job.effect, number)
      throw new DeliveryError('dead', `the lighthouse connector cannot carry out an effect of kind ${job.effect.kind}`)
    },
    async confirm(job) {
      const number = numberOf(job, project)
      if (job.effect.kind === 'comment')
        return (await isNoted(await ticket(number), markerOf(job.key))) ? receipt(number, 'already there') : 'absent'
      if (job.effect.kind !== 'state') return 'cannot tell'
      const goal = await target(job.effect.state)
      if (goal.kind !== 'state') return 'absent'
      const now = await ticket(number)
      return isThere(now, goal) ? receipt(number, `already in state ${now.state}`) : 'absent'
    },
    check: () => check({ settings, api, base, project, bin }),
  }
}

/**
 * What stays as it is. Whether Lighthouse leaves alone what an update does not name is not documented, and its public
 * clients send all of it. The body is not among it: it would be posted once more.
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

/** @throws {DeliveryError} when the link leads to no ticket of this project */
function numberOf(job: Job, project: string): string {
  if (job.ticket === null) throw new DeliveryError('dead', 'the story is linked to no ticket of Lighthouse')
  const number = ticketNumberOf(job.ticket)
  if (number === null)
    throw new DeliveryError('dead', 'the story is linked to something that is no ticket number of Lighthouse')
  const other = projectOfTicket(job.ticket)
  if (other !== null && other !== project)
    throw new DeliveryError(
      'dead',
      `the story is linked to a ticket of Lighthouse project ${other}, but external_project_id is ${project}`,
    )
  return number
}

function noProject(project: string): DeliveryError {
  return new DeliveryError(
    'hold',
    `Lighthouse shows the token no project ${project}: check external_project_id, account and base_url, or make the token's user a member of it`,
    { status: 404 },
  )
}

function unknownState(state: string, name: string, project: Project | undefined): DeliveryError {
  const names = [...(project?.open ?? []), ...(project?.closed ?? [])].map(plainName).join(', ')
  return new DeliveryError(
    'dead',
    `states sends a story that is ${state} to "${plainName(name)}", but the Lighthouse project has only ${names}: mend the setting, then replay this`,
  )
}

function plainName(name: string): string {
  return name.replace(/[^\p{L}\p{N}_ .-]/gu, '').slice(0, 60)
}
