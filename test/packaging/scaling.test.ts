import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { openOwnCluster, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { freshFolder, startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { blocks } from './pages.ts'

// Each command is a process of its own.
t.setTimeout(180_000)

const PAGE = 'docs/scaling.md'
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false
const certificate = (name: string): string => readFileSync(`test/http/certificates/${name}`, 'utf8')

t.test('the steps from SQLite to PostgreSQL lead to a relay that goes on with what was open', { skip }, async (t) => {
  const server = await openOwnCluster({
    settings: ['fsync=off', 'ssl=on', 'ssl_cert_file=good.pem', 'ssl_key_file=good.key'],
    files: { 'good.pem': certificate('good.pem'), 'good.key': certificate('good.key') },
    hba: ['hostssl relay relay all scram-sha-256', 'hostnossl relay relay all reject'],
  })
  t.teardown(server.close)
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 503 })
  const folder = freshFolder(t)
  const before = await startRelay(t, {
    folder,
    integrations: { builds: { type: 'webhook', url: receiver.url, breaker: { failures: 100 } } },
  })
  for (const number of [1, 2, 3]) await before.post(changed(number, { story: String(number), state: 'started' }))
  await before.stop()
  receiver.standIn.down(null)

  const [makeRole = '', makeDatabase = ''] = (blocks(PAGE, 'sql')[0] ?? '').trim().split('\n')
  const [, password = ''] = /password '(.+)'/.exec(makeRole) ?? []
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  // The administrator of this server has the name already.
  await admin.query(makeRole.replace('create role relay', 'alter role relay'))
  await admin.query(makeDatabase)
  await admin.end()

  const { port } = new URL(server.url)
  const shown = parse(blocks(PAGE, 'yaml')[0] ?? '') as { database: { url: string } }
  shown.database.url = shown.database.url.replace('db.example.com:5432', `127.0.0.1:${port}`)
  const old = JSON.parse(readFileSync(join(folder, 'relay.yaml'), 'utf8')) as object
  writeFileSync(join(folder, 'relay.postgres.yaml'), JSON.stringify({ ...old, ...shown }))
  writeFileSync(join(folder, 'database-password'), `${password}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'postgres-ca.pem'), certificate('authority.pem'))

  const { RELAY_CONFIG: _, ...inherited } = process.env
  const options = { cwd: folder, env: { ...inherited, NO_COLOR: '1' } }
  const said = async (command: string): Promise<string> => {
    const [, ...args] = command.split(' ')
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], options)
    return stdout
  }
  const commands = blocks(PAGE, 'sh').flatMap((block) => block.trim().split('\n'))
  const [check = '', stop, move = '', start = ''] = commands
  t.equal(stop, 'systemctl stop tracker-relay')
  t.match(await said(check), /ok +database +PostgreSQL .*, encrypted with TLSv1\.\d/)
  t.match(await said(check), /has no tables yet/)
  t.match(
    await said(move),
    /is copied to .* and compared: .*\nnow start the relay with the config relay\.postgres\.yaml\n/s,
  )
  const relay = spawn(process.execPath, [MAIN, ...start.split(' ').slice(1)], { ...options, stdio: 'ignore' })
  t.teardown(() => void relay.kill('SIGKILL'))
  await said('tracker-relay resume builds --config relay.postgres.yaml')
  await eventually(
    () => receiver.accepted.length,
    (count) => count === 3,
    'what was open is delivered',
  )
  const [list = ''] = /`tracker-relay (deliveries --config \S+)`/.exec(readFileSync(PAGE, 'utf8'))?.slice(1) ?? []
  t.match(await said(`tracker-relay ${list}`), /delivered.*delivered.*delivered/s)
  const ended = once(relay, 'exit')
  relay.kill('SIGTERM')
  await ended
  const [undo = ''] =
    /`tracker-relay (migrate-store --undo --config \S+)`/.exec(readFileSync(PAGE, 'utf8'))?.slice(1) ?? []
  t.match(await said(`tracker-relay ${undo}`), /a relay can start on \S.*relay\.db again/)
})

interface Service {
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: unknown
}

t.test('the relays of the compose file have one config, which fits to its database and its balancer', async (t) => {
  const { services, volumes: named } = parse(readFileSync('ops/compose.postgres.yaml', 'utf8'), { merge: true }) as {
    services: Readonly<Record<string, Service>>
    volumes: object
  }
  const relays = Object.keys(services).filter((name) => name.startsWith('relay-'))
  t.equal(relays.length, 2)
  const [first = {}] = relays.map((name) => services[name])
  for (const name of relays) t.strictSame(services[name], first, name)
  t.match(first, { read_only: true, cap_drop: ['ALL'], depends_on: { database: { condition: 'service_healthy' } } })
  for (const { volumes = [] } of Object.values(services))
    for (const volume of volumes) {
      const [from = ''] = volume.split(':')
      if (from.startsWith('./')) t.ok(readFileSync(from), from)
      else t.ok(from in named, from)
    }

  const given = first.environment ?? {}
  const environment = Object.fromEntries(Object.keys(given).map((name) => [name, 'abcdef0123456789'.repeat(3)]))
  const { config, warnings } = loadConfig({
    path: 'ops/relay.postgres.yaml',
    environment: { ...environment, RELAY_PUBLIC_URL: 'https://relay.example.com', RELAY_DATA: '/app' },
    connectors: await loadConnectors(),
  })
  t.strictSame(warnings, [])
  const { database, server } = config
  t.equal(new URL(database.url ?? '').hostname in services, true, 'its database is a service')
  t.ok(database.pool * relays.length + 10 <= 100, 'its connections fit')
  t.ok(server.admin_token !== undefined, 'no relay makes a token of its own')
  t.match(services.database?.environment, { POSTGRES_USER: new URL(database.url ?? '').username, POSTGRES_DB: 'relay' })

  const balancer = readFileSync('ops/haproxy.cfg', 'utf8')
  for (const name of relays) t.match(balancer, new RegExp(`^ {2}server ${name} ${name}:${server.port}$`, 'm'))
  t.match(services.balancer?.ports, ['127.0.0.1:8080:8080'])
  for (const [, name = ''] of readFileSync('ops/compose.postgres.yaml', 'utf8').matchAll(/\$\{(\w+):\?/g))
    t.match(
      readFileSync('ops/compose.postgres.yaml', 'utf8'),
      new RegExp(`^#.* ${name}\\b`, 'm'),
      `${name} is made at first`,
    )
})
