import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly uses?: string
  readonly needs?: readonly string[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
  readonly outputs?: Readonly<Record<string, string>>
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = '.github/workflows'
const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8')
  return { file, text, ...(parse(text) as Workflow) }
})
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

t.test('a workflow may read by default, and each of its steps can be run', async (t) => {
  for (const { file, text, permissions, jobs } of workflows) {
    t.strictSame(permissions, { contents: 'read' }, file)
    for (const [name, { uses, needs = [], steps = [] }] of Object.entries(jobs)) {
      for (const other of needs) t.ok(other in jobs, `${name} needs ${other}`)
      if (uses !== undefined) t.ok(existsSync(uses), uses)
      else t.ok(steps.length > 0, name)
      for (const { run, uses } of steps) {
        if (uses !== undefined) t.match(uses, /^[\w-]+\/[\w-]+@v\d+$/)
        if (run === undefined) continue
        const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' })
        t.equal(status, 0, `${file}: ${run}: ${stderr}`)
        t.notMatch(run, /\$\{\{/, 'values reach a shell as variables, so that they are not run')
        for (const [, script = ''] of run.matchAll(/npm run ([a-z:]+)/g)) t.ok(script in scripts, script)
      }
    }
    for (const [, job = '', step = ''] of text.matchAll(/(?:(needs)\.)?(?:steps)\.(\w+)\.outputs/g))
      t.ok(
        Object.values(jobs).some(({ steps = [] }) => steps.some(({ id }) => id === step)),
        `${job}${step} is a step`,
      )
  }
})

t.test('a release is checked first, and published with provenance, attestations and a list of its parts', async (t) => {
  const release = workflows.find(({ file }) => file === 'release.yml')
  const { check, npm, image, release: published } = release?.jobs ?? {}
  t.equal(check?.uses, './.github/workflows/ci.yml')
  for (const job of [npm, image]) t.ok(job?.needs?.includes('check'))
  t.strictSame(published?.needs, ['version', 'npm', 'image'])
  t.ok(npm?.steps?.some(({ run }) => run?.startsWith('npm publish --provenance')))
  t.equal(npm?.permissions?.['id-token'], 'write')
  const build = image?.steps?.find(({ id }) => id === 'build')?.with
  t.match(build, { platforms: 'linux/amd64,linux/arm64', sbom: true, provenance: 'mode=max', push: true })
  t.ok(image?.steps?.some(({ uses }) => uses?.startsWith('actions/attest-build-provenance@')))
})

t.test('the notes of a release are the part of the changelog that has its version', async (t) => {
  const run = workflows
    .find(({ file }) => file === 'release.yml')
    ?.jobs.release?.steps?.find(({ run }) => /awk/.test(run ?? ''))?.run
  const [line = ''] = run?.split('\n') ?? []
  const folder = t.testdir({
    'CHANGELOG.md':
      '# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.0 (2026-11-29)\n\n- this\n\n## 1.1.0\n\n- before\n',
  })
  spawnSync('bash', ['-c', line], { cwd: folder, env: { ...process.env, VERSION: '1.2.0' } })
  t.equal(readFileSync(`${folder}/notes.md`, 'utf8').trim(), '- this')
})
