// Walks through the Dockerfile without Docker: each stage is a folder, COPY copies (what .dockerignore lets through) and RUN
// runs. Then the last stage's CMD is started as an unprivileged user who can write to the data folder only.
// What it cannot show: that the base images exist, and what is in them.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { DockerfileParser } from 'dockerfile-ast'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
/** Nobody's, on any Debian. */
const USER = 65_534

const folder = mkdtempSync(join(tmpdir(), 'relay-image-'))
chmodSync(folder, 0o755)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** What `docker build` would be sent: what is in the repository and named in .dockerignore behind a "!". */
function buildContext() {
  const context = join(folder, 'context')
  mkdirSync(context)
  const archive = execFileSync('git', ['archive', '--format=tar', 'HEAD'], { cwd: PROJECT, maxBuffer: 1 << 30 })
  const whole = join(folder, 'repository')
  mkdirSync(whole)
  execFileSync('tar', ['-x', '-C', whole], { input: archive })
  const lines = readFileSync(join(whole, '.dockerignore'), 'utf8').split('\n')
  if (lines[0] !== '*') throw new Error('.dockerignore is expected to leave out everything first')
  for (const line of lines.slice(1).filter((each) => each !== ''))
    cpSync(join(whole, line.slice(1)), join(context, line.slice(1)), { recursive: true })
  return context
}

const context = buildContext()
const stages = new Map()
let stage
for (const instruction of DockerfileParser.parse(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8')).getInstructions()) {
  const keyword = instruction.getKeyword()
  const text = instruction.getArgumentsContent() ?? ''
  const words = text.split(/\s+/)
  if (keyword === 'FROM') {
    stage = {
      name: words[2] ?? 'last',
      root: join(folder, `stage-${stages.size}`),
      workdir: '/',
      env: {},
      command: null,
    }
    mkdirSync(stage.root)
    stages.set(stage.name, stage)
  } else if (keyword === 'WORKDIR') {
    stage.workdir = text
    mkdirSync(join(stage.root, text), { recursive: true })
  } else if (keyword === 'ENV') {
    const [name, value] = text.split('=')
    stage.env[name] = value.startsWith('/') ? join(stage.root, value) : value
  } else if (keyword === 'COPY') copy(instruction.getTextContent().split(/\s+/).slice(1))
  else if (keyword === 'RUN') run(text)
  else if (keyword === 'CMD') stage.command = JSON.parse(text)
  else if (keyword === 'HEALTHCHECK') stage.check = JSON.parse(text.slice(text.indexOf('[')))
  else if (!['ARG', 'USER', 'VOLUME', 'EXPOSE'].includes(keyword)) throw new Error(`${keyword} is not understood here`)
}

function copy(words) {
  const flags = words.filter((word) => word.startsWith('--'))
  const paths = words.filter((word) => !word.startsWith('--'))
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length)
  const target = join(stage.root, stage.workdir, paths.at(-1))
  for (const path of paths.slice(0, -1)) {
    const source = from === undefined ? join(context, path) : join(stages.get(from).root, path)
    const into = paths.at(-1).endsWith('/') && !statSync(source).isDirectory() ? join(target, basename(path)) : target
    cpSync(source, into, { recursive: true, verbatimSymlinks: true })
    if (flags.some((flag) => flag.startsWith('--chown='))) chownSync(into, USER, USER)
  }
}

function run(command) {
  console.log(`${stage.name}: ${command}`)
  const { status } = spawnSync('sh', ['-c', command], {
    cwd: join(stage.root, stage.workdir),
    env: { ...process.env, ...stage.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`"${command}" ended with ${status}`)
}

const app = join(stage.root, stage.workdir)
for (const unwanted of ['src', 'node_modules/typescript', 'node_modules/tap', '.git'])
  if (existsSync(join(app, unwanted))) throw new Error(`${unwanted} does not belong into the image`)
// What `demo` plays.
const recorded = { test: ['activities'], demo: ['activities', 'linear', 'shortcut'] }
for (const [folder, inside] of Object.entries(recorded))
  if (!isDeepStrictEqual(readdirSync(join(app, folder)).sort(), inside))
    throw new Error(`of ${folder}, only ${inside.join(', ')} belongs into the image`)

// Root may write anywhere; anybody else only where the image says so.
const asUser = process.getuid() === 0 ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : []
const { status } = spawnSync(process.execPath, [join(PROJECT, '.ci/start-once.js'), ...asUser, ...stage.command], {
  cwd: app,
  env: { ...process.env, ...stage.env, HEALTHCHECK: JSON.stringify(stage.check) },
  stdio: ['ignore', 'inherit', 'inherit'],
})
process.exitCode = status ?? 1
