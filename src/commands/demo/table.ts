import { visible } from '../../observability/visible.ts'
import { exactWidth } from '../terminal/exact-width.ts'
import { rulerOf } from '../terminal/width.ts'

/** A column: its heading, on which side its cells are aligned, and whether it gives way when the line is too long. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly gives?: boolean
}

const GAP = '  '
const NARROWEST = 12

const { cutTo, padding, widthOf } = rulerOf(exactWidth)

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
  const shown = cutTo(cell, width)
  return align === 'right' ? `${padding(shown, width)}${shown}` : `${shown}${padding(shown, width)}`
}
