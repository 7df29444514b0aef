import { visible } from '../src/observability/visible.ts'

/** A column: its heading, on which side its cells are aligned, and whether it gives way when the line is too long. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly gives?: boolean
}

const GAP = '  '
const NARROWEST = 12

/** Rows as aligned plain text, no line wider than `width` as a terminal counts it. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => row.map((cell) => visible(cell.replace(/\s+/g, ' ')))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))))
  const total = widths.reduce((sum, each) => sum + each + GAP.length, 0)
  const giving = columns.flatMap(({ gives }, at) => (gives === true ? [at] : []))
  const excess = Math.max(0, total - width)
  for (const at of giving)
    widths[at] = Math.max(NARROWEST, (widths[at] ?? 0) - Math.ceil(excess / Math.max(1, giving.length)))
  const lines = cells.map((row) => row.map((cell, at) => fitted(cell, widths[at] ?? 0, columns[at]?.align)).join(GAP))
  const rule = widths.map((each) => '-'.repeat(each)).join(GAP)
  const [heading = '', ...body] = lines.map((line) => `  ${line.trimEnd()}`)
  return [heading, `  ${rule}`, ...body].join('\n')
}

function fitted(cell: string, width: number, align: Column['align']): string {
  const shown = widthOf(cell) > width ? cut(cell, width) : cell
  const padding = ' '.repeat(width - widthOf(shown))
  return align === 'right' ? `${padding}${shown}` : `${shown}${padding}`
}

function cut(text: string, width: number): string {
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const TWO_COLUMNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\p{Emoji_Presentation}]/u

/** East Asian letters and emoji take two columns of a terminal, what only joins or accents takes none. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text))
    width += TWO_COLUMNS.test(segment) ? 2 : /^[\p{Mn}\p{Cf}]+$/u.test(segment) ? 0 : 1
  return width
}
