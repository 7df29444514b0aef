import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { writeMigratedDatabase } from '../store/database.ts'
import { inOwnProcess } from './command-line.ts'

/** What is bundled from it imports the same, and does not tell its files apart. */
const UNBUNDLED = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** The files that a command loads, as V8's coverage tells them; packages by their names. */
async function loadedBy(t: Test, args: readonly string[]): Promise<{ ours: Set<string>; packages: Set<string> }> {
  const folder = t.testdir({ coverage: {}, 'relay.yaml': CONFIG.replace('FILE', join(t.testdirName, 'relay.db')) })
  await writeMigratedDatabase(join(folder, 'relay.db'))
  const env = { NODE_V8_COVERAGE: join(folder, 'coverage'), RELAY_CONFIG: join(folder, 'relay.yaml') }
  const { code, stderr } = await inOwnProcess(args, { env, program: UNBUNDLED })
  t.equal(code, 0, stderr)
  const urls = readdirSync(join(folder, 'coverage')).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, 'coverage', name), 'utf8')) as { result: { url: string }[] }
    return result.map(({ url }) => url)
  })
  const find = (pattern: RegExp): Set<string> => new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))
  const bundled = find(/\/build\/lib\/(?!chunk-)(.*)\.js$/)
  const packages = new Set([...find(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//), ...bundled])
  return { ours: find(/\/build\/(src\/.*)\.js$/), packages }
}

const CONFIG = `
database: { file: FILE }
integrations:
  told: { type: log }
`

t.test('the version and the help load nothing but what reads the command line', async (t) => {
  for (const args of [['--version'], ['--help']]) {
    const { ours, packages } = await loadedBy(t, args)
    t.strictSame([...packages], ['commander'], args.join(' '))
    t.notOk(ours.has('src/connectors/registry'), args.join(' '))
  }
})

t.test(
  'a command that looks into the database loads no HTTP client, no document of the API and no connector but those of the config',
  async (t) => {
    const { ours, packages } = await loadedBy(t, ['deliveries', 'list'])
    for (const name of [
      '@fastify/swagger',
      '@fastify/rate-limit',
      'undici',
      'prom-client',
      'pg',
      'jsonata',
      'html-to-text',
      'csv-parse',
      'string-width',
    ])
      t.notOk(packages.has(name), name)
    t.ok(packages.has('sqlite3'))
    const connectors = [...ours].filter((file) => /^src\/connectors\/[^/]+\/index$/.test(file))
    t.strictSame(connectors, ['src/connectors/log/index'])
  },
)
