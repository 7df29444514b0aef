import type { Configured } from '../connectors/contract/connector.ts'
import type { Path } from './path.ts'
import type { Remark } from './remark.ts'
import { isRecord } from './schema-walk.ts'

/**
 * What must hold within the `import` of an integration, and between it and the connector's own settings.
 * @param configured null when the connector's own settings are not sound
 */
export function importRules(
  values: Readonly<Record<string, unknown>>,
  path: Path,
  title: string,
  configured: Configured | null,
  isSound: (path: Path) => boolean,
): Remark[] {
  const settings = values.import
  const own = [...path, 'import']
  if (!isRecord(settings)) return []
  return [
    ...(isSound(own) ? wayIn(settings, own) : []),
    ...(configured === null ? [] : source(path, title, configured)),
  ]
}

function wayIn(settings: Readonly<Record<string, unknown>>, path: Path): Remark[] {
  const { username, password, secret, secrets, public: open } = settings
  const tell = (key: string, expected: string, found: string | null): Remark[] => [
    {
      path: [...path, key],
      atKey: true,
      expected,
      found,
      ...(found === null ? { message: `missing; expected ${expected}` } : {}),
    },
  ]
  if (secret !== undefined && secrets !== undefined) return tell('secrets', 'secret or secrets', 'both')
  if (username !== undefined && password === undefined) return tell('password', 'a password with the username', null)
  if (password !== undefined && username === undefined) return tell('username', 'a username with the password', null)
  const isLocked = username !== undefined || secret !== undefined || secrets !== undefined
  if (open === true && isLocked) return tell('public', 'public: true, or a login or a secret', 'both')
  if (open === true || isLocked) return []
  return tell('username', 'a way in: username and password, a secret, or public: true', null)
}

/** The source is named by a setting of the connector's own. */
function source(path: Path, title: string, { imports }: Configured): Remark[] {
  const nowhere = { atKey: true, expected: null, found: null }
  if (imports === undefined)
    return [{ ...nowhere, path: [...path, 'import'], message: `${title} has no tickets to import` }]
  if (imports.missing === null) return []
  const expected = 'what tells which tickets import shows'
  return [{ ...nowhere, path: [...path, imports.missing], expected, message: `missing; expected ${expected}` }]
}

/** The secrets that open the import, with where they are. */
export function importSecrets(values: unknown, path: Path): (readonly [Path, unknown])[] {
  if (!isRecord(values) || !isRecord(values.import)) return []
  const { password, secret, secrets } = values.import
  const own = [...path, 'import']
  return [
    [[...own, 'password'], password],
    [[...own, 'secret'], secret],
    ...(Array.isArray(secrets) ? secrets.map((one: unknown, index) => [[...own, 'secrets', index], one] as const) : []),
  ]
}
