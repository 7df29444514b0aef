import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'email',
  title: 'E-mail',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    notices: true,
    plan: (activity) => publishedAnnouncements(activity, settings),
    open: (tools) => openSession(settings, tools),
  })),
})
