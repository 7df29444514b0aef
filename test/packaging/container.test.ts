import { readFileSync } from 'node:fs'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import t from 'tap'
import { parse } from 'yaml'
import { PUBLIC_DEMO_SECRET } from '../../src/commands/start.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'

const CONNECTORS = await loadConnectors()

const dockerfile = readFileSync('Dockerfile', 'utf8')
const instructions = DockerfileParser.parse(dockerfile).getInstructions()

function argumentsOf(keyword: string): string[] {
  return instructions
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getArgumentsContent() ?? '')
}

function load(environment: Record<string, string>): ReturnType<typeof loadConfig> {
  return loadConfig({ path: 'config/relay.docker.yaml', environment, connectors: CONNECTORS })
}

t.test('the linter finds nothing in the Dockerfile', async (t) => {
  t.strictSame(validate(dockerfile), [])
  t.not(validate('FROM node\nRUNS npm ci\n').length, 0, 'and would find something')
})

t.test('the image runs as a user who is not root, and keeps its data outside', async (t) => {
  t.strictSame(argumentsOf('USER'), ['node'])
  t.strictSame(argumentsOf('VOLUME'), ['/app/data'])
  t.ok(argumentsOf('ENV').includes('RELAY_DATA=/app'), 'also with a config of which the folder is elsewhere')
  const { config } = load({ RELAY_SECRET: 'a-secret-of-ones-own', RELAY_DATA: '/app' })
  t.equal(config.database.file, '/app/data/relay.db')
  t.equal(config.imports.folder, '/app/data/imports')
})

t.test('what the image runs are JSON arrays, so that signals reach the relay and no shell is needed', async (t) => {
  t.strictSame(JSON.parse(argumentsOf('CMD')[0] ?? ''), ['node', 'dist/main.js', 'start'])
  const [check = ''] = argumentsOf('HEALTHCHECK')
  const command = JSON.parse(check.slice(check.indexOf('['))) as string[]
  t.strictSame(command, ['node', 'dist/health.js'])
})

t.test('the config of the image listens on every address, with a secret that only the operator knows', async (t) => {
  const { config, warnings } = load({ RELAY_SECRET: 'a-secret-of-ones-own' })
  t.strictSame(warnings, [])
  t.match(config.server, { host: '0.0.0.0', port: 8080 })
  t.strictSame(
    config.projects.map(({ secrets }) => secrets),
    [['a-secret-of-ones-own']],
  )
  t.notMatch(readFileSync('config/relay.docker.yaml', 'utf8'), PUBLIC_DEMO_SECRET)
})

t.test('without a secret of its own the image does not start, and says which variable is missing', async (t) => {
  t.throws(() => load({}), ConfigError)
  t.throws(() => load({}), /RELAY_SECRET/)
})

t.test(
  'compose publishes the relay on this machine alone, in a container that can write to its data only',
  async (t) => {
    const { relay } = (parse(readFileSync('compose.yaml', 'utf8')) as { services: { relay: Record<string, unknown> } })
      .services
    t.match(relay, {
      ports: ['127.0.0.1:8080:8080'],
      volumes: ['relay-data:/app/data'],
      read_only: true,
      cap_drop: ['ALL'],
    })
  },
)
