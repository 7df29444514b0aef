import type { Connection, Finding, Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { createOwnPosts } from '../kit/own-posts.ts'
import { postFor } from '../kit/post-text.ts'
import { createSentWords } from '../kit/sent-words.ts'
import type { Access } from './access.ts'
import { createApi, writtenId } from './api.ts'
import { checkAccount } from './check.ts'
import { createLimits } from './limits.ts'
import { oauth1Access } from './oauth1.ts'
import { oauth2Access } from './oauth2.ts'
import { isDuplicate, refusedBy } from './refusal.ts'
import type { App, Settings } from './settings.ts'
import { LONGEST_POST, weightedLength } from './weighted-length.ts'

/** X's clock and ours need not agree to the second. */
const CLOCK_SLACK_MS = 2 * 60 * 1000
/** What says that this app or plan may not read, or not now: it has no bearing on what was written. */
const UNREADABLE = [401, 402, 403, 429]

export function openSession(settings: Settings, app: App, tools: Tools): Session {
  const apiBase = withoutSlash(settings.api_base_url)
  const access = accessOf(app, settings, apiBase, tools)
  const api = createApi(apiBase, access, tools)
  const limits = createLimits(tools)
  const own = createOwnPosts()
  const sent = createSentWords('twitter', tools)

  function textOf(job: Job): string {
    return postFor('Twitter', job, {
      measure: weightedLength,
      longest: LONGEST_POST,
      includeLink: settings.include_link,
      templates: settings.templates,
    })
  }

  async function perform(job: Job): Promise<Receipt> {
    const waitMs = limits.waitMs()
    if (waitMs > 0)
      throw new DeliveryError('hold', 'Twitter: a limit of X is used up; it was not asked again', {
        retryAfterMs: waitMs,
        status: 429,
      })
    return await sent.send(
      job,
      () => textOf(job),
      (text) => post(job, text),
    )
  }

  async function post(job: Job, text: string): Promise<Receipt> {
    const answer = await api.post(text)
    limits.read(answer)
    if (answer.status === 201) {
      const id = writtenId(answer)
      if (id === null) return { id, note: 'X says that it is written, and not where' }
      own.remember(id, job.key)
      return { id, url: `https://x.com/i/web/status/${id}` }
    }
    if (job.inDoubt && isDuplicate(answer)) return { note: 'already there: X refuses the same words a second time' }
    if (answer.status >= 200 && answer.status < 300)
      // It may be written: the question whether it is there tells also whether this is X.
      throw new DeliveryError('in doubt', `Twitter answered ${answer.status}, but X answers 201; check api_base_url`, {
        status: answer.status,
      })
    throw refusedBy(answer, access, tools.now())
  }

  async function ownId(): Promise<string> {
    const known = await access.known()
    if (known?.userId) return known.userId
    const { me } = await api.me()
    if (me instanceof DeliveryError) throw me
    return me.id
  }

  async function confirm(job: Job, since: Date): Promise<Receipt | 'absent' | 'cannot tell'> {
    return await sent.confirm(
      job,
      () => textOf(job),
      (text) => look(job, text, since),
    )
  }

  async function look(job: Job, text: string, since: Date): Promise<Receipt | 'absent' | 'cannot tell'> {
    const notBefore = since.getTime() - CLOCK_SLACK_MS
    try {
      const { posts, whole } = await api.recent(await ownId(), new Date(notBefore))
      const found = own.find(posts, { text, notBefore, jobKey: job.key })
      if (found !== null) return { id: found.id, url: `https://x.com/i/web/status/${found.id}`, note: 'already there' }
      return whole ? 'absent' : 'cannot tell'
    } catch (error) {
      if (error instanceof DeliveryError && UNREADABLE.includes(error.status ?? 0)) return 'cannot tell'
      throw error
    }
  }

  const connection: Connection | undefined = access.connection
  return {
    perform,
    confirm,
    check: async (): Promise<Finding[]> => await checkAccount(settings, access, api, tools.now),
    ...(connection === undefined ? {} : { connection }),
  }
}

function accessOf(app: App, settings: Settings, apiBase: string, tools: Tools): Access {
  const authorizeBase = settings.authorize_base_url ?? (app.kind === 'oauth1' ? 'https://api.x.com' : 'https://x.com')
  const parts = { apiBase, authorizeBase: withoutSlash(authorizeBase), tools }
  return app.kind === 'oauth1' ? oauth1Access(app, parts) : oauth2Access(app, parts)
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
