import type { Connector } from './contract/connector.ts'

/** Each is loaded when it is needed, because together they take a second. */
const CONNECTORS: Readonly<Record<string, () => Promise<{ readonly default: Connector }>>> = {
  campfire: () => import('./campfire/index.ts'),
  twitter: () => import('./twitter/index.ts'),
  mastodon: () => import('./mastodon/index.ts'),
  slack: () => import('./slack/index.ts'),
  teams: () => import('./teams/index.ts'),
  discord: () => import('./discord/index.ts'),
  matrix: () => import('./matrix/index.ts'),
  email: () => import('./email/index.ts'),
  webhook: () => import('./webhook/index.ts'),
  jira: () => import('./jira/index.ts'),
  lighthouse: () => import('./lighthouse/index.ts'),
  github: () => import('./github/index.ts'),
  gitlab: () => import('./gitlab/index.ts'),
  zendesk: () => import('./zendesk/index.ts'),
  bugzilla: () => import('./bugzilla/index.ts'),
  'get-satisfaction': () => import('./get-satisfaction/index.ts'),
  other: () => import('./other/index.ts'),
  log: () => import('./log/index.ts'),
}

export const CONNECTOR_NAMES: readonly string[] = Object.keys(CONNECTORS)

/** Unknown names are ignored. */
export async function loadConnectors(names: readonly string[] = CONNECTOR_NAMES): Promise<readonly Connector[]> {
  const wanted = Object.entries(CONNECTORS).filter(([name]) => names.includes(name))
  const loaded = await Promise.all(wanted.map(([, load]) => load()))
  return loaded.map((module) => module.default)
}
