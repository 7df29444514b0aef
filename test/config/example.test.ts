import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { exampleConfig, exampleEnvironment } from '../../src/config/example.ts'
import { ownSettings } from '../../src/config/integration-schema.ts'
import { relaySchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ownSourceSettings } from '../../src/config/source-schema.ts'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { loadSources } from '../../src/sources/registry.ts'
import { FAKES } from './fakes.ts'

const CONNECTORS = await loadConnectors()
const SOURCES = await loadSources()

const KINDS: readonly [string, readonly Connector[]][] = [
  ['of this test', FAKES],
  ['of the relay', CONNECTORS],
]

function loadText(text: string, connectors: readonly Connector[]): ReturnType<typeof loadConfig> {
  const environment = exampleEnvironment(connectors)
  return loadConfig({ path: 'config/relay.example.yaml', environment, connectors, readFile: () => text })
}

for (const [name, connectors] of KINDS) {
  t.test(`the example with the connectors ${name} loads without a problem or a warning`, async (t) => {
    const { config, warnings } = loadText(exampleConfig(connectors), connectors)
    t.strictSame(warnings, [])
    t.strictSame(
      config.integrations.map(({ type }) => type),
      connectors.map((connector) => connector.name),
    )
  })

  t.test(`the example with the connectors ${name} satisfies the schema that editors use`, async (t) => {
    const check = editor(connectors)
    t.strictSame(check(exampleConfig(connectors)), [])
  })

  t.test(`the example with the connectors ${name} shows every setting of every connector`, async (t) => {
    const text = exampleConfig(connectors)
    for (const connector of connectors) {
      const begin = text.indexOf(`\n  ${connector.name}:\n`)
      t.not(begin, -1, `${connector.name} is there`)
      const rest = text.slice(begin + 1)
      const [part = ''] = rest.split(/\n {2}# \S.*\n {2}(?=[a-z])/)
      for (const setting of Object.keys(ownSettings(connector)))
        t.match(part, new RegExp(`^ {4}#?${setting}:`, 'm'), `${connector.name} shows ${setting}`)
    }
  })
}

t.test('the files in config are what the code generates', async (t) => {
  t.equal(readFileSync('config/relay.example.yaml', 'utf8'), exampleConfig(CONNECTORS, SOURCES), 'npm run schema')
  const schema = JSON.parse(readFileSync('config/relay.schema.json', 'utf8'))
  t.strictSame(schema, JSON.parse(JSON.stringify(relaySchema(CONNECTORS, SOURCES))), 'npm run schema')
})

t.test('the example has each source and each of its settings, and loads with all of them', async (t) => {
  const text = exampleConfig(CONNECTORS, SOURCES)
  const environment = exampleEnvironment(CONNECTORS, SOURCES)
  const load = (yaml: string) =>
    loadConfig({
      ...{ path: 'config/relay.example.yaml', environment, connectors: CONNECTORS, sources: SOURCES },
      readFile: () => yaml,
    })
  const { config, warnings } = load(text)
  t.strictSame(warnings, [])
  t.strictSame(
    config.projects.flatMap(({ source }) => source?.type ?? []),
    SOURCES.map(({ name }) => name),
  )
  for (const source of SOURCES) {
    const [, part = ''] = text.split(`      type: ${source.name}\n`)
    for (const setting of Object.keys(ownSourceSettings(source))) t.match(part, new RegExp(`^ {6}#?${setting}:`, 'm'))
  }
})

t.test('the configuration that the relay starts with by default loads without a warning', async (t) => {
  const { warnings } = loadConfig({ path: 'config/relay.yaml', environment: {}, connectors: CONNECTORS })
  t.strictSame(warnings, [])
  t.strictSame(editor(CONNECTORS)(readFileSync('config/relay.yaml', 'utf8')), [])
})

t.test('a commented-out setting of the example works once its "#" is removed', async (t) => {
  const text = exampleConfig(FAKES)
  const taken = text
    .replace('#port: 8080', 'port: 9')
    .replace('#public_url:', 'public_url:')
    .replace('#metrics_token:', 'metrics_token:')
    .replace(/^( *)#(tracker:| {2}token:)/gm, '$1$2')
    .replace('#ignore_authors:', 'ignore_authors:')
    .replace('#max_per_minute:', 'max_per_minute:')
    .replace('#schedule_seconds:', 'schedule_seconds:')
    .replace('#states:', 'states:')
    .replace('#headers:', 'headers:')
  const { config } = loadText(taken, FAKES)
  t.match(config.server, { port: 9, public_url: 'https://relay.example.com', metrics_token: /^placeholder-of/ })
  t.match(config.projects[0], { tracker: { token: /^placeholder-of/ }, ignore_authors: ['Sync Robot'] })
  t.match(config.integrations[0]?.common, { max_per_minute: 60 })
})

t.test('the example is the same each time it is generated', async (t) => {
  t.equal(exampleConfig(FAKES), exampleConfig(FAKES))
})

/** Checks as an editor does: the text itself, with no variable replaced and no default filled in. */
function editor(connectors: readonly Connector[]): (text: string) => readonly string[] {
  const ajv = new Ajv({ allErrors: true, strict: false })
  const check = ajv.compile(relaySchema(connectors))
  return (text) => (check(parse(text)) ? [] : (check.errors ?? []).map((e) => `${e.instancePath} ${e.message}`))
}

t.test('the schema for editors accepts variables and secret files in place of values', async (t) => {
  const check = editor(FAKES)
  t.strictSame(
    check(`
server: { port: "\${PORT:-80}", trust_proxy: "\${TRUST}", rate_limit: , metrics_token: "file:/run/secrets/metrics" }
database: { client: "\${CLIENT}" }
projects: [{ id: 12, secrets: ["\${A}", "file:b"], integrations: [room] }]
integrations:
  room: { type: room, subdomain: enterprise, api_token: "file:token", concurrency: "\${N}", retry: { jitter: "\${J}" } }
  desk: { type: desk, url: "\${URL}", headers: { a: "file:x" }, states: { started: null, accepted: { status: x } } }
`),
    [],
  )
})

t.test(
  'the schema for editors finds misspelt names and wrong values, in the settings of a connector too',
  async (t) => {
    const check = editor(FAKES)
    const found = (text: string): boolean => check(text).length > 0
    t.ok(found('server: { prot: 1 }'))
    t.ok(found('server: { port: four }'))
    t.ok(found('server: { port: "file:port" }'))
    t.ok(found('projects: [{ id: a }]'))
    t.ok(found('projects: [{ id: a, secret: abcd, secrets: [abcd] }]'))
    t.ok(found('integrations: { a: { type: rom } }'))
    t.ok(found('integrations: { A: { type: bell } }'))
    t.ok(found('integrations: { a: { type: bell, retry: { jitter: 2 } } }'))
    t.ok(found('integrations: { a: { type: bell, subdomain: x } }'))
    t.ok(found('integrations: { a: { type: room } }'))
    t.ok(found('integrations: { a: { type: room, subdomain: x, concurrency: 4 } }'), 'the limit of the connector')
    t.notOk(found('integrations: { a: { type: bell, concurrency: 4 } }'), 'the common limit')
  },
)

t.test('the schema for editors is draft-07, with descriptions and defaults', async (t) => {
  t.match(relaySchema(FAKES), {
    $schema: 'http://json-schema.org/draft-07/schema#',
    properties: { server: { properties: { port: { description: /port/, default: 8080 } } } },
    definitions: { common: { properties: { timeout_seconds: { description: /target/, default: 15 } } } },
  })
})
