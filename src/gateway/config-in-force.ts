import type { Config } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import { announceSeries, forgetStanding, type Metrics } from '../observability/metrics.ts'
import type { HookProject } from '../routes/hooks.ts'
import { secretDigest } from '../routes/secret.ts'
import type { ConfiguredSource } from '../sources/contract/source.ts'
import type { OpenedIntegration } from './opened-integration.ts'
import { journalProject } from './projects.ts'
import type { RunningIntegrations } from './running-integrations.ts'
import type { SourceSessions } from './source-sessions.ts'
import { stranded, strandedMessage } from './stranded.ts'

export interface ConfigInForce {
  current(): Config
  project(id: string): HookProject | undefined
  /** @throws if an integration cannot be opened; then nothing has changed */
  apply(next: Config): Promise<void>
  /** One reload after the other. What `lastingParts` names changes only with the next start. */
  reload(next: Config): Promise<void>
  settled(): Promise<void>
  /** Ends what the sources have started to read with. */
  close(): Promise<void>
}

interface ConfigInForceParts {
  readonly integrations: RunningIntegrations
  readonly sessions: Pick<SourceSessions, 'of'>
  readonly metrics: Metrics
  readonly log: Logger
  /** Puts in force what else the config says, once the integrations are open. */
  follow(next: Config, opened: (name: string) => OpenedIntegration | undefined): Promise<void>
  /** The numbers of deliveries by integration and state. */
  counts(): Promise<Parameters<typeof stranded>[1]>
  now(): number
}

export function putInForce(first: Config, parts: ConfigInForceParts): ConfigInForce {
  const { integrations, metrics, log } = parts
  let config = first
  let projects = projectsOf(first, parts.sessions)
  let changing: Promise<void> = Promise.resolve()

  async function apply(next: Config): Promise<void> {
    const before = integrations.workers().map(({ integration }) => integration.name)
    await integrations.apply(next, async (opened) => {
      // Everything before the first await changes at once: a withdrawn secret opens nothing from here on.
      const old = sourcesOf(config)
      config = next
      projects = projectsOf(next, parts.sessions)
      await parts.follow(next, opened)
      const kept = new Set(sourcesOf(next))
      await closeAll(old.filter((source) => !kept.has(source)))
    })
    const names = config.integrations.map(({ name }) => name)
    for (const name of before) if (!names.includes(name)) forgetStanding(metrics, name)
    announceSeries(
      metrics,
      config.projects.map(({ id }) => id),
      names,
    )
    metrics.configReloadSuccess.set(1)
    metrics.configReloadTime.set(parts.now() / 1000)
    for (const one of stranded(next, await parts.counts())) log.warn(one, strandedMessage(one))
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
    close: () => closeAll(sourcesOf(config)),
  }
}

function sourcesOf({ projects }: Config): readonly ConfiguredSource[] {
  return projects.flatMap(({ source }) => (source === undefined ? [] : [source.configured]))
}

async function closeAll(sources: readonly ConfiguredSource[]): Promise<void> {
  await Promise.all(sources.map((source) => source.close?.()))
}

function projectsOf(config: Config, sessions: Pick<SourceSessions, 'of'>): Map<string, HookProject> {
  return new Map(
    config.projects.map((project) => [
      project.id,
      { ...journalProject(config, project, sessions), secretDigests: project.secrets.map(secretDigest) },
    ]),
  )
}

/** The changed parts that only a start puts in force. */
function lastingParts(before: Config, after: Config): string[] {
  return (['server', 'admin', 'database', 'log', 'imports'] as const).filter(
    (part) => JSON.stringify(lasting(before)[part]) !== JSON.stringify(lasting(after)[part]),
  )
}

function lasting({ server, admin, database, log, imports }: Config) {
  const { admin_token, metrics_token, stop_timeout_seconds, public_url, ...rest } = server
  return { server: rest, admin: { listen: admin.listen }, database, log, imports }
}
