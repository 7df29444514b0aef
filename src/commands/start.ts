import { join } from 'node:path'
import { reachableHost } from '../config/listening.ts'
import type { Config, ImportConfig } from '../config/schema.ts'
import type { MadeToken } from '../gateway/admin-tokens.ts'
import { createRelay, type Relay } from '../gateway/relay.ts'
import { createLogger, type DestinationStream, type Logger } from '../observability/logger.ts'
import { openTracing } from '../observability/open-tracing.ts'
import { type Output, outputOn, withoutWaiting } from '../observability/output.ts'
import { visibleLines } from '../observability/visible.ts'
import { makeAdminToken, signInOnTerminal, tellOfAdmin } from './admin-access.ts'
import { CommandFailed } from './command-failed.ts'
import { packageFolder, version } from './config-path.ts'
import { baseUrl, type ConfigOptions, readConfigOrDemo } from './environment.ts'
import { complain } from './print.ts'
import { handleSignals, type SignalHandlers } from './signals.ts'

/** The secret of the demo project that comes with the relay; the README shows it too. */
export const PUBLIC_DEMO_SECRET = 'demo-secret'

/** `tracker-relay start`: runs until SIGTERM or SIGINT; SIGHUP reads the config again. */
export async function start(options: ConfigOptions): Promise<void> {
  const output = outputOn(process.stdout)
  withoutWaiting(process.stderr)
  const config = await readConfigOrDemo(options)
  const log = createLogger(config.log.level, await destinationOf(config.log.format, output))
  output.onWorking((dropped, code) => log.warn({ dropped, code }, 'log lines were dropped: they could not be written'))
  const starting = startRelay(config, log, output)
  const { fail, ...handlers } = running(starting, { log, output, options })
  handleSignals(handlers)
  void (await starting).damage.then(fail)
}

interface Surroundings {
  readonly log: Logger
  readonly output: Output
  readonly options: ConfigOptions
}

async function startRelay(config: Config, log: Logger, output: Output): Promise<Relay> {
  let made: MadeToken | null = null
  const tracing = await openTracing(process.env, {
    version: version(),
    warn: (problem) => log.warn({ problem }, 'traces'),
  })
  const relay = await createRelay({ config, log, version: version(), tracing, adminToken: () => made?.token })
  // In a folder that the database may just have made.
  made = makeAdminToken(config, log)
  output.onDropped((lines) => relay.metrics.logLinesDropped.inc(lines))
  const address = await relay.listen().catch(async (error: unknown) => {
    await relay.close()
    const { host, port, socket } = config.server
    throw new CommandFailed(`cannot listen on ${socket ?? `${host}:${port}`}: ${(error as Error).message}`)
  })
  const running = { address, version: version(), node: process.version }
  if (isJson(config.log.format)) log.info({ ...running, ...addressesOf(config, address) }, 'relay started')
  else {
    output.write(`${visibleLines(banner(config, address))}\n`)
    log.info(running, 'relay started')
  }
  const admin = urlOf(relay.adminAddress())
  if (!isJson(config.log.format)) {
    const link = process.stdout.isTTY ? signInOnTerminal(config, pageAddress(config, admin), made) : null
    const page = `  page:                 ${pageAddress(config, admin)}/`
    output.write(`${visibleLines(link === null ? page : `${page}\n  sign in, within ten minutes:  ${link}`)}\n`)
  }
  tellOfAdmin(log, admin, made)
  return relay
}

function pageAddress({ server: { base_path = '' } }: Config, admin: string): string {
  return `${admin}${base_path.replace(/\/$/, '')}`
}

/** Then nothing but log lines is on standard output, for programs that read it. */
function isJson(format: Config['log']['format']): boolean {
  return format === 'json' || (format === 'auto' && !process.stdout.isTTY)
}

async function destinationOf(format: Config['log']['format'], output: Output): Promise<DestinationStream> {
  if (isJson(format)) return { write: (line) => output.write(visibleLines(line)) }
  // Loads the formatter only if it is used.
  const { prettyDestination } = await import('../observability/pretty.ts')
  // hasColors considers NO_COLOR.
  return prettyDestination(process.stdout.isTTY && process.stdout.hasColors(), output)
}

/** A start that takes longer, such as a long migration, is broken off when the relay is told to stop. */
const LONGEST_REST_OF_START_MS = 5000
/** A log reader that takes nothing does not hold up the end. */
const LONGEST_DRAIN_MS = 1000

interface Running extends SignalHandlers {
  /** Stops as at a start that fails for this reason. */
  fail(error: Error): void
}

function running(starting: Promise<Relay>, { log, output, options }: Surroundings): Running {
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
    await close()
  }

  async function close(): Promise<void> {
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
    fail(error) {
      process.exitCode = 1
      if (stopping) return
      stopping = true
      log.fatal({ problem: error.message }, 'stopping: nothing more is stored')
      complain(error.message)
      void close()
    },
    reload() {
      if (stopping) return
      reloading = reloading
        .then(() => starting)
        .then(
          (relay) => reload(relay, log, options),
          () => {},
        )
    },
  }
}

async function reload(relay: Relay, log: Logger, options: ConfigOptions): Promise<void> {
  try {
    await relay.reload(await readConfigOrDemo(options))
    log.info({}, 'config reloaded')
  } catch (error) {
    relay.metrics.configReloadSuccess.set(0)
    log.error(
      { problem: error instanceof Error ? error.message : String(error) },
      'config refused; the previous config stays in force',
    )
  }
}

interface Addresses {
  readonly hooks: readonly string[]
  readonly imports: readonly string[]
}

/** With nobody's secrets but that of the demo, in the order of the config. */
function addressesOf({ server, projects, integrations }: Config, address: string): Addresses {
  const base = baseUrl(server, urlOf(address))
  return {
    hooks: projects.map(({ id, secrets }) => {
      const shown = secrets.includes(PUBLIC_DEMO_SECRET) ? PUBLIC_DEMO_SECRET : '<secret>'
      return `${base}/hooks/${id}/${shown}`
    }),
    imports: integrations.flatMap(({ name, common }) =>
      common.import === undefined ? [] : [`${base}/imports/${name}${lockOf(common.import)}.xml`],
    ),
  }
}

/**
 * As a client on this machine reaches it: nobody connects to 0.0.0.0. A unix socket has no port, and a client that
 * connects to it may name any host.
 */
function urlOf(address: string): string {
  if (address.startsWith('unix:')) return 'http://localhost'
  const url = new URL(address)
  const host = reachableHost(url.hostname.replace(/^\[|\]$/g, ''))
  url.hostname = host.includes(':') ? `[${host}]` : host
  return url.origin
}

function banner(config: Config, address: string): string {
  const addresses = addressesOf(config, address)
  const url = urlOf(address)
  const { socket } = config.server
  const curl = socket === undefined ? 'curl' : `curl --unix-socket ${quoted(socket)}`
  const open = config.projects.find(({ secrets }) => secrets.includes(PUBLIC_DEMO_SECRET))
  const hooks = config.projects.map(({ name }, index) => `  web hook of ${name}:  ${addresses.hooks[index]}`)
  const shown = config.integrations.filter(({ common }) => common.import !== undefined)
  const imports = shown.map(({ name }, index) => `  import of ${name}:  ${addresses.imports[index]}`)
  const example = join(packageFolder(), 'config', 'example-activity.xml')
  return [
    `Tracker Relay ${version()} listens on ${address}`,
    ...hooks,
    ...(hooks.length === 0 ? ['  no project is configured, so no activity is accepted'] : []),
    ...imports,
    `  metrics:              ${url}/metrics`,
    `  health:               ${url}/healthz`,
    ...(open === undefined
      ? []
      : ['Try it:', `  ${curl} --data-binary @${quoted(example)} ${url}/hooks/${open.id}/${PUBLIC_DEMO_SECRET}`]),
  ].join('\n')
}

/** The secret part of the path; empty if the import is public or has a login. */
function lockOf({ username, public: isPublic }: ImportConfig): string {
  return isPublic || username !== undefined ? '' : '/<secret>'
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
