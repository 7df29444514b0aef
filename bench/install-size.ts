import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Of the package and of all that `npm install --omit=dev` brings along. */
export function installedMegabytes(): number {
  const needed = npm('ls', '--omit=dev', '--all', '--parseable')
    .split('\n')
    .filter((folder) => relative(ROOT, folder).split(sep).includes('node_modules'))
  const packed = npm('pack', '--dry-run', '--json', '--ignore-scripts')
  const [{ unpackedSize } = { unpackedSize: 0 }] = JSON.parse(packed) as { unpackedSize: number }[]
  // The same program, if it is not built for the package.
  const program = existsSync(join(ROOT, 'dist')) ? 0 : bytesIn(join(ROOT, 'build/program'))
  return (unpackedSize + program + needed.map(bytesIn).reduce((sum, bytes) => sum + bytes, 0)) / 1e6
}

function npm(...args: string[]): string {
  return execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

/** Without the packages in it, which are counted by themselves. */
function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : bytesIn(path)
    else bytes += lstatSync(path).size
  }
  return bytes
}
