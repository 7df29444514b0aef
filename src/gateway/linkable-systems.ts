import type { Connector } from '../connectors/contract/connector.ts'

/** The systems with tickets that a story can be linked to, as Tracker calls them. */
export function linkableSystems(
  connectors: readonly Pick<Connector, 'name' | 'needsTicket' | 'importSetting'>[],
): readonly string[] {
  return connectors
    .filter(({ needsTicket, importSetting }) => needsTicket === true || importSetting !== undefined)
    .map(({ name }) => name.replaceAll('-', '_'))
}
