import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a tool proves that it sent a request. */
export type Proof =
  | {
      readonly header: string
      readonly algorithm: 'sha1' | 'sha256'
      readonly encoding: 'hex' | 'base64'
      readonly prefix: string
    }
  | { readonly secretHeader: string }

const sha1 = (header: string, prefix = ''): Proof => ({ header, algorithm: 'sha1', encoding: 'hex', prefix })
const sha256 = (header: string, prefix = ''): Proof => ({ header, algorithm: 'sha256', encoding: 'hex', prefix })

/** The tools that have an expression in config/sources/; see the README there. */
export const TOOLS: Readonly<Record<string, { readonly title: string; readonly proof: Proof }>> = {
  taiga: { title: 'Taiga', proof: sha1('X-TAIGA-WEBHOOK-SIGNATURE') },
  openproject: { title: 'OpenProject', proof: sha1('X-OP-Signature', 'sha1=') },
  plane: { title: 'Plane', proof: sha256('X-Plane-Signature') },
  youtrack: { title: 'YouTrack', proof: { secretHeader: 'X-YouTrack-Token' } },
  jira: { title: 'Jira', proof: sha256('X-Hub-Signature', 'sha256=') },
}

const FOLDER = join('config', 'sources')

/** Those that tell enough afterwards, and with the keys of their hooks. */
const CATCH_UP = ['jira', 'openproject']

/** The expression that comes with the relay. @throws if it is missing from the installation */
export const expressionOf = (tool: string): string => contentOf(`${tool}.jsonata`)

/** Null: there is none, since its API does not tell what its hook does. */
export const catchUpExpressionOf = (tool: string): string | null =>
  CATCH_UP.includes(tool) ? contentOf(`${tool}.catch-up.jsonata`) : null

function contentOf(file: string): string {
  const name = join(FOLDER, file)
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, name))) {
    const above = dirname(folder)
    if (above === folder) throw new Error(`the file ${name} is missing from this installation`)
    folder = above
  }
  return readFileSync(join(folder, name), 'utf8')
}
