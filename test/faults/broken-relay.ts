import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { BrokenBuild } from '../simulate/broken/builds.ts'
import { BUNDLING } from './relay-bundle.ts'

/** A build that breaks a promise on purpose: a few texts of one file of src are replaced. */
export type BrokenRelay = Pick<BrokenBuild, 'name' | 'file' | 'replaced'>

const BUILD = fileURLToPath(new URL('../..', import.meta.url))

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
