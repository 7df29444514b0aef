import type { Finding, Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { createOwnPosts } from '../kit/own-posts.ts'
import { postFor } from '../kit/post-text.ts'
import { createSentWords } from '../kit/sent-words.ts'
import { createApi, type PostLength } from './api.ts'
import type { Settings } from './settings.ts'

/** The server's clock and ours need not agree to the second. */
const CLOCK_SLACK_MS = 2 * 60 * 1000
/** How long a server is believed to take posts of the same length. */
const LENGTH_HOLDS_MS = 24 * 60 * 60 * 1000
const UNREADABLE = [401, 403, 404, 429]

export function openSession(settings: Settings, tools: Tools): Session {
  const api = createApi(settings, tools)
  const own = createOwnPosts()
  const sent = createSentWords('mastodon', tools)
  let length: { readonly value: PostLength; readonly until: number } | null = null
  let ownId: string | null = null

  async function textOf(job: Job): Promise<string> {
    const now = tools.now().getTime()
    if (length === null || now >= length.until) length = { value: await api.length(), until: now + LENGTH_HOLDS_MS }
    const { longest, link } = length.value
    return postFor('Mastodon', job, {
      measure: (text) => lengthOf(text, link),
      longest,
      includeLink: settings.include_link,
      templates: settings.templates,
    })
  }

  async function perform(job: Job): Promise<Receipt> {
    try {
      const receipt = await sent.send(
        job,
        () => textOf(job),
        (text) => api.post(text, job.key),
      )
      if (receipt.id) own.remember(receipt.id, job.key)
      return receipt
    } catch (error) {
      // The server may take shorter posts than it did.
      if (error instanceof DeliveryError && error.status === 422) length = null
      throw error
    }
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
      ownId ??= (await api.me()).id
      const { posts, whole } = await api.recent(ownId)
      const found = own.find(posts, { text, notBefore, jobKey: job.key })
      if (found !== null) return { id: found.id, note: 'already there' }
      return whole || posts.some(({ createdAt }) => createdAt < notBefore) ? 'absent' : 'cannot tell'
    } catch (error) {
      if (error instanceof DeliveryError && UNREADABLE.includes(error.status ?? 0)) return 'cannot tell'
      throw error
    }
  }

  async function account(): Promise<Finding[]> {
    try {
      const { acct, bot } = await api.me()
      const speaker: Finding = { level: 'ok', setting: 'access_token', message: `posts as @${acct}` }
      if (bot !== false) return [speaker]
      const message = `@${acct} is not marked as an automated account; many servers ask for that (Preferences, Public profile)`
      return [speaker, { level: 'warning', setting: null, message }]
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      if (error.status !== 403) {
        const setting = error.status === 401 ? 'access_token' : 'base_url'
        return [{ level: 'error', setting, message: error.message }]
      }
      const message = 'without the scope read:accounts it cannot be told whose it is, nor whether a lost post is there'
      return [{ level: 'warning', setting: 'access_token', message }]
    }
  }

  return { perform, confirm, check: async () => [...(await account()), ...openness(settings)] }
}

function openness({ visibility }: Settings): Finding[] {
  if (visibility === 'private' || visibility === 'direct') return []
  return [{ level: 'warning', setting: 'visibility', message: `${visibility}: everyone can read what is posted` }]
}

/**
 * By code points: Mastodon counts what people see as one character as one, which is never more, and servers that only
 * speak its language count as we do. A link counts what it is long, and what Mastodon reserves for it at least.
 */
export function lengthOf(text: string, link: number): number {
  let length = 0
  for (const [token] of text.matchAll(/\s+|\S+/g)) {
    const own = [...token].length
    length += /^https?:\/\//i.test(token) ? Math.max(own, link) : own
  }
  return length
}
