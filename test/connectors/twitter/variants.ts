import { startTwitter, type Twitter } from '../../targets/twitter.ts'
import { templates } from '../posts.ts'
import { latestOf, type Place, type Target, type Variant } from '../variant.ts'

const callback = 'https://relay.example.com/connect/twitter/news/callback'
const isWrite: Target['isWrite'] = ({ path }) => path === '/2/tweets'

const account = ({ posts, repeat }: Twitter): Place => ({
  written: () => posts.length,
  copies() {
    const { text } = latestOf(posts)
    return { ours: () => repeat(text) }
  },
  showsOnlyOurs: true,
  refusesEqualWords: true,
})

const addresses = ({ url }: Twitter) => ({ api_base_url: url, authorize_base_url: url })
const byKey = ({ app }: Twitter) => ({ consumer_key: app.consumerKey, consumer_secret: app.consumerSecret })

function pasted(target: Twitter): object {
  const [access_token, access_token_secret] = target.oauth.issue([
    '6253282-the-token-that-was-pasted',
    'and-its-secret',
  ])
  return { ...addresses(target), ...byKey(target), access_token, access_token_secret }
}

export const variants: readonly Variant[] = [
  {
    name: 'twitter-oauth1',
    connector: 'twitter',
    async start(now) {
      const standIn = await startTwitter({ now })
      return { standIn, isWrite, place: account(standIn), settings: pasted(standIn) }
    },
  },
  {
    name: 'twitter-oauth1-options',
    connector: 'twitter',
    async start(now) {
      const standIn = await startTwitter({ now })
      return {
        standIn,
        isWrite,
        place: account(standIn),
        settings: { ...pasted(standIn), include_link: true, templates },
      }
    },
  },
  {
    name: 'twitter-oauth1-pin',
    connector: 'twitter',
    async start(now) {
      const standIn = await startTwitter({ now })
      return {
        standIn,
        isWrite,
        place: account(standIn),
        settings: { ...addresses(standIn), ...byKey(standIn), publish_story_comments: false },
        async connect({ begin, finish }) {
          const { url, pending } = await begin(null)
          return await finish(pending, { pin: standIn.oauth.visit(url).pin ?? '' })
        },
      }
    },
  },
  {
    name: 'twitter-oauth2',
    connector: 'twitter',
    async start(now) {
      const standIn = await startTwitter({ now })
      const { clientId, clientSecret } = standIn.app
      return {
        standIn,
        isWrite,
        place: account(standIn),
        settings: { ...addresses(standIn), client_id: clientId, client_secret: clientSecret ?? '' },
        async connect({ begin, finish }) {
          const { url, pending } = await begin(callback)
          return await finish(pending, standIn.oauth.visit(url).back ?? {})
        },
      }
    },
  },
]
