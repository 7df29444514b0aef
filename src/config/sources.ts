import type { Source } from '../sources/contract/source.ts'
import type { Connection } from './connection-settings.ts'
import { pick } from './integration-schema.ts'
import type { Path } from './path.ts'
import type { ConfigProblem, Tell } from './problem.ts'
import type { SourceConfig } from './schema.ts'
import { isRecord, type Schema } from './schema-walk.ts'
import { ownSourceSettings, sourceSchema, TRACKER, unknownSource } from './source-schema.ts'

type Values = Record<string, unknown>

/** Writes a source that is one word as a map, and leaves Tracker's out, in place. */
export function spellSourcesOut(root: unknown): void {
  for (const project of projectsIn(root)) {
    const { source } = project
    if (typeof source === 'string' && source !== TRACKER) project.source = { type: source }
    if (source === TRACKER || (isRecord(source) && source.type === TRACKER && Object.keys(source).length === 1))
      delete project.source
  }
}

/** The settings of the projects' sources, which `rootSchema` leaves open because they depend on the type. */
export function sourceSchemas(root: unknown, sources: ReadonlyMap<string, Source>): Schema {
  const prefixItems = projectsIn(root).map(({ source }) => {
    if (source === undefined) return {}
    const known = sourceNamed(source, sources)
    return {
      type: 'object',
      properties: { source: known === undefined ? unknownSource(sources) : sourceSchema(known) },
    }
  })
  return { type: 'object', properties: { projects: { type: 'array', prefixItems } } }
}

export function sourceNamed(value: unknown, sources: ReadonlyMap<string, Source>): Source | undefined {
  return isRecord(value) && typeof value.type === 'string' ? sources.get(value.type) : undefined
}

/**
 * Has each source read its settings, if the schema found nothing wrong with them.
 * @param asWritten the same without defaults
 * @returns by the project's place in the list
 */
export function configureSources(
  root: unknown,
  asWritten: unknown,
  sources: ReadonlyMap<string, Source>,
  tell: Tell,
  isSound: (path: Path) => boolean,
): { configured: ReadonlyMap<number, SourceConfig>; problems: readonly ConfigProblem[] } {
  const configured = new Map<number, SourceConfig>()
  const problems: ConfigProblem[] = []
  const inFile = projectsIn(asWritten)
  for (const [index, { id, name, source: values, tracker }] of projectsIn(root).entries()) {
    const path = ['projects', index, 'source']
    const source = sourceNamed(values, sources)
    if (!isRecord(values) || source === undefined || !isSound(path)) continue
    if (tracker !== undefined) {
      const says = `must be left out: the stories are in ${source.title}`
      problems.push(tell(['projects', index, 'tracker'], { says }, 'key'))
    }
    const settings = pick(values, Object.keys(ownSourceSettings(source)))
    const project = { id: String(id), name: String(name ?? id) }
    const result = source.configure(settings, project)
    if (Array.isArray(result)) {
      for (const { setting, problem: says } of result)
        problems.push(tell(setting === '' ? path : [...path, ...setting.split('.')], { says }))
      continue
    }
    const before = inFile[index]?.source
    const { type, ...written } = isRecord(before) ? before : {}
    const connection = values.connection as Connection | undefined
    configured.set(index, { type: source.name, source, settings, configured: result, connection, written })
  }
  return { configured, problems }
}

function projectsIn(root: unknown): Values[] {
  return isRecord(root) && Array.isArray(root.projects) ? root.projects.map((each) => (isRecord(each) ? each : {})) : []
}
