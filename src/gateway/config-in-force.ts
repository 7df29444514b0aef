import type { Config } from '../config/schema.ts'
import type { Imports } from '../imports/imports.ts'
import type { Logger } from '../observability/logger.ts'
import { announceImports, announceSeries, forgetStanding, type Metrics } from '../observability/metrics.ts'
import type { HookProject } from '../routes/hooks.ts'
import { secretDigest } from '../routes/secret.ts'
import { importSources } from './import-sources.ts'
import { journalProject } from './projects.ts'
import type { RunningIntegrations } from './running-integrations.ts'
import type { TrackerApis } from './tracker-apis.ts'

interface ConfigInForce {
  current(): Config
  project(id: string): HookProject | undefined
  /** @throws if an integration cannot be opened; then nothing has changed */
  apply(next: Config): Promise<void>
  /** One reload after the other. What `lastingParts` names changes only with the next start. */
  reload(next: Config): Promise<void>
  settled(): Promise<void>
}

interface ConfigInForceParts {
  readonly integrations: RunningIntegrations
  readonly trackerApis: TrackerApis
  readonly metrics: Metrics
  readonly log: Logger
  readonly imports: Imports
  now(): number
}

export function putInForce(first: Config, parts: ConfigInForceParts): ConfigInForce {
  const { integrations, trackerApis, imports, metrics, log } = parts
  let config = first
  let projects = projectsOf(first)
  let changing: Promise<void> = Promise.resolve()

  async function apply(next: Config): Promise<void> {
    const before = integrations.workers().map(({ integration }) => integration.name)
    await integrations.apply(next, async (opened) => {
      // Everything before the first await changes at once: a withdrawn secret opens nothing from here on.
      config = next
      projects = projectsOf(next)
      const sources = importSources(next, opened)
      await Promise.all([imports.show(sources), trackerApis.reload(next)])
      announceImports(
        metrics,
        sources.map(({ name }) => name),
      )
    })
    const names = config.integrations.map(({ name }) => name)
    for (const name of before) if (!names.includes(name)) forgetStanding(metrics, name)
    announceSeries(
      metrics,
      config.projects.map(({ id }) => id),
      names,
    )
    for (const { name, common } of config.integrations)
      if (common.import !== undefined && imports.door(name) === undefined)
        log.warn({ integration: name }, 'import is set, but no setting names the tickets to import')
    metrics.configReloadSuccess.set(1)
    metrics.configReloadTime.set(parts.now() / 1000)
  }

  return {
    current: () => config,
    project: (id) => projects.get(id),
    apply,
    reload(next) {
      const done = changing.then(async () => {
        const lasting = lastingParts(config, next)
        if (lasting.length > 0) log.warn({ parts: lasting }, 'these parts of the config take effect at the next start')
        await apply(next)
      })
      changing = done.catch(() => {})
      return done
    },
    settled: () => changing,
  }
}

function projectsOf(config: Config): Map<string, HookProject> {
  return new Map(
    config.projects.map((project) => [
      project.id,
      { ...journalProject(config, project), secretDigests: project.secrets.map(secretDigest) },
    ]),
  )
}

/** The changed parts that only a start puts in force. */
function lastingParts(before: Config, after: Config): string[] {
  return (['server', 'database', 'log', 'imports'] as const).filter(
    (part) => JSON.stringify(lasting(before)[part]) !== JSON.stringify(lasting(after)[part]),
  )
}

function lasting({ server, database, log, imports }: Config) {
  const { admin_token, metrics_token, stop_timeout_seconds, public_url, ...rest } = server
  return { server: rest, database, log, imports }
}
