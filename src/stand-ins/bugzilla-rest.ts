import type { BugzillaCore } from './bugzilla-core.ts'
import { BugzillaFault, listOf, type Params, type User } from './bugzilla-records.ts'
import type { Answer, Recorded } from './stand-in.ts'

/** Where the real one's path leads, and what the path adds to the parameters. */
const routes: readonly [
  method: string,
  path: RegExp,
  call: string,
  subject: (id: string) => Params,
  success: number,
][] = [
  ['GET', /^\/version$/, 'Bugzilla.version', () => ({}), 200],
  ['GET', /^\/time$/, 'Bugzilla.time', () => ({}), 200],
  ['GET', /^\/parameters$/, 'Bugzilla.parameters', () => ({}), 200],
  ['GET', /^\/whoami$/, 'User.whoami', () => ({}), 200],
  ['GET', /^\/valid_login$/, 'User.valid_login', () => ({}), 200],
  ['GET', /^\/user$/, 'User.get', () => ({}), 200],
  ['GET', /^\/field\/bug\/([^/]+)$/, 'Bug.fields', (id) => ({ names: [id] }), 200],
  ['GET', /^\/field\/bug\/([^/]+)\/values$/, 'Bug.legal_values', (field) => ({ field }), 200],
  ['GET', /^\/bug$/, 'Bug.search', () => ({}), 200],
  ['GET', /^\/product$/, 'Product.get', () => ({}), 200],
  ['GET', /^\/product_accessible$/, 'Product.get_accessible_products', () => ({}), 200],
  ['GET', /^\/bug\/([^/]+)\/comment$/, 'Bug.comments', (id) => ({ ids: [id] }), 200],
  ['POST', /^\/bug\/([^/]+)\/comment$/, 'Bug.add_comment', (id) => ({ id }), 201],
  ['PUT', /^\/bug\/([^/]+)$/, 'Bug.update', (id) => ({ ids: [id] }), 200],
]

/** Bugzilla/WebService/Constants.pm, REST_STATUS_CODE_MAP; what is not in it is 400. */
const statusOf: Readonly<Record<number, number>> = {
  51: 404,
  101: 404,
  102: 401,
  106: 401,
  109: 401,
  110: 401,
  113: 401,
  115: 401,
  300: 401,
  301: 401,
  304: 401,
  410: 401,
  32614: 404,
  // An accident in the program, recorded from 5.0.
  100500: 200,
}

/** The stand-in's rest.cgi. */
export function answerRest(core: BugzillaCore, request: Recorded, path: string): Answer {
  try {
    const route = routes.find(
      ([method, pattern, call]) => method === request.method && pattern.test(path) && core.has(call),
    )
    if (route === undefined)
      throw new BugzillaFault(32614, `A REST API resource was not found for '${request.method} ${path}'.`)
    const [, pattern, call, subject, success] = route
    const given = paramsOf(core, request)
    const user = call === 'Bugzilla.version' ? null : userOf(core, given, request)
    const named = subject(decodeURIComponent(pattern.exec(path)?.[1] ?? ''))
    // A list in the path and one of the same name in the query are joined.
    const joined = Object.entries(named).map(([name, value]): [string, unknown] =>
      Array.isArray(value) ? [name, [...new Set([...value, ...listOf(given[name])])]] : [name, value],
    )
    const answer = core.run(call, { ...given, ...Object.fromEntries(joined) }, user)
    return json(success, typeof answer === 'boolean' ? { result: answer } : answer)
  } catch (error) {
    if (error instanceof BugzillaFault) return refuse(core, error)
    throw error
  }
}

function refuse(core: BugzillaCore, { code, message }: BugzillaFault): Answer {
  const documentation = 'https://bugzilla.readthedocs.org/en/latest/api/'
  if (code === 100500 && core.isAtLeast('5.3'))
    return json(500, { error: true, documentation, message: `Procedure error: ${message}` })
  // 5.3 writes the number as text.
  const shown = core.version === '5.3' ? String(code) : code
  return json(statusOf[code] ?? 400, { code: shown, error: true, message, documentation })
}

/** The query rules over the body; a body that is not JSON is overlooked. */
function paramsOf(core: BugzillaCore, request: Recorded): Params {
  const query = Object.fromEntries(
    [...new Set(request.query.keys())].map((name): [string, unknown] => {
      const [value = '', ...more] = request.query.getAll(name)
      if (name === 'include_fields') return [name, value.split(/[\s+,]/)]
      if (name === 'new_since') return [name, dateIn(value)]
      return [name, more.length === 0 ? value : [value, ...more]]
    }),
  )
  const isJson = /^application\/json\b/.test(request.headers['content-type'] ?? '')
  if (!isJson || request.body.length === 0) return query
  // Recorded from 5.3: what is not ASCII comes out as if it were Latin-1.
  const text = request.body.toString(core.version === '5.3' ? 'latin1' : 'utf8')
  try {
    return { ...(JSON.parse(text) as Params), ...query }
  } catch {
    throw new BugzillaFault(
      32000,
      "Could not parse the 'params' argument as valid JSON. Error: malformed JSON string at Bugzilla/API/1_0/Server.pm line 339. Value:",
    )
  }
}

function dateIn(text: string): Date {
  if (Number.isNaN(Date.parse(text))) throw new BugzillaFault(56, `'${text}' is not a legal date.`)
  return new Date(text)
}

/** Before 5.3 the headers are overlooked, so that a client that sends them is a visitor. */
function userOf(core: BugzillaCore, params: Params, { headers }: Recorded): User | null {
  const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString()
  if (core.isAtLeast('5.3')) {
    const key = headers['x-bugzilla-api-key']
    if (key !== undefined) return core.byKey(utf8(key))
    const login = headers['x-bugzilla-login']
    if (login !== undefined) return core.logIn(utf8(login), utf8(headers['x-bugzilla-password'] ?? '')).user
  }
  const key = params.api_key ?? params.Bugzilla_api_key
  return typeof key === 'string' ? core.byKey(key) : null
}

function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(body, (_, value: unknown) =>
      typeof value === 'string' ? value.replace(/(T\d\d:\d\d:\d\d)\.\d+Z$/, '$1Z') : value,
    ),
  }
}
