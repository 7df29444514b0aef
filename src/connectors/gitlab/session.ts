import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { markerOf } from '../kit/marker.ts'
import { oneLine } from '../kit/one-line.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { settingError } from '../kit/setting-error.ts'
import { DAY_MS, earliestAtTarget, timeOf } from '../kit/target-clock.ts'
import { type TicketJob, ticketJob } from '../kit/ticket-job.ts'
import { createApi, type Issue, type Note } from './api.ts'
import { check, levelOf, WRITER } from './check.ts'
import { noteOf } from './message.ts'
import { issueOf, type Place } from './place.ts'
import { Forbidden, noProject } from './refusal.ts'
import type { Settings } from './settings.ts'
import { changesIn, changeTo, goalOf } from './states.ts'
import { stories } from './stories.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const { base, project } = place
  const api = createApi(place, tools)

  /** GitLab answers 404 also for a project that the token may not see. */
  async function gone(iid: string): Promise<never> {
    if ((await api.project()) === null) throw noProject(project)
    throw new DeliveryError(
      'dead',
      `GitLab has no issue ${iid} in project ${project}: it was deleted or moved. Correct the link`,
      { status: 404 },
    )
  }

  async function issueNow(iid: string): Promise<Issue> {
    return (await api.issue(iid)) ?? (await gone(iid))
  }

  /** A 403 may be about the account or about the one issue, as when its discussion is locked: GitLab does not say. */
  async function allowed<T>(iid: string, write: () => Promise<T | 'gone'>): Promise<T> {
    try {
      const result = await write()
      return result === 'gone' ? await gone(iid) : result
    } catch (error) {
      if (!(error instanceof Forbidden) || error.isScope) throw error
      const issue = await api.issue(iid)
      if (issue?.discussion_locked === true) throw locked(iid)
      const found = await api.project()
      if (found === null || found.archived === true || (levelOf(found) ?? 0) < WRITER) throw error
      const message = `${error.message}. The token's account may not change issue ${iid} in GitLab`
      throw new DeliveryError('dead', message, { status: 403 })
    }
  }

  const receipt = (iid: string, more: Receipt = {}): Receipt => ({ url: `${base}/${project}/-/issues/${iid}`, ...more })

  /** What a person has to see to before another internal note is tried. */
  let exposed: string | null = null

  async function comment(iid: string, text: string): Promise<Receipt> {
    const isInternal = settings.internal_comments
    if (exposed !== null) {
      const message = exposed
      // A person who resumes the integration has seen to it; should it happen again, it is paused again.
      exposed = null
      throw settingError('internal_comments', message)
    }
    const { id, isPublic } = await allowed(iid, () => api.addNote(iid, text, isInternal))
    if (!isInternal || !isPublic || id === null) return receipt(iid, { id })
    exposed = `GitLab made a note of issue ${iid} public although internal_comments is set. Delete it there, and give the token's account the role Planner, Reporter or above`
    return receipt(iid, { id, note: 'GitLab made it public' })
  }

  async function move(job: Job, iid: string, state: string): Promise<Receipt> {
    const goal = goalOf(state, settings.labels)
    const change = changeTo(goal, await issueNow(iid))
    if (change === null) return receipt(iid, { note: 'nothing to do: the issue is there already' })
    await job.foretell({ page: `${base}/${project}/-/issues/${iid}`, changes: changesIn(change) })
    const after = await allowed(iid, () => api.update(iid, change))
    const left = changeTo(goal, after)
    if (left === null) return receipt(iid)
    if (after.discussion_locked === true) throw locked(iid)
    // GitLab leaves out without a word what the role of the account does not allow.
    throw new DeliveryError(
      'dead',
      `GitLab took the update of issue ${iid} but did not carry out ${Object.keys(left).join(', ')}. Give the token's account the role Planner, Reporter or above, then replay`,
    )
  }

  /** Reads back to before the attempt; only a note by the token's own account counts, since people quote notes. */
  async function findNote(iid: string, job: Job, since: Date): Promise<Receipt | 'absent'> {
    const me = await api.me()
    const marker = markerOf(job.key)
    const times = { since, targetTime: job.targetTime }
    for (let page = 1; ; page += 1) {
      const { value: notes, clock } = (await api.notes(iid, page)) ?? (await gone(iid))
      const earliest = earliestAtTarget(times, clock, tools.now(), DAY_MS).getTime()
      const isOlder = ({ created_at }: Note): boolean => (timeOf(created_at) ?? Number.POSITIVE_INFINITY) < earliest
      const marked = notes.filter(
        (note) => !isOlder(note) && note.body.trimEnd().endsWith(marker) && (me === null || note.author?.id === me.id),
      )
      // One that has a receipt is from before a replay on purpose.
      const others = marked.length === 0 ? null : await job.receipted(marked.map(({ id }) => String(id)))
      const own = marked.find(({ id }) => others?.has(String(id)) !== true)
      if (own !== undefined) return receipt(iid, { id: String(own.id), note: 'already there' })
      // A page is shorter by the notes that the token may not see, so only an empty one is past the end.
      if (notes.every(isOlder)) return 'absent'
    }
  }

  return {
    async perform(job) {
      const { effect, story, ticket: iid } = await jobOf(job)
      if (effect.kind === 'state') return await move(job, iid, effect.state)
      return await comment(iid, noteOf(effect, story.url, markerOf(job.key)))
    },
    async confirm(job, since) {
      const { effect, ticket: iid } = await jobOf(job)
      if (effect.kind === 'comment') return await findNote(iid, job, since)
      const left = changeTo(goalOf(effect.state, settings.labels), await issueNow(iid))
      return left === null ? receipt(iid, { note: 'already there' }) : 'absent'
    },
    stories: () =>
      untilReaderStops(tools, (tools) => stories({ ...tools, api, project, labels: settings.import_labels })),
    check: () => check({ settings, place, api }),
  }

  /** @throws {DeliveryError} when the link leads to an issue of another project */
  async function jobOf(job: Job): Promise<TicketJob> {
    const named = job.ticket === null ? null : issueOf(job.ticket, base)
    const found = ticketJob(job, 'GitLab', () => named?.iid ?? null)
    const other = named?.project ?? null
    if (other === null || isSame(other, project)) return found
    // Links keep the path that the project had before it was renamed, and may hold its number.
    const own = await api.project()
    if (own === null) throw noProject(project)
    if ((await api.idOf(other)) === own.id) return found
    throw new DeliveryError(
      'dead',
      `The story is linked to an issue of the GitLab project ${oneLine(other, 100)}, but project is ${project}.`,
    )
  }
}

/** Paths of GitLab are compared without regard to case. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

function locked(iid: string): DeliveryError {
  return new DeliveryError('dead', `Issue ${iid} is locked in GitLab. Unlock its discussion, then replay`)
}
