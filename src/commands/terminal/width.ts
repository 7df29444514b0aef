import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const ELLIPSIS = '…'

/** How many columns of a terminal a line of text takes: Chinese, Japanese and Korean characters and emoji take two. */
export function widthOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true })
}

/** The text, or if it is wider than that, its beginning and an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = widthOf(ELLIPSIS)
  for (const { segment } of graphemes.segment(text)) {
    width += widthOf(segment)
    if (width > columns) break
    kept += segment
  }
  return `${kept.trimEnd()}${ELLIPSIS}`
}

/** The spaces that fill a text up to a width. */
export function padding(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** The text in lines of at most so many columns, broken between words; a longer word has a line of its own. */
export function wrapTo(text: string, columns: number): readonly string[] {
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
}
