import { XMLParser } from 'fast-xml-parser'
import type { BugzillaCore } from './bugzilla-core.ts'
import { BugzillaFault, type Params, type User } from './bugzilla-records.ts'
import type { Answer, Recorded } from './stand-in.ts'

/** The stand-in's xmlrpc.cgi: always 200, faults in the body, members in an order that varies. */
export function answerXmlRpc(
  core: BugzillaCore,
  request: Recorded,
  databaseDown: boolean,
  note: (method: string) => void,
): Answer {
  if (request.method !== 'POST') return { status: 411, headers: { connection: 'close' } }
  const type = request.headers['content-type'] ?? ''
  if (!/^text\/xml\b/.test(type))
    return fault(
      'Client',
      `Content-Type must be 'text/xml,' 'multipart/*,' 'application/soap+xml,' 'or 'application/dime' instead of '${type}'`,
    )
  const body = request.body.toString()
  if (!isWellFormed(body))
    return fault(
      'Client',
      'Application failed during request deserialization: \nsyntax error at line 1, column 0, byte 0 at /usr/lib/perl5/XML/Parser.pm line 187.\n',
    )
  const { method, params } = callIn(body, core.zone)
  note(method)
  // Bugzilla/DB.pm and xmlrpc.cgi of 3.4, where Perl's own errors have a number.
  if (databaseDown && !core.isAtLeast('3.6'))
    return fault(
      -32000,
      "\nCan't connect to the database.\nError: Can't connect to MySQL server on 'db' (111)\n  Is your database installed and up and running?\n  Do you have the correct username and password selected in localconfig?\n\n",
    )
  // Recorded from 5.2: the text of this fault gives the database's login away.
  if (databaseDown)
    return fault(
      'Client',
      "DBI connect('dbname=bugs;host=db','bugs','db-Passw0rd') failed: Can't connect to MySQL server at Bugzilla/DB.pm line 1395.\n",
    )
  if (!core.has(method)) return noSuchMethod(core, method)
  try {
    if (method === 'User.login') return login(core, params)
    const user = method === 'Bugzilla.version' ? null : userOf(core, params, request.headers.cookie ?? '')
    if (method === 'User.logout') {
      core.cookies.delete(cookieIn(core, params, request.headers.cookie ?? ''))
      return success('', core.zone)
    }
    return success(core.run(method, params, user), core.zone)
  } catch (error) {
    if (error instanceof BugzillaFault) return fault(error.code, error.message)
    throw error
  }
}

/** As far as a sender's escaping can go wrong. */
function isWellFormed(xml: string): boolean {
  const numbers = [...xml.matchAll(/&#(\d+);/g)].map(([, digits]) => Number(digits))
  return (
    xml.startsWith('<?xml') &&
    xml.endsWith('</methodCall>') &&
    !/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(xml) &&
    !/[^\P{C}\n\t]/u.test(xml) &&
    numbers.every(
      (code) => code === 9 || code === 10 || code === 13 || (code >= 32 && (code < 0xd800 || code > 0xdfff)),
    )
  )
}

function noSuchMethod(core: BugzillaCore, method: string): Answer {
  const [service, name] = method.split('.')
  if (!core.isAtLeast('4.0') && ['Bug', 'User', 'Bugzilla'].includes(service ?? ''))
    return fault(
      'Client',
      `Failed to locate method (${name}) in class (Bugzilla::WebService::${service}) at /usr/share/perl5/SOAP/Lite.pm line 2914.\n`,
    )
  return fault(-32601, `The requested method '${method}' was not found.`)
}

function login(core: BugzillaCore, params: Params): Answer {
  const { user, cookie } = core.logIn(String(params.login ?? ''), String(params.password ?? ''))
  if (core.isAtLeast('4.4')) return success({ id: user.id, token: `${user.id}-${cookie}` }, core.zone)
  const rest = 'path=/; expires=Fri, 01-Jan-2038 00:00:00 GMT; HttpOnly'
  const answer = success({ id: user.id }, core.zone)
  const cookies = [`Bugzilla_login=${user.id}; ${rest}`, `Bugzilla_logincookie=${cookie}; ${rest}`]
  return { ...answer, headers: { ...answer.headers, 'set-cookie': cookies } }
}

/** Which ways in there are depends on the version; what it does not know, it overlooks. */
function userOf(core: BugzillaCore, params: Params, cookie: string): User | null {
  const { Bugzilla_login, Bugzilla_password, Bugzilla_api_key } = params
  if (core.isAtLeast('5.0') && typeof Bugzilla_api_key === 'string') return core.byKey(Bugzilla_api_key)
  if (core.isAtLeast('3.6') && typeof Bugzilla_login === 'string')
    return core.logIn(Bugzilla_login, String(Bugzilla_password ?? '')).user
  const user = core.cookies.get(cookieIn(core, params, cookie))
  if (user !== undefined) return user
  if (core.isAtLeast('5.0') && params.Bugzilla_token !== undefined)
    throw new BugzillaFault(
      32000,
      'The cookies or token provide were not valid or have expired. You may login again to get new cookies or a new token.',
    )
  return null
}

/** Up to 4.2 a login is shown by cookies, from 4.4 on by a token: the user's number, and what stood in the cookie. */
function cookieIn(core: BugzillaCore, { Bugzilla_token }: Params, cookie: string): string {
  const pairs = Object.fromEntries(cookie.split(/;\s*/).map((each) => each.split('=', 2)))
  const [id, known = ''] = core.isAtLeast('4.4')
    ? String(Bugzilla_token ?? '').split(/-(.*)/s)
    : [pairs.Bugzilla_login, pairs.Bugzilla_logincookie]
  return String(core.cookies.get(known)?.id) === id ? known : ''
}

const parser = new XMLParser({
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name, path) => name === 'member' || String(path).endsWith('data.value'),
})

type Node = Record<string, unknown>

function callIn(body: string, zone: number): { method: string; params: Params } {
  const call = (parser.parse(body) as Node).methodCall as Node
  const value = (((call.params as Node).param as Node).value ?? '') as Node
  return { method: String(call.methodName), params: decode(value, zone) as Params }
}

function decode(value: unknown, zone: number): unknown {
  if (typeof value === 'string') return value
  const [type, inner] = Object.entries(value as Node)[0] ?? ['string', '']
  if (type === 'struct')
    return Object.fromEntries(
      (((inner as Node).member ?? []) as Node[]).map((each) => [String(each.name), decode(each.value, zone)]),
    )
  if (type === 'array')
    return ((((inner as Node).data as Node).value ?? []) as unknown[]).map((each) => decode(each, zone))
  const text = String(inner)
  if (type === 'string') return text
  if (type === 'int' && /^-?\d+$/.test(text)) return Number(text)
  if (type === 'boolean' && /^[01]$/.test(text)) return text === '1'
  if (type === 'dateTime.iso8601' && /^\d{8}T\d\d:\d\d:\d\d$/.test(text)) {
    const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)]
    return new Date(Date.parse(`${year}-${month}-${day}T${text.slice(9)}Z`) - zone * 3_600_000)
  }
  throw new Error(`the stand-in cannot read <${type}>${text}</${type}>`)
}

let turn = 0

function encode(value: unknown, zone: number): string {
  return `<value>${typed(value, zone)}</value>`
}

function typed(value: unknown, zone: number): string {
  if (value === null) return '<nil />'
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`
  if (typeof value === 'number') return `<int>${value}</int>`
  if (typeof value === 'string') return value === '' ? '<string />' : `<string>${escaped(value)}</string>`
  if (value instanceof Date) {
    const local = new Date(value.getTime() + zone * 3_600_000).toISOString().slice(0, 19).replaceAll('-', '')
    return `<dateTime.iso8601>${local}</dateTime.iso8601>`
  }
  if (Array.isArray(value))
    return value.length === 0
      ? '<array><data /></array>'
      : `<array><data>${value.map((each) => encode(each, zone)).join('')}</data></array>`
  const members = Object.entries(value as Node)
  if (members.length === 0) return '<struct />'
  turn += 1
  if (turn % 2 === 0) members.reverse()
  const written = members.map(([name, each]) => `<member><name>${escaped(name)}</name>${encode(each, zone)}</member>`)
  return `<struct>${written.join('')}</struct>`
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function success(value: unknown, zone: number): Answer {
  return xml(`<params><param>${encode(value, zone)}</param></params>`)
}

function fault(faultCode: number | string, faultString: string): Answer {
  return xml(`<fault>${encode({ faultCode, faultString }, 0)}</fault>`)
}

function xml(inner: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', soapserver: 'SOAP::Lite/Perl/1.27' },
    body: `<?xml version="1.0" encoding="UTF-8"?><methodResponse>${inner}</methodResponse>`,
  }
}
