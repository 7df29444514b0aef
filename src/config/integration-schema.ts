import type { Connector } from '../connectors/contract/connector.ts'
import { commonSchema } from './common-settings.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'

/** The connector's own settings by name. @throws {TypeError} when its schema is not that of an object with properties */
export function ownSettings(connector: Connector): Readonly<Record<string, Schema>> {
  const { properties } = asSchema(connector.settings)
  if (!isRecord(properties)) throw new TypeError(`the settings of the connector ${connector.name} must be Type.Object`)
  return properties as Record<string, Schema>
}

/**
 * An integration of this connector: its own settings, the common ones, and the type. A connector may declare a common
 * setting again, to give it another default or description.
 */
export function integrationSchema(connector: Connector): Schema {
  const settings = asSchema(connector.settings)
  const properties = {
    type: { const: connector.name, description: connector.title },
    ...ownSettings(connector),
    ...Object.fromEntries(
      Object.entries(commonSchema.properties).filter(([name]) => !Object.hasOwn(ownSettings(connector), name)),
    ),
  }
  const own = Array.isArray(settings.required) ? settings.required : []
  const common: readonly string[] = commonSchema.required
  return {
    ...settings,
    type: 'object',
    description: connector.title,
    properties,
    required: ['type', ...new Set([...own, ...common])],
    additionalProperties: false,
  }
}

export function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))
}
