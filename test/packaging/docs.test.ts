import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { commonSchema } from '../../src/config/common-settings.ts'
import { ownSettings } from '../../src/config/integration-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { configurationReference, SHIPPED_VARIABLES, VARIABLES } from '../../src/config/reference.ts'
import { ownSourceSettings } from '../../src/config/source-schema.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { PROBLEMS } from '../../src/routes/problems.ts'
import { loadSources } from '../../src/sources/registry.ts'
import { githubApp } from '../../src/stand-ins/github.ts'
import { tracker } from '../commands/command-line.ts'
import { blocks, pages, text } from './pages.ts'

const CONNECTORS = await loadConnectors()

/** How GitHub and npm name the anchor of a heading. */
function anchorsOf(path: string): string[] {
  return [...text(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}

/** The cells of those lines of a table that look like this. */
function rowsOf(path: string, line: RegExp): string[][] {
  return [...text(path).matchAll(line)].map(([row]) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

t.test('every link within the pages leads to a file, and to a heading where it names one', async (t) => {
  t.ok(pages.length > 10, 'there are pages')
  for (const page of pages)
    for (const [, target = ''] of text(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      t.ok(existsSync(file), `${page} links to ${target}`)
      if (anchor !== undefined) t.ok(anchorsOf(file).includes(anchor), `${page} links to ${target}`)
    }
})

/** Values for the variables that a config names. */
function environmentFor(config: string): Record<string, string> {
  const variables = [...config.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [
    name,
    `${name.endsWith('_URL') ? 'https://chat.example.com/hooks/' : ''}a-value-of-32-characters-or-more`,
  ])
  return {
    ...Object.fromEntries(variables),
    HOOK_SECRET: '3f9c2e',
    WEBHOOK_SECRET: `whsec_${'QUJD'.repeat(8)}`,
    CAMPFIRE_CURL_LINE: 'https://chat.example.com/rooms/1/2-AbCdEf123456/messages',
  }
}

const APP_KEY = githubApp().privateKey

function load(config: string): ReturnType<typeof loadConfig> {
  const readFile = (path: string): string => {
    if (path === 'relay.yaml') return config
    const certificate = { 'company-ca.pem': 'authority.pem', 'relay.pem': 'good.pem', 'relay.key': 'good.key' }[path]
    if (certificate !== undefined) return text(`test/http/certificates/${certificate}`)
    if (path.endsWith('github-app.pem')) return APP_KEY
    return path.endsWith('database') ? 'postgres://relay:password@localhost/tickets' : 'a-token-of-some-length'
  }
  return loadConfig({ path: 'relay.yaml', environment: environmentFor(config), connectors: CONNECTORS, readFile })
}

t.test('the config that the README shows loads, without a warning', async (t) => {
  const configs = blocks('README.md', 'yaml').filter((block) => block.includes('projects:'))
  t.not(configs.length, 0)
  for (const config of configs) t.strictSame(load(config).warnings, [])
})

type Shown = Readonly<Record<string, Readonly<Record<string, unknown>>>>

t.test(
  'the integrations that the other pages show load, alone or with the settings that are shown after them',
  async (t) => {
    let count = 0
    // What these two show of an integration is not all of it.
    const parts = ['README.md', 'docs/operations.md']
    for (const page of pages.filter((path) => !parts.includes(path))) {
      let shown: Shown | null = null
      for (const block of blocks(page, 'yaml')) {
        const written = parse(block) as Record<string, unknown>
        if ('integrations' in written) shown = written.integrations as Shown
        else if ('type' in written) shown = { one: written }
        else if (page.startsWith('src/') && shown !== null) {
          const before: Shown = shown
          const name = Object.keys(before)[0] ?? ''
          shown = { [name]: { ...before[name], ...written } }
        } else continue
        const config = stringify({ credentials: { keys: ['a key of at least 32 characters.'] }, integrations: shown })
        t.doesNotThrow(() => load(config), `${page}: ${block}`)
        count += 1
      }
    }
    t.ok(count > 20, `${count} blocks`)
  },
)

const WHOLE: Readonly<Record<string, unknown>> = {
  projects: [{ id: '26', secret: 'a-secret-of-the-hook', integrations: ['room', 'hook', 'jira'] }],
  integrations: {
    room: { type: 'log' },
    hook: { type: 'webhook', url: 'https://builds.example.com/' },
    jira: { type: 'jira', base_url: 'https://jira.example.com', personal_access_token: 'file:token' },
  },
}

/** The second over the first, in the first's own places. */
function merged(one: unknown, other: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject(one) || !isObject(other)) return other ?? one
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return Object.fromEntries(names.map((name) => [name, name in other ? merged(one[name], other[name]) : one[name]]))
}

t.test('each piece of a config that a page shows fits into a config, without a warning', async (t) => {
  const shown = ['README.md', 'docs/operations.md', 'docs/api.md'].flatMap((page) =>
    blocks(page, 'yaml').map((block) => ({ page, block })),
  )
  const pieces = shown.filter(({ block }) => !block.includes('projects:'))
  t.ok(pieces.length >= 6)
  for (const { page, block } of pieces) {
    const written = parse(block) as Record<string, unknown>
    const piece = 'update_comments' in written ? { integrations: { jira: written } } : written
    t.strictSame(load(stringify(merged(WHOLE, piece))).warnings, [], `${page}: ${block}`)
  }
})

t.test('the configuration reference is current, and describes each setting', async (t) => {
  t.equal(
    text('docs/configuration.md'),
    configurationReference(CONNECTORS, await loadSources()),
    'run "npm run schema"',
  )
  const rows = rowsOf('docs/configuration.md', /^\| `[a-z].*\|$/gm)
  for (const [setting, value, , description] of rows)
    t.ok(value !== '' && description !== '', `${setting} is described`)
  const written = [...text('config/relay.example.yaml').matchAll(/^[ #-]*([a-z_]+): /gm)].map(([, name = '']) => name)
  t.ok(written.length > 100)
  const named = new Set(rows.map(([setting = '']) => setting.replace(/^.*\.|`/g, '')))
  for (const name of new Set(written))
    t.ok(named.has(name) || text('docs/configuration.md').includes(`type: ${name}`), `${name} is in it`)
})

t.test('the configuration reference has each variable that the program or a config of the package reads', async (t) => {
  const read = (files: readonly string[], pattern: RegExp): string[] =>
    files.flatMap((file) => [...text(file).matchAll(pattern)].map(([, name = '']) => name))
  const sources = execFileSync('git', ['ls-files', '--', 'src/*.ts', 'src/*.tsx'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const inCode = new Set(read(sources, /\b(?:process\.env|environment|env)\.([A-Z][A-Z_]+)/g))
  t.ok(inCode.has('RELAY_CONFIG') && inCode.has('RELAY_DATA'))
  for (const name of inCode) t.ok(name in VARIABLES, name)
  const inConfigs = read(['config/relay.yaml', 'config/relay.docker.yaml'], /\$\{([A-Z_]+)/g)
  for (const name of inConfigs) t.ok(name in SHIPPED_VARIABLES || name in VARIABLES, name)
})

t.test("the settings that stand for Tracker's own fields are settings of the connector", async (t) => {
  const [, ...sections] = text('docs/from-tracker.md').split(/^## /m)
  const found = sections.flatMap((section) => {
    const type = /`type: ([a-z-]+)`/.exec(section)?.[1]
    const connector = CONNECTORS.find(({ name }) => name === type)
    if (connector === undefined) return []
    const known = { ...ownSettings(connector), ...commonSchema.properties }
    const cells = [...section.matchAll(/^\| [^|`]+\|([^|]*)\|/gm)].map(([, cell = '']) => cell)
    return cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => ({ type, name, known })))
  })
  t.ok(found.length > 30)
  for (const { type, name, known } of found) t.ok(Object.hasOwn(known, name), `${type} has ${name}`)
})

t.test('every connector has a page, and a row in the README that links to it', async (t) => {
  for (const { name } of CONNECTORS) t.match(text('README.md'), `[\`${name}\`](src/connectors/${name}/README.md)`)
})

t.test('every source has a page that names each of its settings, and the README links to it', async (t) => {
  for (const source of await loadSources()) {
    const page = text(`src/sources/${source.name}/README.md`)
    t.match(text('README.md'), `(src/sources/${source.name}/README.md)`)
    for (const setting of Object.keys(ownSourceSettings(source))) t.match(page, `\`${setting}\``)
  }
})

t.test('the table of metrics has each metric of the relay, with its labels and its meaning', async (t) => {
  const { registry } = createMetrics({ version: '0.0.0', words: METRIC_WORDS })
  const expected = registry.getMetricsAsArray().flatMap(({ name, type, help }) => {
    if (!name.startsWith('relay_')) return []
    const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] }
    return [[`\`${name}\``, String(type), labelNames.map((label) => `\`${label}\``).join(', '), help]]
  })
  t.strictSame(rowsOf('docs/operations.md', /^\| `relay_.*\|$/gm), expected)
})

t.test('the table of problems has each answer of the list, with its status, its title and its meaning', async (t) => {
  const expected = Object.entries(PROBLEMS).map(([code, { status, title, when }]) => [
    `\`urn:tracker-relay:${code}\``,
    String(status),
    title,
    when,
  ])
  t.strictSame(rowsOf('docs/operations.md', /^\| `urn:tracker-relay:.*\|$/gm), expected)
})

/** The commands that the help lists, with those below them for the ones that have some. */
async function commandsOf(...above: string[]): Promise<string[]> {
  const { stdout } = await tracker([...above, '--help'])
  const [list = ''] = stdout.slice(stdout.indexOf('\nCommands:\n') + 1).split('\n\n')
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => [...above, name].join(' '))
}

const GROUPS = ['activities', 'deliveries', 'replays', 'integrations', 'imports', 'links', 'rejected']

t.test('the operations page explains every command, and no page names one that there is not', async (t) => {
  const commands = await commandsOf()
  for (const group of GROUPS) commands.push(...(await commandsOf(group)))
  const page = text('docs/operations.md')
  for (const command of commands.filter((each) => !/(help|list)$/.test(each)))
    t.match(page, new RegExp(`\`${command}[\` ]`), `${command} is explained`)
  const calls = pages.flatMap((path) => [
    ...text(path).matchAll(/(?:node dist\/main\.js|`tracker-relay) ([a-z][a-z-]*)/g),
  ])
  for (const name of new Set(calls.map(([, each = '']) => each))) t.ok(commands.includes(name), `${name} exists`)
})

t.test('messages and pages name a command as it is typed', async (t) => {
  const sources = execFileSync('git', ['ls-files', '--', 'src', 'config'], { encoding: 'utf8' }).trim().split('\n')
  const untyped = new RegExp(
    `(?<!tracker-)relay (?:${(await commandsOf()).join('|')})["\`.]|["\`]relay (?:${(await commandsOf()).join('|')})\\b`,
  )
  for (const path of [...sources, ...pages])
    if (existsSync(path)) t.notMatch(untyped.exec(text(path))?.[0] ?? '', /./, path)
})

t.test('every npm script that the pages name is one', async (t) => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
  for (const page of pages)
    for (const [, name = ''] of text(page).matchAll(/npm run ([a-z:]+)/g))
      t.ok(name in scripts, `${page} names ${name}`)
})
