/** What a text is searched in. Ids match from their beginning, and so does each word of the others. */
export interface Searched {
  readonly ids: readonly (string | null)[]
  readonly texts: readonly (string | null)[]
}

/** Longer ones are cut: a search is typed by a person. */
const MOST_WORDS = 10

/** @returns null if the text has no word in it */
export function wordsOf(text: string): readonly string[] | null {
  const words = plain(text)
    .split(/\s+/)
    .map((word) => word.replace(/^#(?=.)/, ''))
    .filter((word) => word !== '')
    .slice(0, MOST_WORDS)
  return words.length === 0 ? null : words
}

/** True if every word is the beginning of an id or of a word of a text. */
export function matches(words: readonly string[], { ids, texts }: Searched): boolean {
  const plainIds = ids.flatMap((id) => (id === null ? [] : [plain(id)]))
  const known = texts.flatMap((text) => (text === null ? [] : partsOf(plain(text))))
  return words.every((word) => plainIds.some((id) => id.startsWith(word)) || areBeginnings(partsOf(word), known))
}

/** A word such as "e-mail" is in parts there too. */
function areBeginnings(parts: readonly string[], known: readonly string[]): boolean {
  return parts.length > 0 && parts.every((part) => known.some((word) => word.startsWith(part)))
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

const partsOf = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
