import { createRequire } from 'node:module'
import { Ajv } from 'ajv'

/**
 * Atlassian's own code says how JIRA reads what we write: the parser of wiki markup that was ported from JIRA, and the
 * schema of documents. Both come as CommonJS with types that need a browser, so they are loaded without types.
 */

const require = createRequire(import.meta.url)

export interface Read {
  /** As it is shown: paragraphs, items and code with an empty line between them. */
  readonly words: string
  /** Everything but words: the types of nodes and marks, and links to elsewhere than their words say. */
  readonly kinds: ReadonlySet<string>
  readonly links: readonly { readonly words: string; readonly href: string }[]
}

interface Node {
  readonly type: string
  readonly text?: string
  readonly content?: readonly Node[]
  readonly marks?: readonly { readonly type: string; readonly attrs?: { readonly href?: string } }[]
}

interface Parser {
  parse(wiki: string): { toJSON(): Node }
}

const { WikiMarkupTransformer } = require('@atlaskit/editor-wikimarkup-transformer') as {
  WikiMarkupTransformer: new () => Parser
}
const parser = new WikiMarkupTransformer()

export function readWiki(wiki: string): Read {
  return readDocument(parser.parse(wiki).toJSON())
}

export function readDocument(document: unknown): Read {
  const kinds = new Set<string>()
  const links: { words: string; href: string }[] = []
  const shown = (node: Node): string => {
    if (node.type === 'text') {
      for (const { type, attrs } of node.marks ?? []) {
        kinds.add(type)
        if (type === 'link') links.push({ words: node.text ?? '', href: attrs?.href ?? '' })
      }
      return node.text ?? ''
    }
    if (node.type === 'hardBreak') return '\n'
    kinds.add(node.type)
    const isLine = node.type === 'paragraph' || node.type === 'codeBlock'
    return (node.content ?? []).map(shown).join(isLine ? '' : '\n\n')
  }
  const words = shown(document as Node)
  return { words, kinds, links }
}

const schema = require('@atlaskit/adf-schema/json-schema/v1/full.json') as object
const isDocument = new Ajv({ strict: false, meta: false, validateSchema: false, allErrors: false }).compile(schema)

/** Why JIRA Cloud would refuse the document, or null. */
export function documentProblem(document: unknown): string | null {
  return isDocument(document) ? null : JSON.stringify(isDocument.errors?.at(-1))
}
