import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { hiddenMarkerOf } from '../kit/marker.ts'
import { oneLine } from '../kit/one-line.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { DAY_MS, earliestAtTarget, timeOf } from '../kit/target-clock.ts'
import { type TicketJob, ticketJob } from '../kit/ticket-job.ts'
import { type Comment, createApi, type Issue } from './api.ts'
import { check, mayTriage } from './check.ts'
import { commentOf } from './message.ts'
import { issueOf, type Place } from './place.ts'
import { Forbidden, issuesOff, Moved, noRepository } from './refusal.ts'
import type { Settings } from './settings.ts'
import { changesIn, changeTo, goalOf } from './states.ts'
import { stories } from './stories.ts'

export function openSession(settings: Settings, place: Place, tools: Tools): Session {
  const { base, repository } = place
  const access = settings.update_comments !== false || settings.update_state ? 'write' : 'read'
  const api = createApi(place, access, tools)
  let own: Promise<(comment: Comment) => boolean> | null = null

  /** GitHub answers 404 also for a repository that the login may not see, and 410 if it has no issues. */
  async function gone(number: string): Promise<never> {
    const found = await api.repository()
    if (found === null) throw noRepository(repository)
    if (found.has_issues === false) throw issuesOff(repository)
    throw new DeliveryError(
      'dead',
      `GitHub has no issue ${number} in ${repository}: it was deleted, or transferred to where the login sees nothing. Correct the link`,
      { status: 404 },
    )
  }

  /** GitHub leads on from an issue that was transferred as it does from a repository that was renamed. */
  async function ledOn(number: string, { status, repositoryId }: Moved): Promise<never> {
    const there = (await api.repositoryAt(repositoryId))?.full_name ?? `the one with the number ${repositoryId}`
    const isHere = await api.repository().catch((error: unknown) => {
      if (error instanceof Moved) return null
      throw error
    })
    if (isHere !== null)
      throw new DeliveryError(
        'dead',
        `Issue ${number} was transferred to another GitHub repository, ${oneLine(there, 150)}. Correct the link`,
        { status },
      )
    throw new Moved(status ?? 301, repositoryId, oneLine(there, 150))
  }

  async function issueNow(number: string): Promise<Issue> {
    try {
      const issue = await api.issue(number)
      return issue === null || issue === 'deleted' ? await gone(number) : issue
    } catch (error) {
      if (error instanceof Moved) return await ledOn(number, error)
      throw error
    }
  }

  /** A 403 may be about the account or about the one issue, as when its conversation is locked: GitHub does not say. */
  async function allowed<T>(number: string, write: () => Promise<T | 'gone'>): Promise<T> {
    try {
      const result = await write()
      return result === 'gone' ? await gone(number) : result
    } catch (error) {
      if (error instanceof Moved) return await ledOn(number, error)
      if (!(error instanceof Forbidden)) throw error
      if ((await issueNow(number)).isLocked) throw locked(number)
      const found = await api.repository()
      if (found === null || found.archived === true || !(api.app !== null || mayTriage(found))) throw error
      const message = `${error.message}. The login may not change issue ${number} in GitHub`
      throw new DeliveryError('dead', message, { status: 403 })
    }
  }

  const receipt = (number: string, more: Receipt = {}): Receipt => ({
    url: `${base}/${repository}/issues/${number}${more.id ? `#issuecomment-${more.id}` : ''}`,
    ...more,
  })

  async function move(job: Job, number: string, state: string): Promise<Receipt> {
    const issue = await issueNow(number)
    if (issue.isPullRequest)
      throw new DeliveryError(
        'dead',
        `${number} is a pull request in GitHub, and its state is left alone. Correct the link`,
      )
    const goal = goalOf(state, settings)
    const change = changeTo(goal, issue)
    if (change === null) return receipt(number, { note: 'nothing to do: the issue is there already' })
    await job.foretell({ page: `${base}/${repository}/issues/${number}`, changes: changesIn(change, issue) })
    const left = changeTo(goal, await allowed(number, () => api.update(number, change)))
    if (left === null) return receipt(number)
    // GitHub drops labels without a word if the role of the account does not allow them.
    throw new DeliveryError(
      'dead',
      `GitHub took the update of issue ${number} but did not carry out ${Object.keys(left).join(', ')}. Give the token's account the role Triage or above, then replay`,
    )
  }

  /** Whether a comment is by our login: people quote comments with their mark. */
  async function isOwn(): Promise<(comment: Comment) => boolean> {
    if (api.app === null) {
      const { id } = await api.me()
      return ({ user }) => user?.id === id
    }
    const { id, slug } = await api.app.self()
    // Servers that do not say through which App it was posted still name the App's account.
    return ({ performed_via_github_app: via, user }) =>
      via?.id === id || (via == null && user?.login === `${slug}[bot]`)
  }

  /** Reads back to before the attempt. */
  async function findComment(number: string, job: Job, since: Date): Promise<Receipt | 'absent'> {
    own ??= isOwn()
    const isOurs = await own.catch((error: unknown) => {
      own = null
      throw error
    })
    const marker = hiddenMarkerOf(job.key)
    const earliest = earliestAtTarget({ since, targetTime: job.targetTime }, null, tools.now(), DAY_MS)
    let search: string | null = null
    do {
      const page: Awaited<ReturnType<typeof api.comments>> = await api.comments(number, earliest, search)
      if (page === null) return await gone(number)
      const { values, next } = page
      const marked = values.filter(
        (comment) =>
          (timeOf(comment.created_at) ?? Number.POSITIVE_INFINITY) >= earliest.getTime() - 1000 &&
          (comment.body ?? '').trimEnd().endsWith(marker) &&
          isOurs(comment),
      )
      // One that has a receipt is from before a replay on purpose.
      const others = marked.length === 0 ? null : await job.receipted(marked.map(({ id }) => String(id)))
      const found = marked.find(({ id }) => others?.has(String(id)) !== true)
      if (found !== undefined) return receipt(number, { id: String(found.id), note: 'already there' })
      search = next
    } while (search !== null)
    return 'absent'
  }

  return {
    async perform(job) {
      const { effect, story, ticket: number } = await jobOf(job)
      if (effect.kind === 'state') return await move(job, number, effect.state)
      const body = commentOf(effect, story.url, hiddenMarkerOf(job.key))
      const { id } = await allowed(number, () => api.addComment(number, body))
      return receipt(number, { id })
    },
    async confirm(job, since) {
      const { effect, ticket: number } = await jobOf(job)
      if (effect.kind === 'comment') {
        return await findComment(number, job, since).catch((error: unknown) => {
          if (error instanceof Moved) return ledOn(number, error)
          throw error
        })
      }
      const left = changeTo(goalOf(effect.state, settings), await issueNow(number))
      return left === null ? receipt(number, { note: 'already there' }) : 'absent'
    },
    stories: () => untilReaderStops(tools, (tools) => stories({ ...tools, api, repository, settings })),
    check: () => check({ settings, place, api }),
  }

  /** @throws {DeliveryError} when the link leads to an issue of another repository */
  async function jobOf(job: Job): Promise<TicketJob> {
    const named = job.ticket === null ? null : issueOf(job.ticket, base)
    const found = ticketJob(job, 'GitHub', () => named?.number ?? null)
    const other = named?.repository ?? null
    if (other === null || other.toLowerCase() === repository.toLowerCase()) return found
    // Links keep the name that the repository had before it was renamed.
    const own = await api.repository()
    if (own === null) throw noRepository(repository)
    if ((await api.idOf(other)) === String(own.id)) return found
    throw new DeliveryError(
      'dead',
      `The story is linked to an issue of the GitHub repository ${oneLine(other, 150)}, but repository is ${repository}.`,
    )
  }
}

function locked(number: string): DeliveryError {
  return new DeliveryError('dead', `Issue ${number} is locked in GitHub. Unlock its conversation, then replay`)
}
