import { visible } from '../../observability/visible.ts'
import type { Colour, Screen } from './screen.ts'
import { rulerFor } from './width.ts'

export interface Column<T> {
  /** Printed in capitals. */
  readonly header: string
  /** The cell's text; it may come from outside, so control characters are shown as escapes. Empty: a dash. */
  value(one: T, screen: Screen): string
  readonly align?: 'right'
  colour?(one: T): Colour | null
  /** May be cut where the terminal is too narrow. Other columns stay whole, so that ids and names can be copied. */
  readonly canBeCut?: true
  /** Only the last column: a text that is too wide for the terminal goes on below itself. */
  readonly wraps?: true
}

const GAP = '  '
/** No column is cut to less. */
const LEAST_COLUMNS = 12
/** A column that wraps takes no less. */
const LEAST_WRAPPED_COLUMNS = 30

/** The lines of a table, its header first. */
export async function table<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  screen: Screen,
): Promise<readonly string[]> {
  const headers = columns.map(({ header }) => header.toUpperCase())
  const texts = rows.map((row) => columns.map((column) => visible(column.value(row, screen)) || '-'))
  const { cutTo, padding, widthOf, wrapTo } = await rulerFor([...headers, ...texts.flat()])
  const widths = fitted(
    columns,
    columns.map((_, at) =>
      [headers, ...texts].reduce((widest, cells) => Math.max(widest, widthOf(cells[at] ?? '')), 0),
    ),
    screen.columns,
  )
  const linesOf = (cells: readonly string[], row: T | null): readonly string[] => {
    const blocks = columns.map(({ wraps }, at) => {
      const width = widths[at] ?? 0
      return wraps === true ? wrapTo(cells[at] ?? '', width) : [cutTo(cells[at] ?? '', width)]
    })
    return Array.from({ length: Math.max(...blocks.map((block) => block.length)) }, (_, number) =>
      columns
        .map((column, at) => {
          const text = blocks[at]?.[number] ?? ''
          const colour = row === null ? null : (column.colour?.(row) ?? null)
          const shown = colour === null || text === '' ? text : screen.paint(colour, text)
          const space = padding(text, widths[at] ?? 0)
          return column.align === 'right' ? `${space}${shown}` : at === columns.length - 1 ? shown : `${shown}${space}`
        })
        .join(GAP)
        .trimEnd(),
    )
  }
  return [...linesOf(headers, null), ...rows.flatMap((row, at) => linesOf(texts[at] ?? [], row))]
}

/** Takes what is too much for the terminal from the widest column that may become narrower, then from the next. */
function fitted<T>(
  columns: readonly Column<T>[],
  wanted: readonly number[],
  available: number | null,
): readonly number[] {
  const widths = [...wanted]
  if (available === null) return widths
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - available
  const leastOf = ({ wraps, canBeCut }: Column<T>): number =>
    wraps === true ? LEAST_WRAPPED_COLUMNS : canBeCut === true ? LEAST_COLUMNS : Number.POSITIVE_INFINITY
  while (excess > 0) {
    const widest = columns.reduce<number | null>((found, column, at) => {
      const width = widths[at] ?? 0
      if (width <= leastOf(column)) return found
      return found === null || width > (widths[found] ?? 0) ? at : found
    }, null)
    if (widest === null) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}
