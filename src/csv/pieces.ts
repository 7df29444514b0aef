import { setImmediate } from 'node:timers/promises'

/** In characters. */
export const PIECE_LENGTH = 64 * 1024

/**
 * Cuts a text into pieces of at most 64 Ki characters, so that other work gets its turn in between. The first piece has
 * the first line that is not empty, if it fits; no piece ends within a character.
 */
export async function* piecesOf(source: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = ''
  let isFirst = true
  for await (const text of source) {
    rest += text
    if (isFirst && rest.length < PIECE_LENGTH && !/[^\ufeff\r\n][\r\n]/.test(rest)) continue
    for (let cut = cutOf(rest); cut > 0; cut = cutOf(rest)) {
      yield rest.slice(0, cut)
      rest = rest.slice(cut)
      isFirst = false
      if (rest !== '') await setImmediate()
    }
  }
  if (rest !== '') yield rest
}

/** The first half of a surrogate pair waits for the second. */
function cutOf(text: string): number {
  const cut = Math.min(PIECE_LENGTH, text.length)
  const last = text.charCodeAt(cut - 1)
  return last >= 0xd800 && last <= 0xdbff ? cut - 1 : cut
}
