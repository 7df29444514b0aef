import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { wayToTarget } from '../../src/gateway/way-to-target.ts'
import { load, problems, secretsOf } from './loading.ts'

const pem = (file: string): string => readFileSync(resolve('test/http/certificates', file), 'utf8')
const FILES = {
  'config/ca.pem': pem('authority.pem'),
  'config/client.pem': pem('good.pem'),
  'config/client.key': pem('good.key'),
  'config/other.key': pem('expired.key'),
  'config/nothing.pem': 'nothing',
}
const room = (connection: string): string =>
  `integrations: { a: { type: room, subdomain: x, bot_key: y, connection: { ${connection} } } }`

t.test('certificates are read from the files that the config names, relative to it', async (t) => {
  const yaml = room('ca_file: ca.pem, client_certificate: client.pem, client_key: "file:client.key"')
  const connection = load(yaml, { files: FILES }).config.integrations[0]?.common.connection
  t.match(wayToTarget(connection, {}), {
    ca: /BEGIN CERTIFICATE/,
    clientCertificate: /BEGIN CERTIFICATE/,
    clientKey: /PRIVATE KEY/,
  })
})

t.test('what cannot be read, or does not belong together, is said before anything is sent', async (t) => {
  const said = (connection: string): string => problems(room(connection), { files: FILES }).join('\n')
  t.match(said('ca_file: missing.pem'), /connection\.ca_file must be a PEM file \(found "missing\.pem", which does not/)
  t.match(said('ca_file: nothing.pem'), /connection\.ca_file must be a PEM file with certificates/)
  t.match(
    said('client_certificate: client.pem'),
    /connection\.client_key is missing; it must be set, since client_certificate is/,
  )
  t.match(said('client_key: "file:client.key"'), /connection\.client_certificate is missing; it must be set/)
  t.match(
    said('client_certificate: client.pem, client_key: "file:other.key"'),
    /client_key must be the key of client_c/,
  )
  t.match(said('client_certificate: client.pem, client_key: abc'), /client_key must be a private key in PEM/)
  t.match(said('proxy: "ftp://proxy"'), /connection\.proxy must be the http or https URL of a proxy/)
  t.notMatch(said('proxy: "ftp://me:hush@proxy"'), /hush/)
})

t.test('the login of a proxy and of a gateway, and extra headers, are secrets', async (t) => {
  const yaml = room(
    'proxy: "http://me:p%2Fxy-pass@proxy:3128", basic_auth: { username: me, password: gate-pass }, headers: { X-Key: head-pass }',
  )
  const { config } = load(yaml, { files: FILES })
  const secrets = secretsOf(config)
  for (const secret of ['p%2Fxy-pass', 'p/xy-pass', 'gate-pass', 'head-pass']) t.ok(secrets.includes(secret), secret)
  t.match(wayToTarget(config.integrations[0]?.common.connection, {}), {
    proxy: { http: 'http://me:p%2Fxy-pass@proxy:3128', https: 'http://me:p%2Fxy-pass@proxy:3128', except: '' },
    headers: { authorization: 'Basic bWU6Z2F0ZS1wYXNz', 'X-Key': 'head-pass' },
  })
})

t.test('a YAML merge key is called by its name', async (t) => {
  const yaml = `integrations:
  a: &a { type: room, subdomain: x, bot_key: y }
  b: { <<: *a, bot_key: z }`
  t.match(problems(yaml).join('\n'), /integrations\.b\.<< is a YAML merge key, which is not supported/)
})

t.test('the proxy of the environment counts unless the config names another, or none', async (t) => {
  const env = { HTTP_PROXY: 'http://env:3128' }
  t.match(wayToTarget(undefined, env).proxy, { http: 'http://env:3128' })
  t.match(wayToTarget({ proxy: 'http://own:1' }, env).proxy, { http: 'http://own:1' })
  t.equal(wayToTarget({ proxy: 'none' }, env).proxy, undefined)
})
