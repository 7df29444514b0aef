import type { Configured, Connector } from '../connectors/contract/connector.ts'
import { importRules } from './import-rules.ts'
import { ownSettings, pick } from './integration-schema.ts'
import type { Path } from './path.ts'
import { INTEGRATION_NAME } from './project.ts'
import type { Remark } from './remark.ts'
import { isRecord } from './schema-walk.ts'

export interface ConfiguredIntegrations {
  /** By the integration's name: those with which nothing is wrong. */
  readonly configured: ReadonlyMap<string, Configured>
  readonly remarks: readonly Remark[]
}

/**
 * Has each connector read the settings of its integrations, where the schema found nothing wrong with them.
 * @param isSound whether the schema found nothing wrong at or under the path
 */
export function configureIntegrations(
  integrations: unknown,
  connectors: ReadonlyMap<string, Connector>,
  isSound: (path: Path) => boolean,
): ConfiguredIntegrations {
  const configured = new Map<string, Configured>()
  const remarks: Remark[] = []
  for (const [name, values] of Object.entries(isRecord(integrations) ? integrations : {})) {
    const path = ['integrations', name]
    if (!new RegExp(INTEGRATION_NAME.pattern, 'u').test(name)) {
      const expected = INTEGRATION_NAME.patternErrorMessage
      remarks.push({ path, atKey: true, expected, found: JSON.stringify(name) })
      continue
    }
    if (!isRecord(values)) continue
    const connector = typeof values.type === 'string' ? connectors.get(values.type) : undefined
    const result =
      connector === undefined || !isSound(path)
        ? []
        : connector.configure(pick(values, Object.keys(ownSettings(connector))))
    const one = Array.isArray(result) ? null : result
    if (one !== null) configured.set(name, one)
    for (const { setting, problem: message } of Array.isArray(result) ? result : [])
      remarks.push({
        path: setting === '' ? path : [...path, ...setting.split('.')],
        expected: null,
        found: null,
        message,
      })
    remarks.push(...importRules(values, path, connector?.title ?? '', one, isSound))
  }
  return { configured, remarks }
}
