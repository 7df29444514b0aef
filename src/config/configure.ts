import type { Configured, Connector } from '../connectors/contract/connector.ts'
import { type FilterSettings, filterOf } from '../tracker/filter.ts'
import { parseCommon } from './checks.ts'
import { commonSchema } from './common-settings.ts'
import { inDataFolder } from './data-files.ts'
import { filterProblems } from './filter-settings.ts'
import { ownSettings, pick } from './integration-schema.ts'
import type { Path } from './path.ts'
import type { ConfigProblem, Tell } from './problem.ts'
import { INTEGRATION_NAME } from './project.ts'
import { BOTH_SECRETS } from './rules.ts'
import type { IntegrationConfig } from './schema.ts'
import { asSchema, isRecord } from './schema-walk.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * Has each connector read the settings of its integrations, if the schema found nothing wrong with them.
 * @param asWritten the same without defaults
 * @param isSound whether the schema found nothing wrong at or under the path
 * @param dataFolder what relative paths of files in the settings are in
 */
export function configureIntegrations(
  integrations: Values,
  asWritten: Values,
  connectors: ReadonlyMap<string, Connector>,
  tell: Tell,
  isSound: (path: Path) => boolean,
  dataFolder: string,
): { configured: readonly IntegrationConfig[]; problems: readonly ConfigProblem[] } {
  const configured: IntegrationConfig[] = []
  const problems: ConfigProblem[] = []
  for (const [name, values] of Object.entries(integrations)) {
    const path = ['integrations', name]
    if (!new RegExp(INTEGRATION_NAME.pattern, 'u').test(name)) {
      const expected = INTEGRATION_NAME.patternErrorMessage
      problems.push(tell(path, { expected, found: JSON.stringify(name) }, 'key'))
      continue
    }
    if (!isRecord(values)) continue
    if (isRecord(values.import) && isSound([...path, 'import']))
      problems.push(...wayIn(values.import, [...path, 'import'], tell))
    if (isRecord(values.filter) && isSound([...path, 'filter']))
      problems.push(...filterProblems(values.filter as FilterSettings, [...path, 'filter'], tell))
    const connector = typeof values.type === 'string' ? connectors.get(values.type) : undefined
    if (connector === undefined || !isSound(path)) continue
    const settings = pick(values, Object.keys(ownSettings(connector)))
    const result = connector.configure(inDataFolder(settings, [asSchema(connector.settings)], dataFolder))
    if (Array.isArray(result)) {
      for (const { setting, problem: says } of result)
        problems.push(tell(setting === '' ? path : [...path, ...setting.split('.')], { says }))
      continue
    }
    const common = parseCommon(pick(values, Object.keys(commonSchema.properties)))
    const inFile = asWritten[name]
    const { type, ...written } = isRecord(inFile) ? inFile : {}
    const filter = filterOf(common.filter)
    configured.push({ name, type: connector.name, connector, settings, configured: result, common, filter, written })
    if (isRecord(values.import)) problems.push(...source(path, connector.title, result, tell))
  }
  return { configured, problems }
}

function wayIn(settings: Values, path: Path, tell: Tell): readonly ConfigProblem[] {
  const { username, password, secret, secrets, public: open } = settings
  if (secret !== undefined && secrets !== undefined) return [tell([...path, 'secrets'], BOTH_SECRETS, 'key')]
  if (username !== undefined && password === undefined)
    return [tell([...path, 'password'], { expected: 'set together with username' })]
  if (password !== undefined && username === undefined)
    return [tell([...path, 'username'], { expected: 'set together with password' })]
  const isLocked = username !== undefined || secret !== undefined || secrets !== undefined
  if (open === true && isLocked)
    return [tell([...path, 'public'], { expected: 'left out when there is a login or a secret', found: 'both' }, 'key')]
  if (open === true || isLocked) return []
  const expected = 'a way in: username and password, a secret, or public: true'
  return [
    tell([...path, 'username'], { expected, says: `is missing; set username and password, a secret, or public: true` }),
  ]
}

/** The source is named by a setting of the connector's own. */
function source(path: Path, title: string, { imports }: Configured, tell: Tell): readonly ConfigProblem[] {
  if (imports === undefined)
    return [tell([...path, 'import'], { says: `must be left out: ${title} does not have tickets to import` }, 'key')]
  if (imports.missing === null) return []
  const expected = 'the setting that says which tickets to import'
  return [tell([...path, imports.missing], { expected, says: `is missing; it says which tickets to import` })]
}
