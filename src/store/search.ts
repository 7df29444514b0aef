import { isAscii } from 'node:buffer'
import type { StoredBody } from './read-stored.ts'

/** What a text is searched in. Ids match from their beginning, and so does each word of the others. */
export interface Searched {
  readonly ids: readonly (string | null)[]
  readonly texts: readonly (string | null)[]
}

/** Longer ones are cut: a search is typed by a person. */
const MOST_WORDS = 10

const NO_LETTER = /[\s\p{Cc}\p{Cs}]+/u
/** Some letters and symbols are blanks by their look. */
const VISIBLE = /[^\p{C}\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0]/u

/** @param most words that are looked for @returns null if the text has no word in it */
export function wordsOf(text: string, most = MOST_WORDS): readonly string[] | null {
  const words = plain(text)
    .split(NO_LETTER)
    .map((word) => word.replace(/^#(?=.)/, ''))
    .filter((word) => VISIBLE.test(word))
    .slice(0, most)
  return words.length === 0 ? null : words
}

/** True if every word is the beginning of an id or of a word of a text. */
export function matches(words: readonly string[], { ids, texts }: Searched): boolean {
  const left = withoutIds(words, ids)
  const known = left.length === 0 ? [] : texts.flatMap((text) => (text === null ? [] : partsOf(plain(text))))
  return left.every((word) => areBeginnings(partsOf(word), known))
}

/** The words that are not the beginning of an id. */
export function withoutIds(words: readonly string[], ids: Searched['ids']): readonly string[] {
  const plainIds = ids.flatMap((id) => (id === null ? [] : [plain(id)]))
  return words.filter((word) => !plainIds.some((id) => id.startsWith(word)))
}

/** The bytes in which the texts of a stored activity are. */
export function said({ raw, normalised }: StoredBody): Buffer {
  return normalised === null ? raw : Buffer.from(normalised)
}

/**
 * False if no text within an activity's bytes can have all the words, which takes a tenth of the time that parsing does.
 * True does not say that one has them.
 */
export function canSay(raw: Buffer, words: readonly string[]): boolean {
  // Other letters can be written in several ways, and letters can be written as escapes.
  if (!isAscii(raw)) return true
  const bytes = raw.toString('latin1')
  if (bytes.includes('&#') || bytes.includes('\\u')) return true
  const text = bytes.toLowerCase()
  return words.every((word) => partsOf(word).every((part) => text.includes(part)))
}

/** A word such as "e-mail" is in parts there too. */
function areBeginnings(parts: readonly string[], known: readonly string[]): boolean {
  return parts.length > 0 && parts.every((part) => known.some((word) => word.startsWith(part)))
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

const partsOf = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
