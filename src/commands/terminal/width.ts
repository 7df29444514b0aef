/** How many columns of a terminal texts take, and what fits into so many. */
export interface Ruler {
  widthOf(text: string): number
  /** The text, or if it is wider than that, its beginning and an ellipsis. */
  cutTo(text: string, columns: number): string
  /** The spaces that fill a text up to a width. */
  padding(text: string, columns: number): string
  /** The text in lines of at most so many columns, broken between words; a longer word has a line of its own. */
  wrapTo(text: string, columns: number): readonly string[]
}

const ELLIPSIS = '…'
const ELLIPSIS_COLUMNS = 1

/** Of printable ASCII, each character takes one column. */
export const plainRuler = rulerOf((text) => text.length)

/** Measures these texts. The tables of Unicode take 30 ms to load, so they are loaded only for a text that needs them. */
export async function rulerFor(texts: readonly string[]): Promise<Ruler> {
  if (texts.every((text) => /^[ -~]*$/.test(text))) return plainRuler
  const { exactWidth } = await import('./exact-width.ts')
  return rulerOf(exactWidth)
}

export function rulerOf(widthOf: Ruler['widthOf']): Ruler {
  return {
    widthOf,
    cutTo(text, columns) {
      if (widthOf(text) <= columns) return text
      let kept = ''
      let width = ELLIPSIS_COLUMNS
      for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
        width += widthOf(segment)
        if (width > columns) break
        kept += segment
      }
      return `${kept.trimEnd()}${ELLIPSIS}`
    },
    padding: (text, columns) => ' '.repeat(Math.max(0, columns - widthOf(text))),
    wrapTo(text, columns) {
      const lines: string[] = []
      let line = ''
      for (const word of text.split(' ')) {
        const longer = line === '' ? word : `${line} ${word}`
        if (line !== '' && widthOf(longer) > columns) {
          lines.push(line)
          line = word
        } else line = longer
      }
      return [...lines, line]
    },
  }
}
