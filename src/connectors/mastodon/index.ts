import { defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'mastodon',
  title: 'Mastodon',
  settings: Settings,
  configure(settings) {
    const problems = examine(settings)
    if (problems.length > 0) return problems
    return {
      plan: (activity) => publishedAnnouncements(activity, settings),
      open: (tools) => openSession(settings, tools),
    }
  },
})
