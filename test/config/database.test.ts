import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { secretsOf } from '../../src/config/secrets.ts'
import { load, problems, warnings } from './loading.ts'

const pem = (file: string): string => readFileSync(resolve('test/http/certificates', file), 'utf8')
const FILES = {
  'config/ca.pem': pem('authority.pem'),
  'config/client.pem': pem('good.pem'),
  'config/client.key': pem('good.key'),
  'config/password': 'warp/9?#\n',
  'config/nothing.pem': 'nothing',
}

const database = (settings: string): string => `database: { client: postgres, ${settings} }\n`

t.test('a password and certificates of PostgreSQL come from files, and are secrets', async (t) => {
  const settings =
    'url: "postgres://relay@db.example.com/relay", password: "file:password", sslmode: verify-full, ca_file: ca.pem, client_certificate: client.pem, client_key: "file:client.key", pool: 20'
  const { config } = load(database(settings), { files: FILES })
  t.match(config.database, {
    password: 'warp/9?#',
    sslmode: 'verify-full',
    ca_file: /BEGIN CERTIFICATE/,
    client_certificate: /BEGIN CERTIFICATE/,
    client_key: /PRIVATE KEY/,
    pool: 20,
  })
  t.ok(secretsOf(config).includes('warp/9?#'))
})

t.test('URLs that lead to a server are taken', async (t) => {
  for (const url of [
    'postgres://relay:warp9@db.example.com:5432/relay',
    'postgresql://relay:warp%2F9@[::1]:5432/relay?sslmode=require',
    'postgres://relay:w@rp%9@db/relay',
    'postgres://relay@/relay?host=/run/postgresql',
    'postgres:///relay',
    'postgres://%2Frun%2Fpostgresql/relay',
    'postgres://db',
  ])
    t.equal(load(database(`url: "${url}"`)).config.database.url, url)
})

t.test('what would fail later, or be taken for something else, is said at once, and not repeated', async (t) => {
  const said = (settings: string): string => problems(database(settings), { files: FILES }).join('\n')
  for (const password of ['warp9#', 'warp9/x', 'warp9?', '9/warp9'])
    t.match(
      said(`url: "postgres://relay:${password}@db/relay"`),
      /^(?!.*warp9).*database\.url must be a URL such as .*, in whose password "\/" is written %2F/,
      password,
    )
  t.match(
    said('url: "postgres://relay:warp9@db/relay?sslmode=prefer"'),
    /^(?!.*warp9).*url has an sslmode that the relay/,
  )
  t.match(
    said('url: "postgres://db/relay", sslmode: prefer'),
    /sslmode must be one of "disable", "require", "verify-ca", "verify-full"/,
  )
  t.match(
    said('url: "postgres://db/relay", ca_file: nothing.pem'),
    /database\.ca_file must be a PEM file with certificates/,
  )
  t.match(said('url: "postgres://db/relay", client_certificate: client.pem'), /database\.client_key is missing/)
  t.match(
    said('url: "postgres://db/relay", password: "file:missing"'),
    /database\.password must be a file that holds the secret/,
  )
  t.match(said('url: "postgres://db/relay", pool: 1'), /database\.pool must be a whole number from 2 to 200/)
})

t.test('what SQLite has no use for causes a warning', async (t) => {
  const found = warnings('database: { password: "warp9", sslmode: require }\nprojects: [{ id: a, secret: abcd }]\n')
  t.match(found, [/database\.password is not used, since client is "sqlite"$/, /database\.sslmode is not used/])
})
