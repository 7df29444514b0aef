import { defineConnector } from '../contract/connector.ts'
import { publishedAnnouncements } from '../kit/announcements.ts'
import { openSession } from './session.ts'
import { appOf, Settings, templateProblems } from './settings.ts'

export default defineConnector({
  name: 'twitter',
  title: 'Twitter (X)',
  settings: Settings,
  configure(settings) {
    const app = appOf(settings)
    const problems = [...(Array.isArray(app) ? app : []), ...templateProblems(settings)]
    if (Array.isArray(app) || problems.length > 0) return problems
    return {
      plan: (activity) => publishedAnnouncements(activity, settings),
      open: (tools) => openSession(settings, app, tools),
    }
  },
})
