import { join } from 'node:path'
import type { Config, ImportConfig } from '../config/schema.ts'
import { createRelay, type Relay } from '../gateway/relay.ts'
import { createLogger, type DestinationStream, type Logger } from '../observability/logger.ts'
import { type Output, outputOn, withoutWaiting } from '../observability/output.ts'
import { visibleLines } from '../observability/visible.ts'
import { makeAdminToken, tellOfAdmin } from './admin-access.ts'
import { packageFolder, version } from './config-path.ts'
import { baseUrl, readConfig } from './environment.ts'
import { handleSignals, type SignalHandlers } from './signals.ts'
import { UsageError } from './usage-error.ts'

/** The secret of the demo project that comes with the relay; the README shows it too. */
export const PUBLIC_DEMO_SECRET = 'demo-secret'

/** `relay start`: runs until SIGTERM or SIGINT; SIGHUP reads the config again. */
export async function start(option: string | undefined): Promise<void> {
  const output = outputOn(process.stdout)
  withoutWaiting(process.stderr)
  const config = await readConfig(option)
  const log = createLogger(config.log.level, await destinationOf(config.log.format, output))
  output.onWorking((dropped, code) => log.warn({ dropped, code }, 'log lines were dropped: they could not be written'))
  const starting = startRelay(config, log, output)
  handleSignals(signalHandlers(starting, { log, output, option }))
  await starting
}

interface Surroundings {
  readonly log: Logger
  readonly output: Output
  readonly option: string | undefined
}

async function startRelay(config: Config, log: Logger, output: Output): Promise<Relay> {
  const made = makeAdminToken(config, log)
  const adminToken = made === null ? {} : { adminToken: made.token }
  const relay = await createRelay({ config, log, version: version(), ...adminToken })
  output.onDropped((lines) => relay.metrics.logLinesDropped.inc(lines))
  const address = await relay.listen().catch(async (error: unknown) => {
    await relay.close()
    throw new UsageError(`cannot listen on ${config.server.host}:${config.server.port}: ${(error as Error).message}`)
  })
  output.write(`${visibleLines(banner(config, address))}\n`)
  log.info({ address, version: version(), node: process.version }, 'relay started')
  tellOfAdmin(log, relay.adminAddress(), made)
  return relay
}

async function destinationOf(format: Config['log']['format'], output: Output): Promise<DestinationStream> {
  if (format === 'json' || (format === 'auto' && !process.stdout.isTTY))
    return { write: (line) => output.write(visibleLines(line)) }
  // Loads the formatter only if it is used.
  const { prettyDestination } = await import('../observability/pretty.ts')
  // hasColors considers NO_COLOR.
  return prettyDestination(process.stdout.isTTY && process.stdout.hasColors(), output)
}

/** A start that takes longer, such as a long migration, is broken off when the relay is told to stop. */
const LONGEST_REST_OF_START_MS = 5000
/** A log reader that takes nothing does not hold up the end. */
const LONGEST_DRAIN_MS = 1000

function signalHandlers(starting: Promise<Relay>, { log, output, option }: Surroundings): SignalHandlers {
  let stopping = false
  let isStarted = false
  let reloading: Promise<void> = Promise.resolve()
  void starting.then(
    () => {
      isStarted = true
    },
    // `start` throws it.
    () => {},
  )

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) {
      log.warn({ signal }, 'stopped at once; running deliveries are in doubt')
      process.exit(1)
    }
    stopping = true
    log.info({ signal }, 'stopping: nothing new is taken, running deliveries may finish')
    if (!isStarted) setTimeout(() => !isStarted && process.exit(0), LONGEST_REST_OF_START_MS).unref()
    try {
      await (await starting).close()
      log.info({}, 'stopped')
    } catch (error) {
      log.error({ err: error }, 'stopping failed')
      process.exitCode = 1
    }
    await output.drained(LONGEST_DRAIN_MS)
    process.exit()
  }

  return {
    stop: (signal) => void stop(signal),
    reload() {
      if (stopping) return
      reloading = reloading
        .then(() => starting)
        .then(
          (relay) => reload(relay, log, option),
          () => {},
        )
    },
  }
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
