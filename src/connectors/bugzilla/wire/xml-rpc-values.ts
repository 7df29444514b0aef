import { XMLParser } from 'fast-xml-parser'

/** XML-RPC as Bugzilla uses it: one struct in, one value or a fault out (http://xmlrpc.com/spec.md). */

export type Value = string | number | boolean | null | Date | readonly Value[] | Struct
export interface Struct {
  readonly [name: string]: Value
}

/** The code is a number, but SOAP::Lite's own faults have a word ("Client"). */
export interface Fault {
  readonly code: number | string
  readonly text: string
}

/** Pure ASCII, so that the encoding cannot be misread. A date becomes UTC without a zone, as Bugzilla 3.6+ expects. */
export function encodeCall(method: string, params: Struct): string {
  const struct = encode(params)
  return `<?xml version="1.0"?><methodCall><methodName>${escaped(method)}</methodName><params><param>${struct}</param></params></methodCall>`
}

function encode(value: Value): string {
  return `<value>${typed(value)}</value>`
}

function typed(value: Value): string {
  if (value === null) return '<nil/>'
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`
  if (typeof value === 'number') return number(value)
  if (value instanceof Date) return `<dateTime.iso8601>${wireDate(value)}</dateTime.iso8601>`
  if (isList(value)) return `<array><data>${value.map(encode).join('')}</data></array>`
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escaped(name)}</name>${encode(member)}</member>`,
  )
  return `<struct>${members.join('')}</struct>`
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

/** An int has 32 bits; larger numbers go as a double, which has no exponent in XML-RPC. */
function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return `<int>${value}</int>`
  if (!Number.isFinite(value)) throw new RangeError('XML-RPC has neither infinity nor NaN')
  return `<double>${value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })}</double>`
}

function wireDate(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll('-', '')
}

/** Control characters and lone surrogates, which XML 1.0 cannot express, are replaced. */
function escaped(text: string): string {
  return text.replace(/[^\t\n\x20-\x25\x27-\x3b\x3d\x3f-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const writable = code === 13 || (code >= 0x20 && !(code >= 0xd800 && code <= 0xdfff) && (code & 0xfffe) !== 0xfffe)
    return `&#${writable ? code : 0xfffd};`
  })
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
  // Without this, numeric references (&#233;) are not decoded.
  htmlEntities: true,
})

/**
 * Dates stay text, because their zone depends on the server's version.
 * @throws {SyntaxError} if it is not an XML-RPC answer
 */
export function decodeAnswer(xml: string): { readonly value: Value } | { readonly fault: Fault } {
  const answer = children(children(parse(xml)).methodResponse ?? fail('is not a methodResponse'))
  if (answer.fault !== undefined) return { fault: faultIn(decode(children(answer.fault).value)) }
  const param = children(children(answer.params).param)
  if (!('value' in param)) return fail('holds no value')
  return { value: decode(param.value) }
}

function parse(xml: string): unknown {
  // An XML-RPC answer has none, and its entities could turn a small text into a huge one.
  if (/<!DOCTYPE/i.test(xml)) return fail('has a document type')
  try {
    return parser.parse(xml)
  } catch (error) {
    throw new SyntaxError('the XML cannot be read', { cause: error })
  }
}

function faultIn(value: Value): Fault {
  if (value === null || typeof value !== 'object' || value instanceof Date || isList(value))
    return fail('has a bare fault')
  const { faultCode, faultString } = value
  const code = typeof faultCode === 'string' && /^-?\d+$/.test(faultCode) ? Number(faultCode) : faultCode
  if (typeof code !== 'number' && typeof code !== 'string') return fail('has a fault without a code')
  return { code, text: typeof faultString === 'string' ? faultString : '' }
}

function decode(node: unknown): Value {
  // A value without a type is a string.
  if (typeof node === 'string') return node
  const typedNode = children(node)
  const type = Object.keys(typedNode).find((name) => name !== '#text')
  if (type === undefined) return text(typedNode['#text'])
  const inner = typedNode[type]
  if (type === 'struct') return structOf(inner)
  if (type === 'array') return listOf(children(children(inner).data).value)
  return scalar(type, text(inner))
}

function scalar(type: string, content: string): Value {
  if (type === 'string' || type === 'dateTime.iso8601' || type === 'base64') return content
  if (type === 'nil') return null
  const trimmed = content.trim()
  if (type === 'boolean' && /^[01]$/.test(trimmed)) return trimmed === '1'
  if (/^(int|i4|i8|double)$/.test(type) && trimmed !== '' && Number.isFinite(Number(trimmed))) return Number(trimmed)
  return fail(`holds a bad ${type.slice(0, 20)}`)
}

function structOf(node: unknown): Struct {
  const members = several(children(node).member).map(children)
  return Object.fromEntries(members.map((member) => [text(member.name), decode(member.value ?? '')]))
}

function listOf(node: unknown): Value[] {
  return several(node).map(decode)
}

const several = (node: unknown): unknown[] => (node === undefined ? [] : Array.isArray(node) ? node : [node])

/** By name; an empty element is parsed as empty text. */
function children(node: unknown): Record<string, unknown> {
  if (typeof node === 'string' && node.trim() === '') return {}
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return fail('is not built like one')
  return node as Record<string, unknown>
}

function text(node: unknown): string {
  if (node === undefined) return ''
  return typeof node === 'string' ? node : fail('holds an element where text belongs')
}

function fail(why: string): never {
  throw new SyntaxError(`the XML-RPC answer ${why}`)
}
