import { ExpressionError } from '../../expressions/expression.ts'
import type { SettingProblem } from '../contract/connector.ts'
import { compiled } from './documents/compiled.ts'
import { problemInPath } from './documents/element-path.ts'
import type { Database, Settings, SourceSettings } from './settings.ts'
import { isUrl, KINDS, type Kind } from './source.ts'
import { isEncoding } from './text.ts'
import { PARTS } from './ticket-parts.ts'
import { isZone, problemInFormat } from './times.ts'

const OVER_HTTP: readonly Kind[] = ['external_stories', 'json', 'feed', 'csv']

/** The kinds of source that each setting is for. */
const KINDS_WITH: Readonly<Record<Exclude<keyof SourceSettings, Kind>, readonly Kind[]>> = {
  username: OVER_HTTP,
  password: OVER_HTTP,
  headers: OVER_HTTP,
  items: ['json', 'yaml'],
  fields: ['json', 'yaml', 'feed'],
  next: ['json'],
  next_hosts: ['json'],
  max_pages: ['json'],
  columns: ['csv'],
  delimiter: ['csv'],
  encoding: ['external_stories', 'json', 'feed', 'csv', 'yaml'],
  date_format: KINDS,
  time_zone: KINDS,
  database: ['sql'],
}

export function problemsIn({ base_url, source }: Settings): SettingProblem[] {
  const kinds = KINDS.filter((kind) => source[kind] !== undefined)
  const [kind] = kinds
  const problems: SettingProblem[] = []
  if (base_url !== '' && !isHttp(base_url))
    problems.push(...problem('base_url', 'must be an http or https URL, or blank if tickets have none'))
  if (kind === undefined) problems.push(...problem('source', `must name a source: set one of ${KINDS.join(', ')}`))
  else if (kinds.length > 1)
    problems.push(...problem('source', `names ${kinds.length} sources; keep only one of ${kinds.join(', ')}`))
  else problems.push(...inUrl(kind, source), ...misplaced(kind, source), ...inLogin(source))
  problems.push(...inExpressions(source), ...inEncoding(source), ...inTimes(source))
  if (source.database !== undefined) problems.push(...inDatabase(source.database))
  if (source.sql !== undefined) problems.push(...inQuery(source.sql, source.database))
  return problems
}

function problem(setting: string, what: string): SettingProblem[] {
  return [{ setting, problem: what }]
}

function inUrl(kind: Kind, source: SourceSettings): SettingProblem[] {
  const setting = `source.${kind}`
  const text = source[kind] ?? ''
  if (kind === 'yaml') return isUrl(text) ? problem(setting, 'must be the path of a file; for a URL use json') : []
  if (kind === 'sql' || (kind === 'csv' && !isUrl(text))) return []
  if (!isHttp(text)) return problem(setting, 'must be an http or https URL')
  const { username, password } = new URL(text.trim())
  return `${username}${password}` === ''
    ? []
    : problem(setting, 'must not contain a login; set username and password instead')
}

function misplaced(kind: Kind, source: SourceSettings): SettingProblem[] {
  const isFile = kind === 'csv' && !isUrl(source.csv ?? '')
  return Object.entries(KINDS_WITH)
    .filter(([name]) => Object.hasOwn(source, name))
    .filter(([, owners]) => !owners.includes(kind) || (isFile && owners === OVER_HTTP))
    .flatMap(([name, owners]) =>
      problem(
        `source.${name}`,
        isFile && owners === OVER_HTTP ? 'is only for a URL' : `is only for ${owners.join(', ')}`,
      ),
    )
}

function inLogin({ username, password, headers = {} }: SourceSettings): SettingProblem[] {
  const problems = Object.entries(headers).flatMap(([name, value]) => inHeader(name, value))
  if (username === undefined && password !== undefined)
    problems.push(...problem('source.username', 'is missing; password needs it'))
  if (username?.includes(':') === true)
    problems.push(...problem('source.username', 'must not contain ":", which Basic authentication does not allow'))
  if (username !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
    problems.push(...problem('source.headers.authorization', 'is a second login; keep either this or username'))
  return problems
}

/** Set by the relay or by HTTP itself. */
const RESERVED = /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|accept-encoding)$/i

function inHeader(name: string, value: string): SettingProblem[] {
  const setting = `source.headers.${name}`
  if (RESERVED.test(name)) return problem(setting, 'is set by the relay itself; leave it out')
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return problem(setting, 'is not a valid header name')
  if (!/[^\t\x20-\x7e\x80-\xff]/.test(value)) return []
  return problem(setting, 'must not contain a line break or another character that a header cannot have')
}

function inExpressions({ feed, items, fields = {}, next }: SourceSettings): SettingProblem[] {
  const fieldsGiven = PARTS.map((part) => [`source.fields.${part}`, fields[part]] as const)
  if (feed !== undefined)
    return fieldsGiven.flatMap(([setting, path]) => {
      const wrong = path === undefined ? null : problemInPath(path)
      return wrong === null ? [] : problem(setting, wrong)
    })
  const given = [['source.items', items] as const, ...fieldsGiven, ['source.next', next] as const]
  return given.flatMap(([setting, text]) => {
    try {
      if (text !== undefined) compiled(text)
      return []
    } catch (error) {
      if (error instanceof ExpressionError) return problem(setting, error.message)
      throw error
    }
  })
}

function inEncoding({ encoding }: SourceSettings): SettingProblem[] {
  if (encoding === undefined || isEncoding(encoding)) return []
  return problem('source.encoding', 'must be the name of an encoding, such as utf-8, windows-1252 or shift_jis')
}

function inTimes({ date_format, time_zone }: SourceSettings): SettingProblem[] {
  const wrong = date_format === undefined ? null : problemInFormat(date_format)
  return [
    ...(wrong === null ? [] : problem('source.date_format', wrong)),
    ...(time_zone === undefined || isZone(time_zone)
      ? []
      : problem('source.time_zone', 'must be the name of a time zone, such as Europe/Berlin or UTC')),
  ]
}

function inDatabase({ client, file, url }: Database): SettingProblem[] {
  const [fileSetting, urlSetting] = ['source.database.file', 'source.database.url']
  if (client === 'sqlite') {
    if (file === undefined) return problem(fileSetting, 'is missing; sqlite needs it')
    return url === undefined ? [] : problem(urlSetting, 'is not for sqlite, which has a file')
  }
  if (file !== undefined) return problem(fileSetting, 'is only for sqlite')
  const scheme = client === 'postgres' ? /^postgres(ql)?:\/\/[^\s]+$/ : /^mysql:\/\/[^\s]+$/
  if (url !== undefined && scheme.test(url) && URL.canParse(url)) return []
  return problem(urlSetting, `must be a URL like ${client}://user:password@host/database`)
}

function inQuery(sql: string, database: Database | undefined): SettingProblem[] {
  const isQuery = /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*(select|with|values|table)\b/i.test(sql)
  return [
    ...(database === undefined ? problem('source.database', 'is missing; sql needs it') : []),
    ...(isQuery ? [] : problem('source.sql', 'must be a query that begins with select or with')),
  ]
}

function isHttp(text: string): boolean {
  return URL.canParse(text.trim()) && /^https?:$/.test(new URL(text.trim()).protocol)
}
