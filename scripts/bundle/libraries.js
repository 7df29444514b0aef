// node scripts/bundle/libraries.js FOLDER: puts each library that tests load into one file of FOLDER/lib, and lets what was
// compiled into FOLDER import that: these libraries have some 1,000 small files, and opening them took most of the start of a
// test's process. Part of `npm test`; see docs/decisions/012.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { BUNDLING } from './options.js'

const [, , folder] = process.argv
if (folder === undefined) throw new Error('name the folder: build')

const LIBRARIES = [
  '@fastify/rate-limit',
  'ajv',
  'commander',
  'fast-json-stringify',
  'fastify',
  'knex',
  'knex/lib/dialects/postgres/index.js',
  'knex/lib/dialects/sqlite3/index.js',
  'knex/lib/knex-builder/make-knex.js',
  'mdast-util-from-markdown',
  'micromark-extension-gfm-autolink-literal',
  'micromark-extension-gfm-strikethrough',
  'prom-client',
  'string-width',
  'typebox',
  'typebox/value',
  'undici',
  'yaml',
]
const fileOf = (library) => `${folder}/lib/${library.replace(/(\/index)?\.js$/, '').replaceAll('/', '-')}.js`

/** Whatever a library exports when it is imported, by name: esbuild does not find the names of a CommonJS module. */
const exportsByName = {
  name: 'exports by name',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^library:/ }, ({ path }) => ({ path: path.slice('library:'.length), namespace: 'library' }))
    onLoad({ filter: /.*/, namespace: 'library' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'module.exports')
      return { contents: `export { ${names.join(', ')} } from ${JSON.stringify(path)}`, resolveDir: process.cwd() }
    })
  },
}

rmSync(join(folder, 'lib'), { recursive: true, force: true })
await build({
  ...BUNDLING,
  entryPoints: LIBRARIES.map((library) => ({ in: `library:${library}`, out: fileOf(library).slice(0, -'.js'.length) })),
  outdir: '.',
  chunkNames: `${folder}/lib/[name]-[hash]`,
  plugins: [exportsByName],
})

for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.js') || file.startsWith('lib/')) continue
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  const bundled = text.replaceAll(/(\bfrom |\bimport\()["']([^"'.][^"']*)["']/g, (all, before, library) => {
    if (!LIBRARIES.includes(library)) return all
    const to = relative(dirname(path), fileOf(library))
    return `${before}'${to.startsWith('.') ? to : `./${to}`}'`
  })
  const imported = [...bundled.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name)
  const left = LIBRARIES.find((library) => imported.includes(library))
  if (left !== undefined) throw new Error(`${path} still names ${left}, in a way that this script does not know`)
  if (bundled !== text) writeFileSync(path, bundled)
}
