/** How JIRA Cloud reads a comment, which is a document. */
export interface DocumentReader {
  /** Why it would be refused, or null. */
  problemOf(document: unknown): string | null
  textOf(document: unknown): string
}

interface Node {
  readonly text?: string
  readonly content?: readonly Node[]
}

/** Knows a document by its first level, and reads the words in it. */
export const readPlainly: DocumentReader = {
  problemOf(document) {
    const { type, version, content } = (document ?? {}) as Readonly<Record<string, unknown>>
    return type === 'doc' && version === 1 && Array.isArray(content) ? null : 'it is not a document'
  },
  textOf(document) {
    return ((document as Node).content ?? []).map(wordsIn).join('\n\n')
  },
}

function wordsIn({ text, content }: Node): string {
  return text ?? (content ?? []).map(wordsIn).join('')
}
