import type { Connector } from '../connectors/contract/connector.ts'

/** The systems that a story can be linked to, as Tracker calls them. */
export function linkableSystems(connectors: readonly Pick<Connector, 'system'>[]): readonly string[] {
  return connectors.flatMap(({ system }) => system ?? [])
}
