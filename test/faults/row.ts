import type { Verdict } from './verdict.ts'

/** A row of the table that the long run prints. */
export interface Row {
  readonly form: string
  readonly database: string
  readonly rounds: number
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
  readonly stuck: number
  /** At the web hook, which cannot be asked. */
  readonly repeated: number
  /** Null where nobody knows it. */
  readonly peakMegabytes: number | null
  readonly seed: string
}

interface RowParts extends Pick<Row, 'form' | 'database' | 'rounds' | 'seed' | 'peakMegabytes'> {
  readonly verdict: Verdict
}

const MARK = 'fault row '

/** Says the row on the test's output, where the long run finds it. */
export function reportRow(t: { comment(text: string): void }, { verdict, ...parts }: RowParts): void {
  const { acknowledged, lost, doubled, outOfOrder, stuck, repeated } = verdict
  const row: Row = {
    ...parts,
    acknowledged,
    ...{ lost: lost.length, doubled: doubled.length, outOfOrder: outOfOrder.length, stuck: stuck.length, repeated },
  }
  t.comment(`${MARK}${JSON.stringify(row)}`)
}

export function rowsIn(output: string): Row[] {
  return [...output.matchAll(/^\s*# fault row (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json) as Row)
}

const HEADINGS = ['form', 'database', 'rounds', 'acknowledged', 'lost', 'doubled', 'out of order', 'stuck']
const MORE = ['repeated at the web hook', 'peak memory', 'seed']

/** In Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    ...[row.form, row.database, row.rounds, row.acknowledged, row.lost, row.doubled, row.outOfOrder, row.stuck],
    ...[row.repeated, row.peakMegabytes === null ? '' : `${row.peakMegabytes} MB`, row.seed],
  ])
  const headings = [...HEADINGS, ...MORE]
  return [headings, headings.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n')
}
