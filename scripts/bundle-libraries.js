// Puts each library that every command loads into one file of dist/lib, and lets dist/ import that: these libraries have some
// 700 small files, and opening them took most of a command's time. Part of `npm run build`; see docs/decisions/012.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'

const LIBRARIES = [
  'ajv',
  'commander',
  'knex',
  'knex/lib/dialects/sqlite3/index.js',
  'mdast-util-from-markdown',
  'micromark-extension-gfm-autolink-literal',
  'micromark-extension-gfm-strikethrough',
  'typebox',
  'typebox/value',
  'yaml',
]
/** Loaded by knex when they are used; most are not installed. */
const DRIVERS = [
  'better-sqlite3',
  'mariadb',
  'mysql',
  'mysql2',
  'oracledb',
  'pg',
  'pg-query-stream',
  'sqlite3',
  'tedious',
]

const fileOf = (library) => `dist/lib/${library.replace(/\/index\.js$/, '').replaceAll('/', '-')}.js`

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

rmSync('dist/lib', { recursive: true, force: true })
await build({
  entryPoints: LIBRARIES.map((library) => ({ in: `library:${library}`, out: fileOf(library).slice(0, -'.js'.length) })),
  outdir: '.',
  chunkNames: 'dist/lib/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  external: DRIVERS,
  plugins: [exportsByName],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
})

for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.js') || file.startsWith('lib/')) continue
  const path = join('dist', file)
  const text = readFileSync(path, 'utf8')
  const bundled = text.replaceAll(/(\bfrom |\bimport\()'([^'.][^']*)'/g, (all, before, library) => {
    if (!LIBRARIES.includes(library)) return all
    const to = relative(dirname(path), fileOf(library))
    return `${before}'${to.startsWith('.') ? to : `./${to}`}'`
  })
  const imported = [...bundled.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name)
  const left = LIBRARIES.find((library) => imported.includes(library))
  if (left !== undefined) throw new Error(`${path} still names ${left}, in a way that this script does not know`)
  if (bundled !== text) writeFileSync(path, bundled)
}
