import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { type DatabaseSettings, openDatabase } from '../../src/store/database.ts'
import { connectionOf } from '../../src/store/dialect/postgres-connection.ts'
import { doubtsOf, rightsProblems, type ServerFacts, unfit } from '../../src/store/dialect/postgres-server.ts'
import { openStore } from '../../src/store/store.ts'
import {
  type OwnCluster,
  type OwnClusterOptions,
  openOwnCluster,
  run,
  withoutPostgres,
} from '../connectors/other/postgres-cluster.ts'
import { eventually } from '../gateway/eventually.ts'
import { entry, freshFolder } from './database.ts'
import { freshPostgres } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

const certificate = (name: string): string => readFileSync(`test/http/certificates/${name}`, 'utf8')
const AUTHORITY = certificate('authority.pem')

const TLS: OwnClusterOptions = {
  settings: ['fsync=off', 'ssl=on', 'ssl_cert_file=good.pem', 'ssl_key_file=good.key', 'ssl_ca_file=authority.pem'],
  files: Object.fromEntries(
    ['good.pem', 'good.key', 'elsewhere.pem', 'elsewhere.key', 'expired.pem', 'expired.key', 'authority.pem'].map(
      (name) => [name, certificate(name)],
    ),
  ),
  hba: [
    'hostssl all encrypted all trust',
    'hostnossl all encrypted all reject',
    'host all locked all scram-sha-256',
    'hostssl all good all cert',
  ],
}

let cluster: Promise<OwnCluster> | null = null

/** One with TLS, and with users who need that, a password, or a certificate. */
function secured(): Promise<OwnCluster> {
  cluster ??= openOwnCluster(TLS).then(async (opened) => {
    t.teardown(opened.close)
    await run(
      opened.url,
      "create role encrypted login; create role locked login password 'warp/9?#'; create role good login",
    )
    return opened
  })
  return cluster
}

function as(user: string, { url }: OwnCluster, query = ''): string {
  const changed = new URL(url)
  changed.username = user
  return `${changed.href}${query}`
}

/** @returns the user that the server knows us as, and how it is encrypted; or why it cannot be used */
async function reached(settings: Partial<DatabaseSettings>): Promise<string> {
  try {
    const database = openDatabase({ client: 'postgres', file: '', connect_timeout_seconds: 5, ...settings })
    try {
      await database.isMade()
      const { rows } = await database.reader.raw(
        'select current_user as name, (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as tls',
      )
      return `${rows[0].name} ${rows[0].tls ? 'encrypted' : 'in the open'}`
    } finally {
      await database.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}

t.test('sslmode does what it does in the programs of PostgreSQL', { skip }, async (t) => {
  const server = await secured()
  const url = as('encrypted', server)
  const files = { ca_file: AUTHORITY }
  t.match(await reached({ url }), /pg_hba\.conf rejects .* no encryption; the server wants TLS: set database\.sslmode/)
  t.match(await reached({ url, sslmode: 'disable' }), /no encryption/)
  t.equal(await reached({ url, sslmode: 'require' }), 'encrypted encrypted')
  for (const sslmode of ['verify-ca', 'verify-full'] as const) {
    t.equal(await reached({ url, sslmode, ...files }), 'encrypted encrypted', sslmode)
    t.match(await reached({ url, sslmode }), /is not signed by a known authority: name the file .* database\.ca_file/)
  }
  t.equal(await reached({ url, ...files }), 'encrypted encrypted', 'an authority alone means verify-full')
  t.equal(await reached({ url: url.replace('127.0.0.1', 'localhost'), ...files }), 'encrypted encrypted')

  const ca = encodeURIComponent(resolve('test/http/certificates/authority.pem'))
  t.equal(await reached({ url: `${url}?sslmode=verify-full&sslrootcert=${ca}` }), 'encrypted encrypted', 'in the URL')
  t.equal(await reached({ url: `${url}?sslmode=disable`, sslmode: 'require' }), 'encrypted encrypted', 'settings win')
  t.match(await reached({ url: `${url}?sslmode=prefer` }), /sslmode must be one of disable, .* \(found "prefer"\)/)
  t.match(
    await reached({ url: `${url}?sslrootcert=/nowhere.pem` }),
    /^\/nowhere\.pem, which the URL .* cannot be read$/,
  )
})

t.test('a certificate for another name, or one that has expired, is no protection', { skip }, async (t) => {
  for (const [name, refused] of [
    ['elsewhere', /the certificate is for another name/],
    ['expired', /the server's certificate has expired/],
  ] as const) {
    const settings = ['fsync=off', 'ssl=on', `ssl_cert_file=${name}.pem`, `ssl_key_file=${name}.key`]
    const server = await openOwnCluster({ ...TLS, settings })
    t.teardown(server.close)
    const reach = (sslmode: DatabaseSettings['sslmode'], ca_file?: string): Promise<string> =>
      reached({ url: server.url, sslmode, ca_file })
    t.match(await reach('verify-full', AUTHORITY), refused)
    t.equal(await reach('require'), 'relay encrypted')
    const byAuthority = name === 'elsewhere' ? /^relay encrypted$/ : refused
    t.match(await reach('verify-ca', AUTHORITY), byAuthority)
    t.match(await reach('require', AUTHORITY), byAuthority, 'as PostgreSQL has it for an authority that is given')
  }
})

t.test('a server without TLS is not spoken to in the open where that is asked for', { skip }, async (t) => {
  const url = await freshPostgres(t)
  for (const sslmode of ['require', 'verify-ca', 'verify-full'] as const)
    t.match(await reached({ url, sslmode }), /does not support SSL connections; turn TLS on there \(ssl = on\)/)
})

t.test('a user can be known by a certificate', { skip }, async (t) => {
  const server = await secured()
  const url = as('good', server)
  const files = { ca_file: AUTHORITY, client_certificate: certificate('good.pem'), client_key: certificate('good.key') }
  t.equal(await reached({ url, ...files }), 'good encrypted')
  t.match(await reached({ url, ca_file: AUTHORITY }), /connection requires a valid client certificate/)
})

t.test('the password is taken from where it is, and is shown nowhere', { skip }, async (t) => {
  const server = await secured()
  const url = as('locked', server)
  const folder = freshFolder(t)
  const known = { PGPASSWORD: process.env.PGPASSWORD, PGPASSFILE: process.env.PGPASSFILE }
  const environment = (values: Record<string, string | undefined>): void => {
    for (const [name, value] of Object.entries({ PGPASSWORD: undefined, PGPASSFILE: undefined, ...values }))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
  t.teardown(() => environment(known))
  environment({})
  const inUrl = url.replace('locked@', `locked:${encodeURIComponent('warp/9?#')}@`)
  t.equal(await reached({ url: inUrl }), 'locked in the open')
  t.equal(await reached({ url, password: 'warp/9?#' }), 'locked in the open')
  t.equal(await reached({ url: url.replace('locked@', 'locked:wrong@'), password: 'warp/9?#' }), 'locked in the open')
  t.match(await reached({ url }), /the server asks for a password: set database\.password, or PGPASSWORD/)
  const wrong = await reached({ url, password: 'impulse/1' })
  t.match(wrong, /password authentication failed for user "locked"; give the right one as database\.password/)
  t.notMatch(wrong, 'impulse')
  environment({ PGPASSWORD: 'warp/9?#' })
  t.equal(await reached({ url }), 'locked in the open')
  writeFileSync(join(folder, 'pgpass'), '127.0.0.1:*:*:locked:warp/9?#\n', { mode: 0o600 })
  environment({ PGPASSFILE: join(folder, 'pgpass') })
  t.equal(await reached({ url }), 'locked in the open')
})

t.test('a URL that cannot be read is not repeated', async (t) => {
  for (const url of ['postgres://relay:warp9#@h/d', 'postgres://relay:warp9/1@h/d', 'warp9', ''])
    t.throws(
      () => connectionOf({ url }, 'test'),
      { name: 'StoreError', message: /^(?!.*warp9).*in a password "\/" is written %2F/ },
      url,
    )
  t.strictSame(connectionOf({ url: 'postgres://relay@/relay?host=/run/postgresql' }, 'test'), {
    connectionString: 'postgres://relay@/relay?host=%2Frun%2Fpostgresql',
    application_name: 'test',
  })
})

t.test('what takes too long is given up by the server', { skip }, async (t) => {
  const url = await freshPostgres(t)
  const database = openDatabase({ client: 'postgres', file: '', url, statement_timeout_seconds: 1, pool: 2 })
  t.teardown(() => database.close())
  await t.rejects(
    database.transaction(({ knex }) => knex.raw('select pg_sleep(60)')),
    { code: '57014' },
  )
  await t.rejects(database.reader.raw('select pg_sleep(60)'), { code: '57014' })
  const shown = await database.transaction(async ({ knex }) => (await knex.raw('show lock_timeout')).rows)
  t.strictSame(shown, [{ lock_timeout: '20s' }])
  const many = Array.from({ length: 20 }, () => database.reader.raw('select pg_backend_pid() as pid'))
  const pids = (await Promise.all(many)).map(({ rows }) => rows[0].pid)
  t.ok(new Set(pids).size <= 2, 'no more connections than database.pool')
})

t.test('a server that takes a connection and says nothing is given up', async (t) => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => void mute.close())
  const { port } = mute.address() as AddressInfo
  const before = performance.now()
  const why = await reached({ url: `postgres://relay@127.0.0.1:${port}/relay`, connect_timeout_seconds: 1 })
  t.match(why, /^the database cannot be used: (timeout expired|Connection terminated due to connection timeout)$/)
  t.ok(performance.now() - before < 30_000)
})

t.test('commits are on the disk, also where the server is told otherwise for the user', { skip }, async (t) => {
  const server = await openOwnCluster()
  t.teardown(server.close)
  await run(server.url, 'alter role relay set synchronous_commit = off')
  const database = openDatabase({ client: 'postgres', file: '', url: server.url })
  t.teardown(() => database.close())
  const shown = await database.transaction(async ({ knex }) => (await knex.raw('show synchronous_commit')).rows)
  t.strictSame(shown, [{ synchronous_commit: 'on' }])
  t.match(
    (await database.findings()).map(({ level, message }) => `${level} ${message}`),
    [
      /^ok PostgreSQL \d+/,
      /^warning synchronous_commit is off, .*alter role relay/,
      /^warning fsync or full_page_writes is off/,
      /^ok LISTEN and NOTIFY work: /,
    ],
  )
})

t.test('a standby, and a server that lets nobody write, are refused before anything is done', { skip }, async (t) => {
  const server = await openOwnCluster()
  t.teardown(server.close)
  const settings: DatabaseSettings = { client: 'postgres', file: '', url: server.url }
  const refusal = async (): Promise<string> => {
    const database = openDatabase(settings)
    const why = await database.migrate().then(
      () => '',
      (error: Error) => error.message,
    )
    t.strictSame(await database.findings(), [{ level: 'error', message: why }])
    await database.close()
    return why
  }
  await run(server.url, 'alter database postgres set default_transaction_read_only = on')
  t.match(await refusal(), /^the server lets nobody write \(default_transaction_read_only is on, .* database postgres/)
  const writing = `${server.url}?options=-c%20default_transaction_read_only%3Doff`
  await run(writing, 'alter database postgres reset default_transaction_read_only')
  await server.stop()
  writeFileSync(join(server.folder, 'standby.signal'), '')
  await server.start()
  t.match(await refusal(), /^the server is a standby, which can only be read: name the primary in database\.url/)
  await server.stop()
  rmSync(join(server.folder, 'standby.signal'))
})

t.test('after a failover no connection stays with a server that can only be read', { skip }, async (t) => {
  const server = await openOwnCluster()
  t.teardown(server.close)
  const store = openStore({ client: 'postgres', file: '', url: server.url, pool: 2 })
  t.teardown(() => store.close())
  await store.migrate()
  await store.append(entry(1, ['room']))
  const sessions = async (): Promise<unknown[]> => {
    const rows = await run(server.url, "select pid from pg_stat_activity where application_name = 'tracker-relay'")
    return rows.map(({ pid }) => pid)
  }
  const before = await sessions()
  t.not(before.length, 0)
  await run(server.url, 'alter system set default_transaction_read_only = on')
  await run(server.url, 'select pg_reload_conf()')
  const failing = async (): Promise<string> =>
    await store.append(entry(Math.floor(performance.now()), ['room'])).then(
      () => '',
      (error: Error) => error.message,
    )
  t.match(
    await eventually(failing, (why) => why !== '', 'nothing can be stored'),
    /\(25006\): the database server is read-only: after a failover its name has to lead to the new primary/,
  )
  const after = async (): Promise<unknown[]> => {
    await failing()
    return await sessions()
  }
  await eventually(after, (now) => now.every((pid) => !before.includes(pid)), 'the connections are new ones')
})

const FACTS: ServerFacts = {
  version: '15.8',
  version_number: 150008,
  is_standby: false,
  is_read_only: false,
  encoding: 'UTF8',
  synchronous_commit: 'on',
  is_synced: true,
  user: 'relay',
  database: 'relay',
  schema: 'public',
  may_create: true,
  has_tables: true,
  max_connections: 100,
  tls: 'TLSv1.3',
  is_local: false,
}

t.test('what is wrong with a server is said in a sentence', async (t) => {
  t.equal(unfit(FACTS), null)
  for (const [facts, expected] of [
    [
      { version: '12.20', version_number: 120020 },
      /^the server is PostgreSQL 12\.20, and the relay needs 13 or newer$/,
    ],
    [{ is_standby: true, is_read_only: true }, /^the server is a standby/],
    [{ is_read_only: true }, /default_transaction_read_only is on/],
    [{ encoding: 'SQL_ASCII' }, /has the encoding SQL_ASCII/],
    [{ schema: null }, /the search_path of the user relay names no schema/],
  ] as const)
    t.match(unfit({ ...FACTS, ...facts }), expected)
  t.equal(unfit({ ...FACTS, version: '13.0', version_number: 130000 }), null)
})

t.test('what is doubtful about a server is a warning', async (t) => {
  t.strictSame(doubtsOf(FACTS, 8), [])
  t.strictSame(doubtsOf({ ...FACTS, tls: null, is_local: true }, 8), [])
  for (const [facts, expected] of [
    [{ tls: null }, /^the connection is not encrypted, although/],
    [{ synchronous_commit: 'off' }, /^synchronous_commit is off/],
    [{ is_synced: false }, /^fsync or full_page_writes is off/],
    [{ max_connections: 17 }, /^one relay may open 8 connections .* the server allows 17 for everybody/],
  ] as const)
    t.match(doubtsOf({ ...FACTS, ...facts }, 8), [{ level: 'warning', message: expected }])
})

t.test('rights that are missing are named, with what gives them', async (t) => {
  t.strictSame(rightsProblems(FACTS, []), [])
  t.match(rightsProblems({ ...FACTS, may_create: false, has_tables: false }, []), [
    { level: 'error', message: /may make no tables in the schema public: "grant create on schema public to relay"/ },
  ])
  const missing = [
    { object: 'attempts', right: 'DELETE' },
    { object: 'attempts', right: 'INSERT' },
    { object: 'days', right: 'DELETE' },
    { object: 'days', right: 'INSERT' },
    { object: 'attempts_id_seq', right: 'USAGE' },
  ]
  t.match(rightsProblems(FACTS, missing), [
    { level: 'error', message: /lacks DELETE and INSERT on attempts, days; USAGE on attempts_id_seq: "grant select, / },
  ])
  t.match(rightsProblems(FACTS, [{ object: 'deliveries', right: 'OWNER' }]), [
    { level: 'warning', message: /may not change the tables, as an upgrade does: let their owner run/ },
  ])
})

t.test('a user is told what a migration or a statement lacks', { skip }, async (t: Test) => {
  const url = await freshPostgres(t)
  const role = `weak_${new URL(url).pathname.slice(-12)}`
  await run(
    url,
    `create role ${role} login; grant select on all tables in schema public to ${role}; grant insert on activities to ${role}`,
  )
  t.teardown(async () => void (await run(url, `drop owned by ${role}; drop role ${role}`)))
  const weak = new URL(url)
  weak.username = role
  const database = openDatabase({ client: 'postgres', file: '', url: weak.href })
  t.teardown(() => database.close())
  const found = (await database.findings()).map(({ message }) => message).join('\n')
  t.match(found, new RegExp(`the user ${role} lacks .*DELETE and UPDATE on activities; USAGE on activities_id_seq, `))
  t.match(found, /may not change the tables/)
  const store = openStore({ client: 'postgres', file: '', url: weak.href })
  t.teardown(() => store.close())
  await t.rejects(store.append(entry(1, ['room'])), {
    name: 'StoreError',
    message: /\(42501\): "tracker-relay check" says which rights are missing/,
  })
})
