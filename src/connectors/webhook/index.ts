import { checkedBy, defineConnector } from '../contract/connector.ts'
import { isChosen } from './message.ts'
import { openSession } from './session.ts'
import { examine, Settings } from './settings.ts'

export default defineConnector({
  name: 'webhook',
  title: 'Web hook',
  settings: Settings,
  configure: checkedBy(examine, (settings) => ({
    plan: ({ kind }) => (isChosen(kind, settings.kinds) ? [{ kind: 'forward' }] : []),
    notices: true,
    open: (tools) => openSession(settings, tools),
  })),
})
