import { visible, visibleLines } from '../../observability/visible.ts'
import type { Colour, Screen } from './screen.ts'
import { rulerFor } from './width.ts'

export interface Field {
  readonly name: string
  /** Null: the line is left out. Of several lines, each stands under the first. */
  readonly value: string | null
  readonly colour?: Colour | null
}

/** The lines of one thing: each field's name and value, the values below each other. */
export async function record(fields: readonly Field[], screen: Screen): Promise<readonly string[]> {
  const shown = fields.flatMap(({ name, value, colour }) => (value === null ? [] : [{ name, value, colour }]))
  const { padding, widthOf } = await rulerFor(shown.map(({ name }) => visible(name)))
  const width = shown.reduce((widest, { name }) => Math.max(widest, widthOf(visible(name))), 0)
  return shown.flatMap(({ name, value, colour }) => {
    const label = `${visible(name)}${padding(visible(name), width)}`
    return visibleLines(value)
      .split('\n')
      .map((text, at) => {
        const painted = colour == null ? text : screen.paint(colour, text)
        return `${at === 0 ? label : ' '.repeat(width)}  ${painted}`.trimEnd()
      })
  })
}
