import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const OWN = ['style.css', 'page.js', 'icon.svg']

/** What pages load: the style sheet, the script, and the library that it needs, which comes as it is installed. */
export async function assetRoutes(app: FastifyInstance): Promise<void> {
  const library = dirname(fileURLToPath(import.meta.resolve('idiomorph')))
  await app.register(files, {
    root: [publicFolder(), library],
    prefix: '/assets/',
    allowedPath: (path) => OWN.includes(path.slice(1)) || path === '/idiomorph.min.js',
    index: false,
    // Their addresses change with their content.
    maxAge: '365d',
    immutable: true,
  })
}

let version: string | null = null

/** Changes whenever one of ours does. */
export function assetsVersion(): string {
  if (version !== null) return version
  const hash = createHash('sha256')
  for (const name of OWN) hash.update(readFileSync(join(publicFolder(), name)))
  version = hash.digest('hex').slice(0, 8)
  return version
}

/** Beside the folder of the program, wherever that is. */
function publicFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'public', 'page.js'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the folder "public" is missing from this installation')
    folder = above
  }
  return join(folder, 'public')
}
