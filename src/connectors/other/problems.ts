import type { SettingProblem } from '../contract/connector.ts'
import { compileExpression, ExpressionError } from './documents/expression.ts'
import type { Database, Settings, SourceSettings } from './settings.ts'
import { isAddress, KINDS, type Kind } from './source.ts'
import { PARTS } from './ticket-parts.ts'

/** What each setting goes with; the password goes with the user name. */
const BELONGS: Readonly<Record<Exclude<keyof SourceSettings, Kind>, readonly Kind[]>> = {
  username: ['external_stories', 'json', 'feed', 'csv'],
  password: ['external_stories', 'json', 'feed', 'csv'],
  headers: ['external_stories', 'json', 'feed', 'csv'],
  items: ['json', 'yaml'],
  fields: ['json', 'yaml'],
  next: ['json'],
  next_hosts: ['json'],
  columns: ['csv'],
  delimiter: ['csv'],
  database: ['sql'],
}

/** Problems that the schema cannot say; no secret is repeated. */
export function problemsIn({ base_url, source }: Settings): SettingProblem[] {
  const kinds = KINDS.filter((kind) => source[kind] !== undefined)
  const [kind] = kinds
  return [
    ...(base_url === '' || isHttp(base_url)
      ? []
      : [{ setting: 'base_url', problem: 'is not an http or https address; leave it blank if tickets have none' }]),
    ...(kind === undefined
      ? [{ setting: 'source', problem: `names no source: set one of ${KINDS.join(', ')}` }]
      : kinds.length > 1
        ? [{ setting: 'source', problem: `names ${kinds.length} sources: keep only one of ${kinds.join(', ')}` }]
        : [...aboutAddress(kind, source), ...aboutStrays(kind, source), ...aboutLogin(source)]),
    ...aboutExpressions(source),
    ...(source.database === undefined ? [] : aboutDatabase(source.database)),
    ...(source.sql === undefined ? [] : aboutQuery(source.sql, source.database)),
  ]
}

function aboutAddress(kind: Kind, source: SourceSettings): SettingProblem[] {
  const setting = `source.${kind}`
  const text = source[kind] ?? ''
  if (kind === 'sql') return []
  if (kind === 'yaml')
    return isAddress(text) ? [{ setting, problem: 'is an address; set the path of a file, or use json' }] : []
  if (kind === 'csv' && !isAddress(text)) return []
  if (!isHttp(text)) return [{ setting, problem: 'is not an http or https address' }]
  const { username, password } = new URL(text.trim())
  return `${username}${password}` === ''
    ? []
    : [{ setting, problem: 'contains a login; set username and password instead' }]
}

function aboutStrays(kind: Kind, source: SourceSettings): SettingProblem[] {
  const isFile = kind === 'csv' && !isAddress(source.csv ?? '')
  return Object.entries(BELONGS)
    .filter(([name]) => Object.hasOwn(source, name))
    .filter(([, owners]) => !owners.includes(kind) || (isFile && owners.includes('feed')))
    .map(([name, owners]) => ({
      setting: `source.${name}`,
      problem: isFile && owners.includes('csv') ? 'is for an address, not for a file' : `is for ${owners.join(', ')}`,
    }))
}

function aboutLogin({ username, password, headers = {} }: SourceSettings): SettingProblem[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return [
    ...(username === undefined && password !== undefined
      ? [{ setting: 'source.username', problem: 'is needed along with password' }]
      : []),
    ...(username?.includes(':') === true
      ? [{ setting: 'source.username', problem: 'has ":" in it, which Basic authentication does not allow' }]
      : []),
    ...(username !== undefined && names.includes('authorization')
      ? [{ setting: 'source.headers.authorization', problem: 'is a second login: keep either this or username' }]
      : []),
    ...Object.entries(headers).flatMap(([name, value]) => aboutHeader(name, value)),
  ]
}

/** Set by the relay or by HTTP itself. */
const reserved = /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|accept-encoding)$/i

function aboutHeader(name: string, value: string): SettingProblem[] {
  const setting = `source.headers.${name}`
  if (reserved.test(name)) return [{ setting, problem: 'is set by the relay itself; leave it out' }]
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return [{ setting, problem: 'is not a valid header name' }]
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    return [{ setting, problem: 'contains a line break or another character that a header cannot have' }]
  return []
}

function aboutExpressions({ items, fields = {}, next }: SourceSettings): SettingProblem[] {
  const given: readonly (readonly [string, string | undefined])[] = [
    ['source.items', items],
    ...PARTS.map((part) => [`source.fields.${part}`, fields[part]] as const),
    ['source.next', next],
  ]
  return given.flatMap(([setting, text]) => {
    const problem = text === undefined ? null : expressionProblem(text)
    return problem === null ? [] : [{ setting, problem }]
  })
}

function expressionProblem(text: string): string | null {
  try {
    compileExpression(text)
    return null
  } catch (error) {
    if (error instanceof ExpressionError) return error.message
    throw error
  }
}

function aboutDatabase({ client, file, url }: Database): SettingProblem[] {
  const setting = 'source.database'
  if (client === 'sqlite') {
    if (file === undefined) return [{ setting: `${setting}.file`, problem: 'is needed for sqlite' }]
    return url === undefined ? [] : [{ setting: `${setting}.url`, problem: 'is not for sqlite, which has a file' }]
  }
  if (file !== undefined) return [{ setting: `${setting}.file`, problem: 'is for sqlite only' }]
  const scheme = client === 'postgres' ? /^postgres(ql)?:\/\/[^\s]+$/ : /^mysql:\/\/[^\s]+$/
  return url !== undefined && scheme.test(url) && URL.canParse(url)
    ? []
    : [{ setting: `${setting}.url`, problem: `must be an address such as ${client}://user:password@host/database` }]
}

function aboutQuery(sql: string, database: Database | undefined): SettingProblem[] {
  const isQuery = /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*(select|with|values|table)\b/i.test(sql)
  return [
    ...(database === undefined ? [{ setting: 'source.database', problem: 'is needed along with sql' }] : []),
    ...(isQuery ? [] : [{ setting: 'source.sql', problem: 'is not a query: it must begin with select or with' }]),
  ]
}

function isHttp(text: string): boolean {
  return URL.canParse(text.trim()) && /^https?:$/.test(new URL(text.trim()).protocol)
}
