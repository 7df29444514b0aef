import { Type } from 'typebox'
import { defineConnector } from '../../src/connectors/contract/connector.ts'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'

/** The smallest connector whose account a person authorises: it says "yes" to the code that its address names. */
export const authorisedConnector = defineConnector({
  name: 'bulletin',
  title: 'Bulletin',
  settings: Type.Object({}, { additionalProperties: false }),
  configure: () => ({
    plan: (activity) =>
      activity.stories.map(({ id }) => ({
        kind: 'announce' as const,
        what: 'created' as const,
        storyId: id,
        author: activity.author,
        text: null,
      })),
    open({ credentials, integration }) {
      const place = `bulletin/${integration}`
      const load = async (): Promise<string | null> => (await credentials?.load(place)) ?? null
      return {
        async perform() {
          const account = await load()
          if (account === null) throw new DeliveryError('pause', 'nobody has authorised the bulletin')
          return { note: `posted as ${account}` }
        },
        connection: {
          account: load,
          async begin(callback) {
            const code = String(Math.floor(Math.random() * 1e9))
            return {
              url: `https://bulletin.example.com/agree?code=${code}&callback=${encodeURIComponent(callback ?? 'none')}`,
              pending: code,
            }
          },
          async finish(pending, { code, pin, denied }) {
            if (denied !== undefined) throw new DeliveryError('dead', 'the bulletin says that it was refused')
            if ((code ?? pin) !== pending) throw new DeliveryError('dead', 'that is not the code that was begun with')
            await credentials?.save(place, '@kirk <b>')
            return '@kirk <b>'
          },
          async disconnect() {
            await credentials?.forget(place)
          },
        },
      }
    },
  }),
})
