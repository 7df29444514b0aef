import type { Connector } from '../connectors/contract/connector.ts'
import type { Source } from '../sources/contract/source.ts'
import { commonSchema } from './common-settings.ts'
import { integrationSchema } from './integration-schema.ts'
import { INTEGRATION_NAME, projectSchema } from './project.ts'
import { rootSchema } from './schema.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { sourceSchema, TRACKER } from './source-schema.ts'

const VARIABLE = { type: 'string', pattern: '\\$\\{' }
const SECRET_FILE = { type: 'string', pattern: '^file:' }

/**
 * The JSON schema of the whole file, for editors: draft-07, which the YAML language servers know best. It also accepts
 * what the relay replaces before it checks: variables, and secret files.
 */
export function relaySchema(connectors: readonly Connector[], sources: readonly Source[] = []): object {
  const root = relaxed(asSchema(rootSchema), false)
  const properties = isRecord(root.properties) ? root.properties : {}
  const projects = relaxed(asSchema(rootSchema.properties.projects), false)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Tracker Relay',
    ...root,
    properties: {
      ...properties,
      projects: {
        ...projects,
        items: {
          ...withSource(isRecord(projects.items) ? projects.items : {}, sources),
          oneOf: [{ required: ['secret'] }, { required: ['secrets'] }],
        },
      },
      integrations: {
        type: ['object', 'null'],
        description: asSchema(rootSchema.properties.integrations).description,
        patternProperties: { [INTEGRATION_NAME.pattern]: integration(connectors) },
        additionalProperties: false,
      },
    },
    definitions: { common: relaxed(asSchema(commonSchema), false) },
  }
}

/** The source of a project: a word, or the settings that its type has. */
function withSource(project: Schema, sources: readonly Source[]): Schema {
  const names = [TRACKER, ...sources.map(({ name }) => name)]
  const maps = sources.map((source) => ({
    if: { type: 'object', properties: { type: { const: source.name } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword's name
    then: { ...relaxed(sourceSchema(source), false), type: 'object' },
  }))
  const source = {
    description: asSchema(projectSchema.properties.source).description,
    type: ['string', 'object'],
    anyOf: [{ enum: names }, { type: 'object', properties: { type: { enum: names } }, required: ['type'] }],
    ...(maps.length === 0 ? {} : { allOf: maps }),
  }
  return { ...project, properties: { ...(isRecord(project.properties) ? project.properties : {}), source } }
}

function integration(connectors: readonly Connector[]): Schema {
  const names = connectors.map(({ name }) => name)
  return {
    type: 'object',
    properties: { type: { description: `The system: ${names.join(', ')}.`, enum: names } },
    required: ['type'],
    allOf: connectors.map((connector) => ({
      if: { properties: { type: { const: connector.name } }, required: ['type'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword's name
      then: settings(connector),
    })),
  }
}

function settings(connector: Connector): Schema {
  const schema = integrationSchema(connector)
  const common: Readonly<Record<string, unknown>> = commonSchema.properties
  const whole = relaxed(schema, false)
  const properties = Object.entries(isRecord(schema.properties) ? schema.properties : {}).map(([name, one]) => {
    if (name === 'type') return [name, one]
    if (one === common[name]) return [name, { $ref: `#/definitions/common/properties/${name}` }]
    return [name, isRecord(whole.properties) ? whole.properties[name] : one]
  })
  return { ...whole, type: 'object', properties: Object.fromEntries(properties) }
}

/** The schema of the file before variables, secret files and defaults are filled in. */
function relaxed(schema: Schema, inSecret: boolean): Schema {
  const secret = inSecret || schema.writeOnly === true
  const inner = (value: unknown): unknown => (isRecord(value) ? relaxed(value, secret) : value)
  const map = (value: unknown): unknown =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)])) : value
  if (schema.type === 'object') {
    const { properties, patternProperties, additionalProperties, required, ...rest } = schema
    const left = Array.isArray(required) ? required.filter((name) => !hasDefault(properties, name)) : []
    return {
      ...rest,
      // YAML reads a map that contains only comments as null.
      type: ['object', 'null'],
      ...(properties === undefined ? {} : { properties: map(properties) }),
      ...(patternProperties === undefined ? {} : { patternProperties: map(patternProperties) }),
      ...(additionalProperties === undefined ? {} : { additionalProperties: inner(additionalProperties) }),
      ...(left.length === 0 ? {} : { required: left }),
    }
  }
  if (schema.type === 'array')
    return { ...schema, ...(schema.items === undefined ? {} : { items: inner(schema.items) }) }
  const { description, default: standard, examples, writeOnly, title, ...core } = schema
  const list = Array.isArray(schema.anyOf) ? schema.anyOf.map(inner) : [core]
  const annotations = { title, description, default: standard, examples, writeOnly }
  const kept = Object.fromEntries(Object.entries(annotations).filter(([, value]) => value !== undefined))
  const isFree = schema.type === 'string' && Object.keys(core).length === 1
  return isFree ? schema : { ...kept, anyOf: [...list, VARIABLE, ...(secret ? [SECRET_FILE] : [])] }
}

function hasDefault(properties: unknown, name: unknown): boolean {
  const one = isRecord(properties) && typeof name === 'string' ? properties[name] : undefined
  return isRecord(one) && one.default !== undefined
}
