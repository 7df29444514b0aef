import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { BrokenBuild } from '../simulate/broken/builds.ts'

/** A build that breaks a promise on purpose: a few texts of one file of src are replaced. */
export type BrokenRelay = Pick<BrokenBuild, 'name' | 'file' | 'replaced'>

const BUILD = fileURLToPath(new URL('../..', import.meta.url))
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

const BUNDLING = {
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

/** @returns the path of a program to start in place of the relay */
export async function brokenRelay(
  t: { teardown(work: () => void): void },
  { name, file, replaced }: BrokenRelay,
): Promise<string> {
  const outdir = mkdtempSync(join(BUILD, 'broken-relay-'))
  t.teardown(() => rmSync(outdir, { recursive: true, force: true }))
  const breaking: Plugin = {
    name: 'break',
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`/${file}\\.js$`) }, ({ path }) => {
        let contents = readFileSync(path, 'utf8')
        for (const [text, by] of replaced) {
          if (contents.search(text) === -1) throw new Error(`${file} has no ${text}: ${name}`)
          contents = contents.replace(text, by)
        }
        return { contents, loader: 'js' }
      })
    },
  }
  await build({ ...BUNDLING, outdir, plugins: [breaking] })
  return join(outdir, 'relay-child.js')
}
