import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'mastodon',
  title: 'Mastodon',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    plan: (activity) => publishedAnnouncements(activity, settings),
    open: (tools) => openSession(settings, tools),
  })),
})
