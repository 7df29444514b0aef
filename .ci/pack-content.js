// Looks at what `npm pack` would publish, then unpacks it and starts the relay from there with the dependencies that are
// installed here: what the package lacks shows, what the project around it would have lent does not help.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

const WANTED = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'dist/main.js'],
  ...['config/relay.yaml', 'config/relay.example.yaml', 'config/relay.schema.json', 'config/example-activity.xml'],
  ...['docs/operations.md', 'docs/activity.schema.json', 'ops/prometheus-alerts.yaml', 'ops/grafana-dashboard.json'],
  ...['ops/tracker-relay.service', 'migrations/20261124000001_journal.js', 'src/connectors/jira/README.md'],
]
const ALLOWED = /^(dist|migrations|config|docs|ops)\/|^src\/connectors\/[a-z-]+\/README\.md$|^[^/]+$/
const UNWANTED = /\.tsbuildinfo$|\.test\.|(^|\/)\.env|\.db(-|$)/

const folder = mkdtempSync(join(tmpdir(), 'relay package '))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
  cwd: PROJECT,
  encoding: 'utf8',
})
const answer = JSON.parse(packed)
const [{ filename, files }] = Array.isArray(answer) ? answer : Object.values(answer)
const paths = files.map(({ path }) => path)
const problems = [
  ...WANTED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
  ...paths.filter((path) => !ALLOWED.test(path) || UNWANTED.test(path)).map((path) => `${path} does not belong there`),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${filename}: ${paths.length} files`)

mkdirSync(join(folder, 'unpacked'))
execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(folder, 'unpacked')])
const unpacked = join(folder, 'unpacked', 'package')
symlinkSync(join(PROJECT, 'node_modules'), join(unpacked, 'node_modules'))
const { status } = spawnSync(
  process.execPath,
  [join(PROJECT, '.ci/start-once.js'), process.execPath, join(unpacked, 'dist/main.js'), 'start'],
  { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
)
process.exitCode = status ?? 1
