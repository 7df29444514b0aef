import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'

const BUILD = fileURLToPath(new URL('../..', import.meta.url))
const BUNDLES = join(BUILD, 'relay-bundles')
/** What a relay process loads by path: itself, the thread of its store, and what examines a large database. */
const ENTRIES = ['test/faults/relay-child.js', 'src/store/store-thread.js', 'src/store/dialect/examiner-process.js']
/** Loaded only when they are used, or made for the machine. */
const EXTERNAL = [
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
/** Libraries that are no ES modules ask for Node's own ones by `require`. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`

export const BUNDLING = {
  entryPoints: ENTRIES.map((name) => join(BUILD, name)),
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: EXTERNAL,
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: REQUIRE },
  logLevel: 'error',
} as const satisfies BuildOptions

let made: string | null = null

/**
 * The relay process in a few files: to load the thousand files that it consists of took most of a start, and each round
 * of a test starts some. It is made by the first test that needs it, anew whenever something was compiled.
 */
export function bundledRelay(): string {
  made ??= make()
  return made
}

function make(): string {
  const folder = join(BUNDLES, fingerprint())
  const entry = join(folder, 'relay-child.js')
  if (existsSync(entry)) return entry
  const old = existsSync(BUNDLES) ? readdirSync(BUNDLES) : []
  mkdirSync(BUNDLES, { recursive: true })
  const unfinished = mkdtempSync(join(BUNDLES, 'unfinished-'))
  buildSync({ ...BUNDLING, outdir: unfinished })
  keep(unfinished, folder)
  // Those of earlier code; a relay that still runs from one has loaded it.
  for (const each of old.filter((name) => !name.startsWith('unfinished-')))
    rmSync(join(BUNDLES, each), { recursive: true, force: true })
  return entry
}

/** Another test may have made the same one meanwhile. */
function keep(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(unfinished, { recursive: true, force: true })
  }
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const part of ['src', 'test/faults'])
    for (const name of readdirSync(join(BUILD, part), { recursive: true, encoding: 'utf8' }).sort()) {
      const { size, mtimeMs } = statSync(join(BUILD, part, name))
      hash.update(`${name} ${size} ${mtimeMs}\n`)
    }
  return hash.digest('hex').slice(0, 16)
}
