import { Type } from 'typebox'
import type { Source } from '../sources/contract/source.ts'
import { connectionSchema } from './connection-settings.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'

/** The word for a project whose stories are in Tracker, which needs no settings. */
export const TRACKER = 'tracker'

/** The source's own settings by name. @throws {TypeError} when its schema is not that of an object with properties */
export function ownSourceSettings(source: Source): Readonly<Record<string, Schema>> {
  const { properties } = asSchema(source.settings)
  if (!isRecord(properties)) throw new TypeError(`the settings of the source ${source.name} must be Type.Object`)
  return properties as Record<string, Schema>
}

/** A project's source of this kind: the type, its own settings, and how its API is reached if it has a token for it. */
export function sourceSchema(source: Source): Schema {
  const own = ownSourceSettings(source)
  const required = asSchema(source.settings).required
  return {
    ...asSchema(source.settings),
    type: 'object',
    description: source.title,
    properties: {
      type: { const: source.name, description: source.title },
      ...own,
      ...(hasApi(source) ? { connection: asSchema(Type.Optional(connectionSchema)) } : {}),
    },
    required: ['type', ...(Array.isArray(required) ? required : [])],
    additionalProperties: false,
  }
}

export function hasApi(source: Source): boolean {
  return Object.hasOwn(ownSourceSettings(source), 'token')
}

/** Of a source whose type is missing or says nothing. */
export function unknownSource(sources: ReadonlyMap<string, Source>): Schema {
  return { type: 'object', properties: { type: { enum: [TRACKER, ...sources.keys()] } }, required: ['type'] }
}
