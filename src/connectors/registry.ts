import bugzilla from './bugzilla/index.ts'
import campfire from './campfire/index.ts'
import type { Connector } from './contract/connector.ts'
import getSatisfaction from './get-satisfaction/index.ts'
import jira from './jira/index.ts'
import lighthouse from './lighthouse/index.ts'
import log from './log/index.ts'
import mastodon from './mastodon/index.ts'
import other from './other/index.ts'
import twitter from './twitter/index.ts'
import webhook from './webhook/index.ts'
import zendesk from './zendesk/index.ts'

/** Every connector that a config can name. */
export const CONNECTORS: readonly Connector[] = [
  campfire,
  twitter,
  mastodon,
  webhook,
  jira,
  lighthouse,
  zendesk,
  bugzilla,
  getSatisfaction,
  other,
  log,
]
