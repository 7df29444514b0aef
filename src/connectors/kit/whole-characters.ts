/** A longer one is no emoji but a pile of marks, and is cut like any other text. In UTF-16 units. */
const LONGEST = 40
/** In UTF-16 units, before the cut; where a character begins is told by what is close before it. */
const LOOKED_BACK = 160

let segmenter: Intl.Segmenter | null = null

/**
 * Where a text can be cut at the latest so that no character is parted that is written with several, as a family or a
 * flag is (UAX 29, extended grapheme clusters).
 * @param at in UTF-16 units; not within a surrogate pair
 */
export function cutBefore(text: string, at: number): number {
  if (at <= 0 || at >= text.length || isPlain(text, at)) return at
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const from = beforeFlags(text, Math.max(0, at - LOOKED_BACK))
  const begins = segmenter.segment(text.slice(from, at + LONGEST)).containing(at - from)?.index ?? at - from
  return at - from - begins > LONGEST ? at : from + begins
}

/** Flags are pairs of letters of their own, counted from the first of them in a row. */
function beforeFlags(text: string, at: number): number {
  let start = at
  // In the middle of such a letter, or behind one.
  if (/^[\uDDE6-\uDDFF]/.test(text.slice(start, start + 1))) start -= 1
  while (/^\uD83C[\uDDE6-\uDDFF]$/.test(text.slice(Math.max(0, start - 2), start))) start -= 2
  return Math.max(0, start)
}

/** Between two of these signs nothing is ever joined. */
const isPlain = (text: string, at: number): boolean => /^[ -~][ -~]$/.test(text.slice(at - 1, at + 1))
