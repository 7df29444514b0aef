import { defineConnector, readBy } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { classicSession } from './classic/session.ts'
import { onceSession } from './once/session.ts'
import { placeOf, secretsOf } from './place.ts'
import { Settings } from './settings.ts'

export default defineConnector({
  name: 'campfire',
  title: 'Campfire',
  settings: Settings,
  configure: readBy(placeOf, (place, settings) => ({
    secrets: secretsOf(settings),
    notices: true,
    plan: (activity) => publishedAnnouncements(activity, settings),
    open: (tools) =>
      place.flavour === 'classic'
        ? classicSession(place, settings.templates, tools)
        : onceSession(place, settings.templates, tools),
  })),
})
