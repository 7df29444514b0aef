import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort, initialise, makeHome, run } from '../connectors/other/postgres-cluster.ts'
import type { DatabaseKind } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { type Network, startNetwork } from './network.ts'

type Test = { teardown(work: () => Promise<void>): void }

/** A PostgreSQL server that is ended, started and replaced, behind a network that the relays reach it by. */
export interface PostgresServer {
  /** What the relays' own user may have there. */
  readonly kind: DatabaseKind
  readonly network: Network
  /** The address for its administrator, past the network; of the database that was made last, if there is one. */
  adminUrl(): string
  /** A session of the administrator's. It is never the victim of a deadlock. */
  connect(): Promise<pg.Client>
  /** How many statements of relays have failed with an SQLSTATE, as the server's log says. */
  failures(code: string): number
  /** All its processes are killed, as the system does when its memory is used up. */
  kill(): Promise<void>
  /** One session is killed; then the server ends all others, and recovers. */
  crash(): Promise<void>
  /** As an administrator does it: `fast` tells the sessions, `immediate` lets go of everything. */
  shutDown(how: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** Shuts it down, and starts it with a standby that has each commit before it is answered. */
  startWithStandby(): Promise<void>
  /** Kills it for ever; the network leads to the standby, which can only be read. */
  loseToStandby(): Promise<void>
  promote(): Promise<void>
}

interface Node {
  readonly data: string
  readonly port: number
  process: ChildProcess | null
}

/** The user of the relays, who is not an administrator. */
const GATEWAY = 'gateway'
const MOST_CONNECTIONS = 40
const SETTINGS = [
  ...['unix_socket_directories=', `max_connections=${MOST_CONNECTIONS}`, 'fsync=off', 'log_line_prefix=%e %a '],
  // Long enough to make the circle in which a relay then finds itself, and shorter than it waits for any lock.
  'deadlock_timeout=150ms',
]

export async function startPostgresServer(t: Test): Promise<PostgresServer> {
  const home = makeHome()
  const nodes: Node[] = []
  const logFile = join(home.home, 'log')
  let made = 0
  let database = 'postgres'

  async function addNode(): Promise<Node> {
    made += 1
    const node = { data: join(home.home, `data-${made}`), port: await freePort(), process: null }
    nodes.push(node)
    return node
  }

  function launch(node: Node, more: readonly string[] = []): void {
    const flags = [...SETTINGS, ...more].flatMap((setting) => ['-c', setting])
    const output = openSync(logFile, 'a')
    node.process = spawn(
      join(home.folder, 'postgres'),
      ['-D', node.data, '-h', '127.0.0.1', '-p', String(node.port), ...flags],
      { ...home.user, cwd: home.home, stdio: ['ignore', output, output] },
    )
    closeSync(output)
  }

  /** After a kill it may find its memory still in use, and end again. */
  async function startNode(node: Node, more: readonly string[] = []): Promise<void> {
    await eventually(async () => {
      if (hasEnded(node)) launch(node, more)
      return await isUp(node)
    }, 'the server is up')
  }

  const isUp = (node: Node): Promise<boolean> =>
    run(urlOf(node), 'select 1').then(
      () => true,
      () => sleep(20, false),
    )

  const urlOf = ({ port }: Node): string => `postgres://relay@127.0.0.1:${port}/postgres`

  const hasEnded = ({ process }: Node): boolean =>
    process === null || process.exitCode !== null || process.signalCode !== null

  async function end(node: Node, signal: NodeJS.Signals): Promise<void> {
    const { process } = node
    if (process === null || hasEnded(node)) return
    const gone = once(process, 'exit')
    const children = signal === 'SIGKILL' ? childrenOf(process.pid ?? 0) : []
    process.kill(signal)
    for (const pid of children) killed(pid)
    await gone
  }

  let primary = await addNode()
  let standby: Node | null = null
  initialise(home, primary.data)
  const endAtOnce = (): void => {
    for (const { process } of nodes) process?.kill('SIGQUIT')
  }
  process.once('exit', endAtOnce)
  t.teardown(async () => {
    process.off('exit', endAtOnce)
    await Promise.all(nodes.map((node) => end(node, 'SIGQUIT')))
    rmSync(home.home, { recursive: true, force: true })
  })
  await startNode(primary)
  await run(urlOf(primary), `create role ${GATEWAY} login`)
  const network = await startNetwork(t, urlOf(primary))

  function adminUrl(): string {
    const url = new URL(urlOf(primary))
    url.pathname = `/${database}`
    return url.href
  }

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: adminUrl(), application_name: 'administrator' })
    client.on('error', () => {})
    await client.connect()
    await client.query("set deadlock_timeout = '1h'")
    return client
  }

  return {
    network,
    adminUrl,
    connect,
    kind: {
      name: 'PostgreSQL',
      async fresh() {
        made += 1
        database = `faults_${made}`
        await run(urlOf(primary), `create database ${database} owner ${GATEWAY}`)
        const url = new URL(network.url)
        url.username = GATEWAY
        url.pathname = `/${database}`
        return url.href
      },
    },
    failures(code) {
      const isOne = new RegExp(`^${code} tracker-relay (ERROR|FATAL):`)
      return readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => isOne.test(line)).length
    },
    kill: () => end(primary, 'SIGKILL'),
    async crash() {
      const [one] = await run(adminUrl(), "select pid from pg_stat_activity where application_name = 'tracker-relay'")
      if (one !== undefined) killed(Number(one.pid))
    },
    shutDown: (how) => end(primary, how === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    start: () => startNode(primary),
    async startWithStandby() {
      await end(primary, 'SIGINT')
      const copy = await addNode()
      execFileSync('cp', ['-a', primary.data, copy.data])
      writeFileSync(join(copy.data, 'standby.signal'), '')
      // Nothing is answered as committed before a standby has it.
      launch(primary, ['synchronous_standby_names=*'])
      const to = `primary_conninfo=host=127.0.0.1 port=${primary.port} user=relay`
      await Promise.all([startNode(primary, ['synchronous_standby_names=*']), startNode(copy, [to])])
      await eventually(async () => {
        const rows = await run(urlOf(primary), "select 1 from pg_stat_replication where sync_state = 'sync'")
        return rows.length > 0
      }, 'the standby follows')
      standby = copy
    },
    async loseToStandby() {
      if (standby === null) throw new Error('there is no standby')
      await end(primary, 'SIGKILL')
      rmSync(primary.data, { recursive: true, force: true })
      nodes.splice(nodes.indexOf(primary), 1)
      primary = standby
      standby = null
      network.leadTo(primary.port)
    },
    async promote() {
      const [row] = await run(urlOf(primary), 'select pg_promote() as done')
      if (row?.done !== true) throw new Error('the standby is not promoted')
    },
  }
}

/** Takes every connection that the server has, those of relays as soon as they end. @returns how they are given back */
export async function takeEveryConnection(server: PostgresServer): Promise<() => Promise<void>> {
  const first = await server.connect()
  const taken: pg.Client[] = [first]
  let isOver = false
  const ending = async (): Promise<void> => {
    while (!isOver) {
      await endSessions(first)
      const more = await Promise.allSettled(Array.from({ length: MOST_CONNECTIONS }, () => server.connect()))
      taken.push(...more.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
      await sleep(20)
    }
  }
  const ended = ending()
  return async () => {
    isOver = true
    await ended
    await Promise.all(taken.map((client) => client.end()))
  }
}

/** As an administrator ends the sessions of all relays. */
export async function endSessions(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tracker-relay'",
  )
  return rows.length
}

/** Where the system has no /proc, they end by themselves when they notice. */
function childrenOf(pid: number): number[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid)
}

function parentOf(pid: number): number {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone already.
  }
}
