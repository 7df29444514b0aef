import { defineConnector, readBy } from '../contract/connector.ts'
import { untilReaderStops } from '../kit/pages.ts'
import { createApi } from './api.ts'
import { check } from './check.ts'
import { inWords, placeOf, ticketUrl } from './place.ts'
import { Settings } from './settings.ts'
import { stories } from './stories.ts'

/** Ideas and problems can become stories; nothing is written to Get Satisfaction. */
export default defineConnector({
  name: 'get-satisfaction',
  title: 'Get Satisfaction',
  system: 'get_satisfaction',
  settings: Settings,
  configure: readBy(placeOf, (place) => ({
    imports: { storyTypes: { byType: { idea: 'feature', problem: 'bug' }, otherwise: 'feature' }, missing: null },
    ticketUrl: ticketUrl(place),
    plan: () => [],
    open(tools) {
      const api = createApi(place, tools)
      return {
        stories: () => untilReaderStops(tools, (tools) => stories(api, tools)),
        check: () => check(api, inWords(place), tools),
      }
    },
  })),
})
