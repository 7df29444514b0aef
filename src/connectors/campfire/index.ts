import { defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { classicSession } from './classic.ts'
import { onceSession } from './once.ts'
import { placeOf, secretsOf } from './place.ts'
import { Settings } from './settings.ts'

export default defineConnector({
  name: 'campfire',
  title: 'Campfire',
  settings: Settings,
  secrets: secretsOf,
  examine: (settings) => {
    const place = placeOf(settings)
    return 'problems' in place ? place.problems : []
  },
  plan: publishedAnnouncements,
  open(settings, tools) {
    const place = placeOf(settings)
    if ('problems' in place)
      throw new Error(place.problems.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
    return place.flavour === 'classic' ? classicSession(place, tools) : onceSession(place, tools)
  },
})
