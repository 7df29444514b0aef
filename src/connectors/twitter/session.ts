import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { isSuccess } from '../kit/answer.ts'
import { postFor } from '../kit/post-text.ts'
import { createPosting } from '../kit/posting.ts'
import type { AccountAccess } from './access.ts'
import { addressOf, createApi, writtenId } from './api.ts'
import { checkAccount } from './check.ts'
import { createLimits } from './limits.ts'
import { oauth1Access } from './oauth1.ts'
import { oauth2Access } from './oauth2.ts'
import { isDuplicate, refusedBy } from './refusal.ts'
import type { App, Settings } from './settings.ts'
import { LONGEST_POST, weightedLength } from './weighted-length.ts'

export function openSession(settings: Settings, app: App, tools: Tools): Session {
  const apiBase = withoutSlash(settings.api_base_url)
  const access = accessOf(app, settings, apiBase, tools)
  const api = createApi(apiBase, access, tools)
  const limits = createLimits(tools)

  function compose(job: Job): string {
    return postFor('Twitter', job, {
      measure: weightedLength,
      longest: LONGEST_POST,
      includeLink: settings.include_link,
      templates: settings.templates,
    })
  }

  async function post(job: Job, text: string): Promise<Receipt> {
    const answer = await api.post(text)
    limits.read(answer)
    if (answer.status === 201) {
      const id = writtenId(answer)
      return id === null ? { id, note: 'X says that it is written, and not where' } : { id, url: addressOf(id) }
    }
    if (job.inDoubt && isDuplicate(answer)) return { note: 'already there: X refuses the same words a second time' }
    if (!isSuccess(answer)) throw refusedBy(answer, access, tools.now())
    // It may be written; the question whether it is there also shows whether this is X.
    const { status } = answer
    throw new DeliveryError('in doubt', `Twitter answered ${status}, but X answers 201; check api_base_url`, {
      status,
      setting: 'api_base_url',
    })
  }

  const posting = createPosting('twitter', tools, {
    compose,
    post,
    async *posts(from) {
      const known = await access.known()
      yield* api.posts(known?.userId || api.whoIn(await api.askWho()).id, from)
    },
    // A 400 is about the question: X has renamed fields and parameters before.
    unreadable: [400, 401, 402, 403, 429],
  })

  return {
    async perform(job) {
      const waitMs = limits.waitMs()
      if (waitMs === 0) return await posting.perform(job)
      throw new DeliveryError('hold', 'Twitter: a rate limit of X is used up, so nothing was sent', {
        retryAfterMs: waitMs,
        status: 429,
      })
    },
    confirm: posting.confirm,
    check: async () => await checkAccount(settings, access, api, tools.now),
    ...(access.connection === undefined ? {} : { connection: access.connection }),
  }
}

function accessOf(app: App, settings: Settings, apiBase: string, tools: Tools): AccountAccess {
  const authorizeBase = settings.authorize_base_url ?? (app.kind === 'oauth1' ? 'https://api.x.com' : 'https://x.com')
  const parts = { apiBase, authorizeBase: withoutSlash(authorizeBase), tools }
  return app.kind === 'oauth1' ? oauth1Access(app, parts) : oauth2Access(app, parts)
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
