import { type Mastodon, startMastodon, TOKEN } from '../../../src/stand-ins/mastodon.ts'
import { templates } from '../posts.ts'
import { latestOf, type Place, type Variant } from '../variant.ts'

const account = ({ statuses, now }: Mastodon): Place => ({
  written: () => statuses.length,
  copies() {
    const model = latestOf(statuses)
    return {
      ours() {
        const id = String(statuses.length + 1)
        statuses.push({ ...model, id, at: now() })
        return id
      },
    }
  },
  showsOnlyOurs: true,
})

export const variants: readonly Variant[] = [
  {
    name: 'mastodon',
    connector: 'mastodon',
    async start(now) {
      const standIn = await startMastodon({ now })
      return { standIn, place: account(standIn), settings: { base_url: standIn.url, access_token: TOKEN } }
    },
  },
  {
    name: 'mastodon-options',
    connector: 'mastodon',
    async start(now) {
      const standIn = await startMastodon({ now })
      const options = { visibility: 'public', include_link: false, publish_new_stories: false }
      const { created: _, ...others } = templates
      return {
        standIn,
        place: account(standIn),
        settings: { base_url: `${standIn.url}/`, access_token: TOKEN, ...options, templates: withoutLink(others) },
      }
    },
  },
]

/** A link in the words is refused while the settings leave links out. */
function withoutLink(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([event, words]) => [event, words.replace(/\[ \{link\} ?\]/, '')]),
  )
}
