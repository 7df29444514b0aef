import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { BUNDLING } from './options.js'

/**
 * Loads what is exported by a module of sources, which must be bundled first. It has to be used before this ends.
 * @template T
 * @param {string} contents
 * @param {(exported: any) => T | Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withSources(contents, use) {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'))
  try {
    const outfile = join(folder, 'sources.mjs')
    await build({ ...BUNDLING, splitting: false, stdin: { contents, resolveDir: process.cwd() }, outfile })
    return await use(await import(pathToFileURL(outfile).href))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
