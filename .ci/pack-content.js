// Looks at what `npm pack` would publish, then unpacks it, and starts the relay and plays the demo from there with the
// dependencies that package.json names: what the package lacks shows, what the project around it would have lent does not help.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

const WANTED = [
  ...['package.json', 'README.md', 'LICENSE', 'THIRD-PARTY-NOTICES.md', 'CHANGELOG.md', 'SECURITY.md', 'dist/main.js'],
  ...['config/relay.yaml', 'config/relay.example.yaml', 'config/relay.schema.json', 'config/example-activity.xml'],
  ...[
    'docs/operations.md',
    'docs/configuration.md',
    'docs/activity.schema.json',
    'ops/prometheus-alerts.yaml',
    'ops/grafana-dashboard.json',
  ],
  ...['demo/activities/jira_story_accepted.in.xml', 'test/activities/story_accepted.in.xml'],
  ...['demo/linear/01_safety_made.json', 'demo/shortcut/01_pylon_made.json', 'config/sources/taiga.jsonata'],
  ...[
    'ops/tracker-relay.service',
    'ops/nginx.conf',
    'ops/Caddyfile',
    'migrations/20261124000001_journal.js',
    'public/page.js',
    'src/connectors/jira/README.md',
    'src/sources/linear/README.md',
  ],
]
const ALLOWED =
  /^(dist|migrations|public|config|docs|ops|demo\/(activities|linear|shortcut))\/|^test\/activities\/\w+\.in\.(xml|json)$|^src\/(connectors|sources)\/[a-z-]+\/README\.md$|^[^/]+$/
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
// Not those for development.
for (const name of Object.keys(JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')).dependencies)) {
  mkdirSync(dirname(join(unpacked, 'node_modules', name)), { recursive: true })
  symlinkSync(join(PROJECT, 'node_modules', name), join(unpacked, 'node_modules', name))
}
const program = join(unpacked, 'dist/main.js')
const options = { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }
const started = spawnSync(
  process.execPath,
  [join(PROJECT, '.ci/start-once.js'), process.execPath, program, 'start'],
  options,
)
const played = spawnSync(process.execPath, [program, 'demo'], options)
process.exitCode = started.status === 0 && played.status === 0 ? 0 : 1
