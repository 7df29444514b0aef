import { startMastodon, TOKEN } from '../../stand-ins/mastodon.ts'
import { startTwitter, user } from '../../stand-ins/twitter.ts'
import type { Target } from './target.ts'

/** The accounts that tell everybody. Nothing in the day says the same words twice: X would refuse the second post. */
export const POST_TARGETS: readonly Target[] = [
  {
    name: 'twitter',
    title: 'Twitter (X)',
    async start() {
      const standIn = await startTwitter()
      const { consumerKey, consumerSecret } = standIn.app
      const [token, secret] = standIn.oauth.issue()
      return {
        standIn,
        settings: {
          type: 'twitter',
          api_base_url: standIn.url,
          consumer_key: consumerKey,
          consumer_secret: consumerSecret,
          access_token: token,
          access_token_secret: secret,
        },
        received: () =>
          standIn.posts.map(({ text }) => ({ key: null, place: `@${user.screenName}`, subject: null, text })),
      }
    },
    stumble({ standIn }) {
      const body = '{"title":"Service Unavailable","status":503}'
      const instead = { status: 503, headers: { 'content-type': 'application/json' }, body }
      standIn.fault({ instead }, { where: ({ method, path }) => method === 'POST' && path === '/2/tweets' })
      return 'publishes the first post, and answers 503'
    },
    troubles: { found: 1 },
  },
  {
    name: 'mastodon',
    title: 'Mastodon',
    async start() {
      const standIn = await startMastodon()
      return {
        standIn,
        settings: { type: 'mastodon', base_url: standIn.url, access_token: TOKEN },
        received: () =>
          standIn.statuses.map(({ text, visibility }) => ({ key: null, place: visibility, subject: null, text })),
      }
    },
  },
]
