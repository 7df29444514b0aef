import { checkedBy, defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { hookSecrets, hookUrlProblems } from '../kit/hook-room.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { openSession } from './session.ts'
import { EXAMPLE, Settings } from './settings.ts'

export default defineConnector({
  name: 'discord',
  title: 'Discord',
  settings: Settings,
  configure: checkedBy(
    ({ url, templates }) => [...hookUrlProblems(url, EXAMPLE), ...roomTemplateProblems(templates)],
    (settings) => ({
      secrets: hookSecrets(settings.url),
      notices: true,
      plan: (activity) => publishedAnnouncements(activity, settings),
      open: (tools) => openSession(settings, tools),
    }),
  ),
})
