import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { shown } from '../../tracker/parse-error.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * Bends a value towards a schema where nothing is lost: JSONata gives a list with one item as that item, ids are often
 * numbers, and null stands for what is not there.
 */
export function fitted(value: unknown, schema: TSchema): unknown {
  return fit(value, schema as unknown as Schema)
}

function fit(value: unknown, schema: Schema): unknown {
  if (Array.isArray(schema.anyOf)) return value === null ? null : fit(value, withoutNull(schema.anyOf))
  if (schema.type === 'array') {
    const list = Array.isArray(value) ? value : [value]
    return list.map((item) => fit(item, schema.items as Schema))
  }
  if (schema.type === 'string' && typeof value === 'number') return String(value)
  if (schema.type === 'string' && typeof value === 'string') return storable(value)
  if (schema.type !== 'object' || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const properties = schema.properties as Readonly<Record<string, Schema>>
  const required = (schema.required ?? []) as readonly string[]
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined
      if (known === undefined) return [[name, item]]
      const isAbsent = item === null && known.anyOf === undefined && !required.includes(name)
      return isAbsent ? [] : [[name, fit(item, known)]]
    }),
  )
}

const withoutNull = (schemas: readonly Schema[]): Schema => schemas.find(({ type }) => type !== 'null') ?? {}

/** JSON can escape two things that files and databases do not take. */
const storable = (text: string): string => text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd')

/** The first thing in which the value is not as the schema says, with its place; null if there is none. */
export function firstMistake(value: unknown, schema: TSchema, place: string): string | null {
  const errors = Value.Errors(schema, value)
  const first = errors.find(({ keyword }) => keyword !== 'boolean')
  if (first === undefined) return null
  const { keyword, instancePath, params } = first
  const at = (more = ''): string => placeOf(place, instancePath, more)
  const told = params as Readonly<Record<string, unknown>>
  const found = `found ${shown(valueAt(value, instancePath))}`
  if (keyword === 'additionalProperties') {
    const [name = ''] = (told.additionalProperties ?? []) as readonly string[]
    return `${at(name)} is not known; known are ${namesAt(schema, instancePath).join(', ')}`
  }
  if (keyword === 'required') {
    const [name = ''] = (told.requiredProperties ?? []) as readonly string[]
    return `${at(name)} is missing`
  }
  if (keyword === 'enum') return `${at()} must be one of ${listed(told.allowedValues)} (${found})`
  if (keyword === 'type') return `${at()} must be ${KINDS[String(told.type)] ?? String(told.type)} (${found})`
  if (keyword === 'anyOf') return `${at()} is of the wrong kind (${found})`
  return `${at()} ${first.message} (${found})`
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'an object',
  array: 'a list',
  integer: 'a whole number',
  number: 'a number',
}

const listed = (values: unknown): string => (Array.isArray(values) ? values.join(', ') : String(values))

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Such as stories[0].comments[1].text. */
function placeOf(place: string, pointer: string, more: string): string {
  const steps = [...stepsOf(pointer), ...(more === '' ? [] : [more])]
  const path = steps.reduce((path, step) => {
    if (/^\d+$/.test(step)) return `${path}[${step}]`
    const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? step : shown(step)
    return path === '' ? name : `${path}.${name}`
  }, place)
  return path === '' ? 'what the expression gives' : path
}

function valueAt(value: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined,
    value,
  )
}

function namesAt(schema: TSchema, pointer: string): string[] {
  const found = stepsOf(pointer).reduce<Schema>(
    (each, step) => {
      const next = each.type === 'array' ? each.items : ((each.properties ?? {}) as Record<string, unknown>)[step]
      return (next ?? {}) as Schema
    },
    schema as unknown as Schema,
  )
  return Object.keys((found.properties ?? {}) as object)
}
