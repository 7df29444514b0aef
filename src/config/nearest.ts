import { distance } from 'fastest-levenshtein'

/**
 * The known word that was probably meant: one that the word begins, such as `timeout` for `timeout_seconds`, or
 * else the nearest by edits; null when none is near.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_')
  const asked = plain(word)
  if (asked === '') return null
  const same = known.find((candidate) => plain(candidate) === asked)
  if (same !== undefined) return same
  // Two, since a swap of neighbours counts as two; in a word of three letters that would fit nearly everything.
  const limit = asked.length < 4 ? 1 : Math.max(2, Math.floor(asked.length / 3))
  let best: string | null = null
  let bestDistance = limit + 1
  for (const candidate of known) {
    // In so short a word, two swapped letters count as one edit.
    const swapped = asked.length < 4 && letters(asked) === letters(plain(candidate))
    const edits = swapped ? 1 : distance(asked, plain(candidate))
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  if (best !== null && bestDistance === 1) return best
  const stem = asked.replace(/_(ms|milliseconds|seconds|minutes|hours|days|s|m|h|bytes|kb|mb)$/, '')
  const longer = known.find(
    (candidate) => plain(candidate).startsWith(`${asked}_`) || plain(candidate).startsWith(`${stem}_`),
  )
  return best ?? longer ?? null
}

function letters(word: string): string {
  return [...word].sort().join('')
}
