import { ConfigError, type ConfigProblem, format } from '../config/problem.ts'
import type { Config } from '../config/schema.ts'
import { secretSettings } from '../config/secrets.ts'
import { isMistakable } from '../http/redact.ts'
import { type ConfigOptions, readConfigWithWarnings } from './environment.ts'
import { createReport, type Report, times } from './report.ts'
import { createProgress } from './terminal/progress.ts'
import { screenFor } from './terminal/screen.ts'

/**
 * `tracker-relay check`: checks the config, and then the database and each integration against its target, without writing
 * anything there.
 * @returns whether there are no errors
 */
export async function check(options: ConfigOptions & { offline?: boolean; json?: boolean }): Promise<boolean> {
  const report = createReport(screenFor(options))
  const config = await configOf(options, report)
  if (config === null) return await report.end()
  tellOfMistakableSecrets(config, report)
  if (options.offline !== true) {
    const { checkIntegrations, checkTracker } = await import('./check-targets.ts')
    const { checkSources } = await import('./check-sources.ts')
    const { checkDatabase } = await import('./check-database.ts')
    await checkDatabase(config, report)
    const progress = createProgress({
      stream: process.stderr,
      now: () => performance.now(),
      unit: 'integrations tried',
    })
    const findings = await checkIntegrations(config, (tried) => progress.show(tried, config.integrations.length))
    progress.clear()
    await checkTracker(config, report)
    await checkSources(config, report)
    config.integrations.forEach(({ name, type }, index) => {
      for (const finding of findings[index] ?? []) report.tell({ subject: name, ...finding }, type)
    })
  }
  return await report.end()
}

/** Null: the report has its problems. They go to standard error, as in all commands, where the report is for people. */
async function configOf(options: ConfigOptions & { json?: boolean }, report: Report): Promise<Config | null> {
  const tell = (level: 'warning' | 'error', path: string, problems: readonly ConfigProblem[]): void => {
    for (const one of problems) report.tell({ subject: 'config', setting: null, level, message: format(path, [one]) })
  }
  try {
    const { config, path, warnings } = await readConfigWithWarnings(options)
    const message = `${times(config.projects.length, 'project')}, ${times(config.integrations.length, 'integration')}`
    report.tell({ subject: 'config', setting: null, level: 'ok', message })
    tell('warning', path, warnings)
    return config
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (options.json !== true || !(cause instanceof ConfigError)) throw error
    tell('error', cause.file, cause.problems)
    return null
  }
}

const MISTAKABLE =
  'is a secret that may be a word or a number of any message (it is too short, or ordinary), so that it is hidden only where it stands as a value; use a long and random one'

function tellOfMistakableSecrets({ integrations }: Config, report: Report): void {
  for (const integration of integrations)
    for (const { setting, texts } of secretSettings(integration))
      if (texts.some((text) => text !== '' && isMistakable(text)))
        report.tell({ subject: integration.name, setting, level: 'warning', message: MISTAKABLE }, integration.type)
}
