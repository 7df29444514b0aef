import type { Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { postFor } from '../kit/post-text.ts'
import { createPosting } from '../kit/posting.ts'
import { createApi, type PostLength } from './api.ts'
import { checkAccount } from './check.ts'
import { lengthOf } from './post-length.ts'
import type { Settings } from './settings.ts'

/** How long a server's longest post is cached. */
const LENGTH_HOLDS_MS = 24 * 60 * 60 * 1000

export function openSession(settings: Settings, tools: Tools): Session {
  const api = createApi(settings, tools)
  let length: { readonly value: PostLength; readonly until: number } | null = null
  let ownId: string | null = null

  async function compose(job: Job): Promise<string> {
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

  async function post(job: Job, text: string): Promise<Receipt> {
    try {
      return await api.post(text, job.key)
    } catch (error) {
      // The server may now take only shorter posts.
      if (error instanceof DeliveryError && error.status === 422) length = null
      throw error
    }
  }

  return {
    ...createPosting('mastodon', tools, {
      compose,
      post,
      async *posts() {
        ownId ??= (await api.me()).id
        yield* api.posts(ownId)
      },
      // Not 429: a limit ends, and after an hour a repeat is another post.
      unreadable: [401, 403, 404],
    }),
    check: async () => await checkAccount(settings, api),
  }
}
