import { join } from 'node:path'
import type { Config, ImportConfig } from '../config/schema.ts'
import { createRelay, type Relay } from '../gateway/relay.ts'
import { createLogger, type DestinationStream, type Logger } from '../observability/logger.ts'
import { packageFolder, version } from './config-path.ts'
import { baseUrl, print, readConfig } from './environment.ts'
import { UsageError } from './usage-error.ts'

/** The secret of the demo project that comes with the relay; the README shows it too. */
export const PUBLIC_DEMO_SECRET = 'demo-secret'

/** `relay start`: runs until SIGTERM or SIGINT; SIGHUP reads the config again. */
export async function start(option: string | undefined): Promise<void> {
  const config = await readConfig(option)
  const log = createLogger(config.log.level, await destinationOf(config.log.format))
  const relay = await createRelay({ config, log, version: version() })
  const address = await relay.listen().catch(async (error: unknown) => {
    await relay.close()
    throw new UsageError(`cannot listen on ${config.server.host}:${config.server.port}: ${(error as Error).message}`)
  })
  print(banner(config, address))
  log.info({ address, version: version(), node: process.version }, 'relay started')
  watchSignals(relay, log, option)
}

/** Undefined for JSON lines on standard output. Loads the formatter only if it is used. */
async function destinationOf(format: Config['log']['format']): Promise<DestinationStream | undefined> {
  if (format === 'json' || (format === 'auto' && !process.stdout.isTTY)) return undefined
  const { prettyDestination } = await import('../observability/pretty.ts')
  // hasColors considers NO_COLOR.
  return prettyDestination(process.stdout.isTTY && process.stdout.hasColors())
}

function watchSignals(relay: Relay, log: Logger, option: string | undefined): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warn({ signal }, 'stopped at once; running deliveries are in doubt')
      process.exit(1)
    }
    stopping = true
    log.info({ signal }, 'stopping: nothing new is taken, running deliveries may finish')
    relay.close().then(
      () => {
        log.info({}, 'stopped')
        process.exit(0)
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  let reloading: Promise<void> = Promise.resolve()
  process.on('SIGHUP', () => {
    if (stopping) return
    reloading = reloading.then(() => reload(relay, log, option))
  })
}

async function reload(relay: Relay, log: Logger, option: string | undefined): Promise<void> {
  try {
    await relay.reload(await readConfig(option))
    log.info({}, 'config reloaded')
  } catch (error) {
    relay.metrics.configReloadSuccess.set(0)
    log.error(
      { problem: error instanceof Error ? error.message : String(error) },
      'config refused; the previous config stays in force',
    )
  }
}

function banner(config: Config, address: string): string {
  const base = baseUrl(config.server, address)
  const open = config.projects.find(({ secrets }) => secrets.includes(PUBLIC_DEMO_SECRET))
  const hooks = config.projects.map(({ id, name, secrets }) => {
    const shown = secrets.includes(PUBLIC_DEMO_SECRET) ? PUBLIC_DEMO_SECRET : '<secret>'
    return `  web hook of ${name}:  ${base}/hooks/${id}/${shown}`
  })
  const imports = config.integrations.flatMap(({ name, common }) =>
    common.import === undefined ? [] : [`  import of ${name}:  ${base}/imports/${name}${lockOf(common.import)}.xml`],
  )
  const example = join(packageFolder(), 'config', 'example-activity.xml')
  return [
    `Tracker Relay ${version()} listens on ${address}`,
    ...hooks,
    ...(hooks.length === 0 ? ['  no project is configured, so no activity is accepted'] : []),
    ...imports,
    `  metrics:              ${address}/metrics`,
    `  health:               ${address}/healthz`,
    ...(open === undefined
      ? []
      : ['Try it:', `  curl --data-binary @${quoted(example)} ${address}/hooks/${open.id}/${PUBLIC_DEMO_SECRET}`]),
  ].join('\n')
}

/** The secret part of the path; empty if the import is public or has a login. */
function lockOf({ username, public: isPublic }: ImportConfig): string {
  return isPublic || username !== undefined ? '' : '/<secret>'
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
