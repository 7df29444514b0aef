import { visible } from '../../observability/visible.ts'
import type { Colour, Screen } from './screen.ts'
import { cutTo, padding, widthOf } from './width.ts'

export interface Column<T> {
  /** Printed in capitals. */
  readonly header: string
  /** The cell's text; it may come from outside, so control characters are shown as escapes. Empty: a dash. */
  value(one: T, screen: Screen): string
  readonly align?: 'right'
  colour?(one: T): Colour | null
  /** May be cut where the terminal is too narrow. Other columns stay whole, so that ids and names can be copied. */
  readonly canBeCut?: true
}

const GAP = '  '
/** No column is cut to less. */
const LEAST_COLUMNS = 12

/** The lines of a table, its header first. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], screen: Screen): readonly string[] {
  const headers = columns.map(({ header }) => header.toUpperCase())
  const texts = rows.map((row) => columns.map((column) => visible(column.value(row, screen)) || '-'))
  const widths = fitted(
    columns,
    columns.map((_, at) =>
      [headers, ...texts].reduce((widest, cells) => Math.max(widest, widthOf(cells[at] ?? '')), 0),
    ),
    screen.columns,
  )
  const line = (cells: readonly string[], row: T | null): string =>
    columns
      .map((column, at) => {
        const width = widths[at] ?? 0
        const text = cutTo(cells[at] ?? '', width)
        const colour = row === null ? null : (column.colour?.(row) ?? null)
        const shown = colour === null ? text : screen.paint(colour, text)
        if (column.align === 'right') return `${padding(text, width)}${shown}`
        return at === columns.length - 1 ? shown : `${shown}${padding(text, width)}`
      })
      .join(GAP)
      .trimEnd()
  return [line(headers, null), ...rows.map((row, at) => line(texts[at] ?? [], row))]
}

/** Takes what is too much for the terminal from the widest column that can be cut, then from the next. */
function fitted<T>(
  columns: readonly Column<T>[],
  wanted: readonly number[],
  available: number | null,
): readonly number[] {
  const widths = [...wanted]
  if (available === null) return widths
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - available
  while (excess > 0) {
    const widest = columns.reduce<number | null>((found, { canBeCut }, at) => {
      const width = widths[at] ?? 0
      if (canBeCut !== true || width <= LEAST_COLUMNS) return found
      return found === null || width > (widths[found] ?? 0) ? at : found
    }, null)
    if (widest === null) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}
