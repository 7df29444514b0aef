import ipaddr from 'ipaddr.js'
import { importSecrets } from './import-rules.ts'
import type { Path } from './path.ts'
import { nearest } from './problem.ts'
import type { Remark } from './remark.ts'
import { isRecord } from './schema-walk.ts'

type Values = Readonly<Record<string, unknown>>

const SHORT_SECRET = 16
const SHORT = `shorter than ${SHORT_SECRET} characters, which is little for the only lock of an address that others can reach`

/**
 * What must hold between settings. The values may be wrong in any other way: only what can be judged is judged, so
 * that a file's mistakes are all told at once.
 * @param isSound whether the schema found nothing wrong at or under the path
 */
export function broken(root: Values, isSound: (path: Path) => boolean): Remark[] {
  const server = isRecord(root.server) ? root.server : {}
  const database = isRecord(root.database) ? root.database : {}
  const integrations = isRecord(root.integrations) ? root.integrations : null
  const projects = entries(root.projects)
  return [
    ...serverRules(server),
    ...(database.client === 'postgres' && database.url === undefined && isSound(['database'])
      ? [missing(['database', 'url'], 'the address of the PostgreSQL server, since client is "postgres"')]
      : []),
    ...duplicateIds(projects),
    ...projects.flatMap(([project, index]) => secretRules(project, ['projects', index], isSound)),
    ...(integrations === null ? [] : projects.flatMap(([project, index]) => references(project, index, integrations))),
  ]
}

/** What is allowed, but most likely not meant. */
export function doubtful(root: Values): Remark[] {
  const server = isRecord(root.server) ? root.server : {}
  const database = isRecord(root.database) ? root.database : {}
  const integrations = isRecord(root.integrations) ? root.integrations : {}
  const projects = entries(root.projects)
  const used = new Set(projects.flatMap(([project]) => list(project.integrations)))
  const remark = (path: Path, message: string, atKey = false): Remark => ({
    path,
    atKey,
    expected: null,
    found: null,
    message,
  })
  return [
    ...(projects.length === 0 ? [remark(['projects'], 'there is no project, so that no activity is taken', true)] : []),
    ...(database.client === 'sqlite' && database.url !== undefined
      ? [remark(['database', 'url'], 'is not used, since client is "sqlite"', true)]
      : []),
    ...Object.entries(integrations)
      .filter(([name, values]) => !used.has(name) && !(isRecord(values) && isRecord(values.import)))
      .map(([name]) => remark(['integrations', name], 'no project carries anything on to it', true)),
    ...(isLoopback(server.host)
      ? []
      : [
          ...projects.flatMap(([project, index]) => projectSecrets(project, ['projects', index])),
          ...Object.entries(integrations).flatMap(([name, values]) => importSecrets(values, ['integrations', name])),
        ]
          .filter(([, secret]) => typeof secret === 'string' && secret.length < SHORT_SECRET)
          .map(([path]) => remark(path, SHORT))),
  ]
}

function projectSecrets({ secret, secrets }: Values, path: Path): (readonly [Path, unknown])[] {
  return [
    [[...path, 'secret'], secret],
    ...list(secrets).map((one, index) => [[...path, 'secrets', index], one] as const),
  ]
}

function serverRules(server: Values): Remark[] {
  const { header_timeout_seconds: header, request_timeout_seconds: request } = server
  const path = ['server', 'header_timeout_seconds']
  const late = typeof header === 'number' && typeof request === 'number' && header > request
  const expected = `at most request_timeout_seconds, which is ${request}`
  return [
    ...(late ? [{ path, expected, found: String(header) }] : []),
    ...list(server.trust_proxy).flatMap((entry, index) =>
      typeof entry !== 'string' || isProxy(entry)
        ? []
        : [
            {
              path: ['server', 'trust_proxy', index],
              expected: 'an IP address or a range such as 10.0.0.0/8',
              found: JSON.stringify(entry),
            },
          ],
    ),
  ]
}

function isProxy(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true
  // What a wrong pattern lets through has been told already.
  if (!/^[0-9A-Fa-f.:]+(\/[0-9]{1,3})?$/.test(entry)) return true
  const [address = ''] = entry.split('/')
  const strict = address.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(address)
  return strict && (entry.includes('/') ? ipaddr.isValidCIDR(entry) : ipaddr.isValid(entry))
}

function duplicateIds(projects: readonly (readonly [Values, number])[]): Remark[] {
  const first = new Map<unknown, number>()
  return projects.flatMap(([{ id }, index]) => {
    const before = first.get(id)
    if (before === undefined) first.set(id, index)
    if (before === undefined || id === undefined) return []
    const expected = 'an id of its own for each project'
    return [
      { path: ['projects', index, 'id'], expected, found: `${JSON.stringify(id)}, which projects[${before}] has too` },
    ]
  })
}

function secretRules(project: Values, path: Path, isSound: (path: Path) => boolean): Remark[] {
  const { secret, secrets } = project
  if (secret !== undefined && secrets !== undefined)
    return [{ path: [...path, 'secrets'], atKey: true, expected: 'secret or secrets', found: 'both' }]
  if (secret !== undefined || secrets !== undefined) return []
  // A mistyped name of it has been told already.
  if (!isSound([...path, 'secret']) || !isSound([...path, 'secrets'])) return []
  return [missing([...path, 'secret'], "the secret part of the hook's address, or a list of them as secrets")]
}

function references(project: Values, index: number, integrations: Values): Remark[] {
  const names = Object.keys(integrations)
  return list(project.integrations).flatMap((name, position) => {
    if (typeof name !== 'string' || Object.hasOwn(integrations, name)) return []
    const expected =
      names.length === 0
        ? 'the name of an integration; there is none yet'
        : `the name of an integration: ${names.join(', ')}`
    const path = ['projects', index, 'integrations', position]
    return [{ path, expected, found: JSON.stringify(name), suggestion: nearest(name, names) }]
  })
}

function missing(path: Path, expected: string): Remark {
  return { path, atKey: true, expected, found: null, message: `missing; expected ${expected}` }
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
