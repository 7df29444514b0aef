import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { catchUpExpressionOf, TOOLS } from '../../src/sources/mapped/tools.ts'

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
}

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Package

/** The packages that a file imports, also by `require` and `import()`. */
function importedBy(file: string): string[] {
  // Types are gone when it runs.
  const found = readFileSync(file, 'utf8').matchAll(
    /^(?!import type ).*(?:\bfrom |\bimport\(|\brequire\()['"](@?\w[\w./:-]*)['"]/gm,
  )
  return [...found].map(([, name = '']) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
}

t.test('whatever the program imports, the stand-ins of the demo too, is installed with the package', async (t) => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const imported = sources.flatMap((file) => importedBy(join('src', file)).map((name) => ({ file, name })))
  t.ok(imported.some(({ file, name }) => file.startsWith('stand-ins') && name === 'fast-xml-parser'))
  t.strictSame(
    imported.filter(({ name }) => !isBuiltin(name) && dependencies[name] === undefined),
    [],
  )
})

t.test('what the demo plays, and the ready expressions, are in the package and in the image', async (t) => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  })
  const answer = JSON.parse(packed) as { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>
  const paths = new Set(Object.values(answer).flatMap(({ files }) => files.map(({ path }) => path)))
  const context = readFileSync('.dockerignore', 'utf8').split('\n')
  const dockerfile = readFileSync('Dockerfile', 'utf8')
  for (const folder of ['demo', 'test/activities']) {
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const recordings = all.filter((file) => (folder === 'demo' ? /\.(xml|json)$/ : /\.in\.(xml|json)$/).test(file))
    t.ok(recordings.length > 0)
    t.strictSame(
      recordings.filter((file) => !paths.has(`${folder}/${file}`)),
      [],
    )
    t.ok(context.includes(`!${folder}`), `${folder} is sent to Docker`)
    t.match(dockerfile, `COPY ${folder} ./${folder}\n`)
  }
  const expressions = Object.keys(TOOLS).map((tool) => `config/sources/${tool}.jsonata`)
  const catchUps = Object.keys(TOOLS).flatMap((tool) =>
    catchUpExpressionOf(tool) === null ? [] : [`config/sources/${tool}.catch-up.jsonata`],
  )
  t.strictSame(
    [...expressions, ...catchUps, 'src/sources/mapped/README.md'].filter((path) => !paths.has(path)),
    [],
  )
  t.ok(context.includes('!config'))
  t.match(dockerfile, 'COPY config ./config\n')
  t.notOk([...paths].some((path) => path.startsWith('test/') && !/\.in\.(xml|json)$/.test(path)))
})
