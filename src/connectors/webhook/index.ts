import { defineConnector } from '../contract/connector.ts'
import { isChosen } from './message.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'webhook',
  title: 'Web hook',
  settings: Settings,
  configure(settings) {
    const problems = examine(settings)
    if (problems.length > 0) return problems
    return {
      plan: ({ kind }) => (isChosen(kind, settings.kinds) ? [{ kind: 'forward' }] : []),
      open: (tools) => openSession(settings, tools),
    }
  },
})
