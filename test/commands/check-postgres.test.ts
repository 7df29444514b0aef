import t from 'tap'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshFolder, writeConfig } from '../gateway/running-relay.ts'
import { freshPostgres } from '../store/postgres.ts'
import { startPooler } from '../store/transaction-pooler.ts'
import { tracker } from './command-line.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

interface Checked {
  readonly code: number | null
  /** `ok PostgreSQL 15...` */
  readonly found: readonly string[]
}

async function check(t: { teardown(work: () => void): void }, database: object): Promise<Checked> {
  const config = writeConfig(freshFolder(t), { database: { client: 'postgres', ...database } })
  const { code, stdout } = await tracker(['check', '--json', '-c', config])
  const { findings } = JSON.parse(stdout) as { findings: { subject: string; level: string; message: string }[] }
  const ofDatabase = findings.filter(({ subject }) => subject === 'database')
  return { code, found: ofDatabase.map(({ level, message }) => `${level} ${message}`) }
}

t.test('check tells what the server is, and what is in the database', { skip }, async (t) => {
  const url = await freshPostgres(t, 'empty')
  const synced = /^warning fsync or full_page_writes is off/
  const first = await check(t, { url, pool: 12 })
  t.equal(first.code, 0)
  t.match(
    first.found.filter((line) => !synced.test(line)),
    [
      /^ok PostgreSQL \d+.*, unencrypted; this relay opens up to 12 of at most \d+ connections$/,
      /^ok LISTEN and NOTIFY work: what is due at one instance wakes the others at once$/,
      /^ok postgres:\S+ has no tables yet; "tracker-relay start" makes them$/,
    ],
  )
  await tracker(['migrate', '-c', writeConfig(freshFolder(t), { database: { client: 'postgres', url } })])
  await run(url, "delete from knex_migrations where name like '%store_moves%'; drop table store_moves")
  const later = await check(t, { url })
  t.match(
    later.found.at(-1),
    /^ok 1 migration to be applied, which .* does: stop every relay of the earlier version first$/,
  )
})

t.test('check tells why a server cannot be used, without a password', { skip }, async (t) => {
  const url = await freshPostgres(t)
  const withPassword = url.replace('relay@', 'relay:warp9@')
  const refused = async (database: object, expected: RegExp): Promise<void> => {
    const { code, found } = await check(t, database)
    t.equal(code, 1)
    t.match(found, [expected])
    t.notMatch(found.join(), 'warp9')
  }
  await refused(
    { url: withPassword, sslmode: 'require' },
    /^error the database cannot be used: The server does not support SSL/,
  )
  await refused(
    { url: withPassword.replace(/\/\w+$/, '/nowhere') },
    /^error .* database "nowhere" does not exist; make it with/,
  )
  await refused(
    { url: 'postgres://relay:warp9@127.0.0.1:1/relay' },
    /^error the database cannot be used: connect ECONNREFUSED/,
  )
  await refused(
    { url: `${withPassword}?sslrootcert=/no.pem` },
    /^error \/no\.pem, which the URL of the database names, cannot/,
  )
  await run(url, `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`)
  await refused({ url: withPassword }, /^error the server lets nobody write/)
})

t.test('check finds a pooler', { skip }, async (t) => {
  const pooler = await startPooler(await freshPostgres(t), 1)
  t.teardown(pooler.close)
  const { code, found } = await check(t, { url: pooler.url })
  t.equal(code, 0)
  t.match(found.join('\n'), /^ok there is a pooler .*, also in the mode "transaction", which this one is in$/m)
  t.match(found.join('\n'), /^ok LISTEN and NOTIFY do not get through, .* every 2 seconds/m)
})
