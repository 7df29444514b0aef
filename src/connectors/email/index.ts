import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { digestAfter } from '../kit/digest-times.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'email',
  title: 'E-mail',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    notices: true,
    ...(settings.digest === undefined ? {} : { digestAfter: digestAfter(settings.digest) }),
    plan: (activity) => publishedAnnouncements(activity, settings),
    open: (tools) => openSession(settings, tools),
  })),
})
