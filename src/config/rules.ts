import ipaddr from 'ipaddr.js'
import { connectionRules } from './connection-rules.ts'
import { nearest } from './nearest.ts'
import type { Path } from './path.ts'
import type { ConfigProblem, Tell } from './problem.ts'
import { isRecord } from './schema-walk.ts'

type Values = Readonly<Record<string, unknown>>

export const BOTH_SECRETS = { expected: 'left out when there is a secret', found: 'both' }

const SHORT_SECRET = 16
const SHORT = `is shorter than ${SHORT_SECRET} characters, although nothing else protects a URL that other machines can reach`

/**
 * Checks what must hold between settings. The values may be wrong in any other way: a rule that cannot be judged is
 * skipped, so that all problems of a file are reported at once.
 * @param isSound whether the schema found nothing wrong at or under the path
 */
export function broken(root: Values, tell: Tell, isSound: (path: Path) => boolean): ConfigProblem[] {
  const server = isRecord(root.server) ? root.server : {}
  const database = isRecord(root.database) ? root.database : {}
  const integrations = isRecord(root.integrations) ? root.integrations : null
  const projects = entries(root.projects)
  return [
    ...serverRules(server, tell),
    ...databaseRules(database, tell, isSound),
    ...duplicateIds(projects, tell),
    ...duplicateTokens(isRecord(root.admin) ? entries(root.admin.tokens) : [], tell),
    ...connections(root, projects).flatMap(([connection, path]) =>
      isSound(path) ? connectionRules(connection, path, tell) : [],
    ),
    ...projects.flatMap(([project, index]) => secretRules(project, ['projects', index], tell, isSound)),
    ...(integrations === null
      ? []
      : [
          ...projects.flatMap(([project, index]) =>
            references(project.integrations, ['projects', index, 'integrations'], integrations, tell),
          ),
          ...references(isRecord(root.notices) ? root.notices.to : [], ['notices', 'to'], integrations, tell),
        ]),
  ]
}

function databaseRules(database: Values, tell: Tell, isSound: (path: Path) => boolean): ConfigProblem[] {
  if (!isSound(['database'])) return []
  return [
    ...(database.client === 'postgres' && database.url === undefined
      ? [tell(['database', 'url'], { expected: 'the URL of the PostgreSQL server, since client is "postgres"' })]
      : []),
    ...(typeof database.url === 'string' && !hasKnownMode(database.url)
      ? [tell(['database', 'url'], { says: `has an sslmode that the relay does not know; ${SSL_MODES}` })]
      : []),
    ...connectionRules(database, ['database'], tell),
  ]
}

const SSL_MODES =
  'it knows disable, require, verify-ca and verify-full, since others may go on unencrypted without a word'

function hasKnownMode(url: string): boolean {
  const mode = new URLSearchParams(url.split('?')[1]).get('sslmode')
  return mode === null || ['disable', 'require', 'verify-ca', 'verify-full'].includes(mode)
}

/** What SQLite has no use for. */
const OF_POSTGRES = ['url', 'password', 'sslmode', 'ca_file', 'client_certificate', 'client_key'] as const

function connections(root: Values, projects: readonly (readonly [Values, number])[]): (readonly [unknown, Path])[] {
  const integrations = isRecord(root.integrations) ? Object.entries(root.integrations) : []
  return [
    ...integrations.map(([name, values]) => {
      const path = ['integrations', name, 'connection']
      return [isRecord(values) ? values.connection : undefined, path] as const
    }),
    ...projects.map(([{ source }, index]) => {
      const path = ['projects', index, 'source', 'connection']
      return [isRecord(source) ? source.connection : undefined, path] as const
    }),
    ...projects.map(([{ tracker }, index]) => {
      const path = ['projects', index, 'tracker', 'connection']
      return [isRecord(tracker) ? tracker.connection : undefined, path] as const
    }),
  ]
}

export function doubtful(root: Values, tell: Tell): ConfigProblem[] {
  const server = isRecord(root.server) ? root.server : {}
  const database = isRecord(root.database) ? root.database : {}
  const integrations = isRecord(root.integrations) ? root.integrations : {}
  const projects = entries(root.projects)
  const notices = isRecord(root.notices) ? list(root.notices.to) : []
  const used = new Set([...projects.flatMap(([project]) => list(project.integrations)), ...notices])
  return [
    ...(projects.length === 0
      ? [tell(['projects'], { says: 'is empty, so the relay does not accept any activity' }, 'key')]
      : []),
    ...(database.client === 'sqlite'
      ? OF_POSTGRES.filter((name) => database[name] !== undefined).map((name) =>
          tell(['database', name], { says: 'is not used, since client is "sqlite"' }, 'key'),
        )
      : []),
    ...Object.entries(integrations)
      .filter(([name, values]) => !used.has(name) && !(isRecord(values) && isRecord(values.import)))
      .map(([name]) => tell(['integrations', name], { says: 'is not used by any project' }, 'key')),
    ...(typeof server.socket === 'string' || isLoopback(server.host)
      ? []
      : [
          ...projects.flatMap(([project, index]) => secretsAt(project, ['projects', index])),
          ...Object.entries(integrations).flatMap(([name, values]) =>
            isRecord(values) && isRecord(values.import)
              ? secretsAt(values.import, ['integrations', name, 'import'])
              : [],
          ),
        ]
          .filter(([, secret]) => typeof secret === 'string' && secret.length < SHORT_SECRET)
          .map(([path]) => tell(path, { says: SHORT }))),
  ]
}

/** The secrets that give access to a URL, each with its path. */
function secretsAt({ password, secret, secrets }: Values, path: Path): (readonly [Path, unknown])[] {
  return [
    [[...path, 'password'], password],
    [[...path, 'secret'], secret],
    ...list(secrets).map((one, index) => [[...path, 'secrets', index], one] as const),
  ]
}

function serverRules(server: Values, tell: Tell): ConfigProblem[] {
  const { header_timeout_seconds: header, request_timeout_seconds: request } = server
  const path = ['server', 'header_timeout_seconds']
  const late = typeof header === 'number' && typeof request === 'number' && header > request
  const expected = `at most request_timeout_seconds, which is ${request}`
  return [
    ...(late ? [tell(path, { expected, found: String(header) })] : []),
    ...list(server.trust_proxy).flatMap((entry, index) =>
      typeof entry !== 'string' || isProxy(entry)
        ? []
        : [
            tell(['server', 'trust_proxy', index], {
              expected: 'an IP address or a range such as 10.0.0.0/8',
              found: JSON.stringify(entry),
            }),
          ],
    ),
  ]
}

function isProxy(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true
  // The schema has reported anything else.
  if (!/^[0-9A-Fa-f.:]+(\/[0-9]{1,3})?$/.test(entry)) return true
  const [address = ''] = entry.split('/')
  const strict = address.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(address)
  return strict && (entry.includes('/') ? ipaddr.isValidCIDR(entry) : ipaddr.isValid(entry))
}

function duplicateIds(projects: readonly (readonly [Values, number])[], tell: Tell): ConfigProblem[] {
  const first = new Map<unknown, number>()
  return projects.flatMap(([{ id }, index]) => {
    const before = first.get(id)
    if (before === undefined) first.set(id, index)
    if (before === undefined || id === undefined) return []
    const found = `${JSON.stringify(id)}, as in projects[${before}]`
    return [tell(['projects', index, 'id'], { expected: 'different for each project', found })]
  })
}

/** By its name, a token is known in the log; by its value, a role is found. */
function duplicateTokens(tokens: readonly (readonly [Values, number])[], tell: Tell): ConfigProblem[] {
  return (['name', 'token'] as const).flatMap((key) =>
    tokens.flatMap(([token, index]) => {
      const before = tokens.findIndex(([other]) => other[key] === token[key])
      return token[key] === undefined || before === index
        ? []
        : [
            tell(['admin', 'tokens', index, key], {
              expected: 'different for each token',
              found: `the one of admin.tokens[${before}]`,
            }),
          ]
    }),
  )
}

function secretRules(project: Values, path: Path, tell: Tell, isSound: (path: Path) => boolean): ConfigProblem[] {
  const { secret, secrets } = project
  if (secret !== undefined && secrets !== undefined) return [tell([...path, 'secrets'], BOTH_SECRETS, 'key')]
  if (secret !== undefined || secrets !== undefined) return []
  // A misspelt name has been reported already.
  if (!isSound([...path, 'secret']) || !isSound([...path, 'secrets'])) return []
  return [tell([...path, 'secret'], { expected: "the secret part of the hook's URL, or a list of them as secrets" })]
}

function references(given: unknown, path: Path, integrations: Values, tell: Tell): ConfigProblem[] {
  const names = Object.keys(integrations)
  return list(given).flatMap((name, position) => {
    if (typeof name !== 'string' || Object.hasOwn(integrations, name)) return []
    const expected = `the name of an integration${names.length === 0 ? '; there is none yet' : `: ${names.join(', ')}`}`
    return [tell([...path, position], { expected, found: JSON.stringify(name), suggestion: nearest(name, names) })]
  })
}

function entries(projects: unknown): (readonly [Values, number])[] {
  return list(projects).flatMap((project, index) => (isRecord(project) ? [[project, index] as const] : []))
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isLoopback(host: unknown): boolean {
  return typeof host === 'string' && /^(localhost|127\.[0-9.]+|::1|\[::1\])$/i.test(host)
}
