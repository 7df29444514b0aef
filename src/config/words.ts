import { isRecord, type Schema } from './schema-walk.ts'

/** What a value must be, as it follows "must be": "a whole number from 1 to 64". */
export function expected(schema: Schema): string {
  const list = [schema.anyOf, schema.oneOf].find(Array.isArray)
  if (list !== undefined) return choice(list.filter(isRecord))
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return oneOf(schema.enum)
  if (Array.isArray(schema.type) && typeof schema.patternErrorMessage !== 'string')
    return choice(schema.type.map((type) => ({ ...schema, type })))
  const type = Array.isArray(schema.type) ? 'string' : schema.type
  if (type === 'integer' || type === 'number') return number(type === 'integer' ? 'a whole number' : 'a number', schema)
  if (type === 'boolean') return 'true or false'
  if (type === 'null') return 'null'
  if (type === 'array') return array(schema)
  if (type === 'object') return 'a map of settings, as in "name: value"'
  return text(schema)
}

/**
 * What was found. Of a secret only the kind is told, and a password within a URL is replaced.
 */
export function found(value: unknown, secret: boolean): string {
  const kind = kindOf(value)
  if (secret && ['string', 'number', 'boolean'].includes(typeof value)) return `${kind} that is not shown`
  if (typeof value === 'string') return JSON.stringify(shorten(value.replaceAll(/\/\/[^/\s]*@/g, '//[secret]@')))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return kind
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'number') return 'a number'
  return typeof value === 'boolean' ? 'true or false' : 'text'
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function choice(alternatives: readonly Schema[]): string {
  if (alternatives.every(({ const: only }) => only !== undefined))
    return oneOf(alternatives.map(({ const: only }) => only))
  return [...new Set(alternatives.map(expected))].join(', or ')
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value))
  return words.length === 1 ? words.join() : `one of ${words.join(', ')}`
}

function number(noun: string, schema: Schema): string {
  const bounds: string[] = []
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (minimum !== undefined && maximum !== undefined) bounds.push(`from ${minimum} to ${maximum}`)
  else if (minimum !== undefined) bounds.push(`of at least ${minimum}`)
  else if (maximum !== undefined)
    bounds.push(exclusiveMinimum === undefined ? `of at most ${maximum}` : `up to ${maximum}`)
  if (exclusiveMinimum !== undefined) bounds.unshift(`above ${exclusiveMinimum}`)
  if (exclusiveMaximum !== undefined) bounds.push(`below ${exclusiveMaximum}`)
  if (multipleOf !== undefined) bounds.push(`in steps of ${multipleOf}`)
  return [noun, ...bounds].join(' ')
}

function array(schema: Schema): string {
  const { minItems, maxItems } = schema
  const least = typeof minItems === 'number' && minItems > 1 ? `at least ${minItems}` : null
  const count =
    typeof minItems === 'number' && minItems > 0 && maxItems !== undefined
      ? `${minItems} to ${maxItems}`
      : (least ?? (maxItems === undefined ? null : `at most ${maxItems}`))
  const items = isRecord(schema.items) ? `, each of them ${expected(schema.items)}` : ''
  return `a list${count === null ? '' : ` of ${count}`}${items}`
}

function text(schema: Schema): string {
  const { minLength, maxLength, pattern, patternErrorMessage } = schema
  const plain = pattern === undefined ? 'text' : `text that matches ${pattern}`
  const base = typeof patternErrorMessage === 'string' ? patternErrorMessage : plain
  const least = typeof minLength === 'number' && minLength > 1 ? minLength : null
  if (least === null && maxLength === undefined) return base
  const size =
    least === null ? `at most ${maxLength}` : maxLength === undefined ? `at least ${least}` : `${least} to ${maxLength}`
  return `${base}${base === 'text' ? ' of' : ','} ${size} characters`
}
