import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'

const notices = readFileSync('THIRD-PARTY-NOTICES.md', 'utf8')
const { dependencies, devDependencies, files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  files: string[]
}
const named = new Set([...notices.matchAll(/^- (\S+) \d+\.\d+\.\d+\S*, /gm)].map(([, name = '']) => name))

t.test('the third-party notices are those of the packages that are installed with the relay', async (t) => {
  const written = execFileSync(process.execPath, ['scripts/notices.js', '--print'], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
  t.ok(written === notices, 'current; if not, run "npm run notices"')
  for (const name of Object.keys(dependencies)) t.ok(named.has(name), `${name} is in them`)
  t.ok(named.has('fast-uri'), 'what these need is in them too')
  for (const name of ['tap', 'esbuild', 'playwright-core']) {
    t.ok(name in devDependencies)
    t.notOk(named.has(name), `${name} is not shipped`)
  }
})

t.test('the package and the image bring the notices', async (t) => {
  t.ok(files.includes('THIRD-PARTY-NOTICES.md'))
  t.match(readFileSync('Dockerfile', 'utf8'), /^COPY .*THIRD-PARTY-NOTICES\.md/m)
  t.match(readFileSync('.dockerignore', 'utf8'), '!THIRD-PARTY-NOTICES.md\n')
})

t.test('the licences are ones that ask for no more than the notice', async (t) => {
  const licences = [...notices.matchAll(/^- \S+ \d\S*, (\(.*?\)|[^,\n]+)/gm)].map(([, licence = '']) => licence)
  t.ok(licences.length > 100)
  const free = /^\(?(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0)\b/
  t.strictSame(
    [...new Set(licences)].filter((licence) => !free.test(licence)),
    [],
  )
})
