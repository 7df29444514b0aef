import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { hookSecrets } from '../kit/hook-room.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'discord',
  title: 'Discord',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    secrets: hookSecrets(settings.url),
    notices: true,
    plan: (activity) => publishedAnnouncements(activity, settings),
    open: (tools) => openSession(settings, tools),
  })),
})
