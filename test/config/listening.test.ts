import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { listeningOf } from '../../src/config/listening.ts'
import { loadConfig } from '../../src/config/load.ts'

t.test('the host and port are those of the relay with the same config', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-listening-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'relay.yaml')
  const environment = { PORT: '9090', HOST: '::1', EMPTY: '' }
  const cases: [string, { host: string; port: number }][] = [
    ['log: { level: warn }', { host: '127.0.0.1', port: 8080 }],
    ['server:\n  # nothing yet\n', { host: '127.0.0.1', port: 8080 }],
    ['server: { host: 0.0.0.0, port: 9000 }', { host: '0.0.0.0', port: 9000 }],
    [`server: { host: "\${HOST}", port: "\${PORT:-8080}" }`, { host: '::1', port: 9090 }],
    [`server: { host: "\${EMPTY:-0.0.0.0}", port: "\${EMPTY:-8081}" }`, { host: '0.0.0.0', port: 8081 }],
    [`server: { port: "\${EMPTY:-}" }`, { host: '127.0.0.1', port: 8080 }],
    ['server: { host: "[::1]" }', { host: '::1', port: 8080 }],
    ['{"server": {"port": 0}}', { host: '127.0.0.1', port: 0 }],
  ]
  for (const [text, listening] of cases) {
    writeFileSync(path, text)
    const { host, port } = loadConfig({ path, environment, connectors: [] }).config.server
    t.strictSame({ host, port }, listening, text)
    t.strictSame(listeningOf(text, environment), listening, text)
  }
})

t.test('problems in the rest of the config do not matter', async (t) => {
  t.strictSame(listeningOf('server: { port: 9000, metrics_token: 1 }\nserver: 2\nnonsense: [1]\n', {}), {
    host: '127.0.0.1',
    port: 9000,
  })
})

t.test('a config without a usable host and port is refused', async (t) => {
  for (const text of ['', 'a: [', '- a', 'text']) t.throws(() => listeningOf(text, {}), /not valid YAML/, text)
  for (const port of ['many', '-1', '65536', '80.5', '[]', 'true'])
    t.throws(() => listeningOf(`server: { port: ${port} }`, {}), /server\.port/, port)
  for (const host of ['7', '""', '[]'])
    t.throws(() => listeningOf(`server: { host: ${host} }`, {}), /server\.host/, host)
})
