import { defineConnector } from '../contract/connector.ts'
import { webhookSession } from './api.ts'
import { isChosen } from './message.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'webhook',
  title: 'Web hook',
  settings: Settings,
  examine,
  plan: (activity, settings) => (isChosen(activity.kind, settings.kinds) ? [{ kind: 'forward' }] : []),
  open: webhookSession,
})
