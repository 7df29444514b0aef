import { duration } from './times.ts'
import { plainRuler } from './width.ts'

/** Shows on standard error how far a long job is, in ASCII. Without a terminal it shows nothing. */
export interface Progress {
  /** @param total null if it is not known yet */
  show(count: number, total: number | null): void
  /** A text in place of the bar, for what cannot be counted. */
  note(text: string): void
  /** Removes the bar, for what is printed next. */
  clear(): void
}

interface Bar {
  readonly stream: Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>
  /** Milliseconds, from any clock that does not go back. */
  readonly now: () => number
  /** What is counted: "deliveries". */
  readonly unit: string
}

const BAR_COLUMNS = 24
const LEAST_PAUSE_MS = 100
const CLEAR_LINE = '\r\u001b[K'

export function createProgress({ stream, now, unit }: Bar): Progress {
  if (stream.isTTY !== true) return { show() {}, note() {}, clear() {} }
  const begun = now()
  let drawnAt: number | null = null
  let isDrawn = false

  // A terminal that is gone does not end the job.
  function write(text: string): void {
    try {
      stream.write(text)
    } catch {}
  }

  function draw(line: string): void {
    isDrawn = true
    write(`${CLEAR_LINE}${plainRuler.cutTo(line, (stream.columns || 80) - 1)}`)
  }

  return {
    show(count, total) {
      const at = now()
      if (drawnAt !== null && at - drawnAt < LEAST_PAUSE_MS && count !== total) return
      drawnAt = at
      draw(progressLine(count, total, unit, at - begun))
    },
    note: draw,
    clear() {
      if (isDrawn) write(CLEAR_LINE)
      isDrawn = false
    },
  }
}

/** `[######                  ]  25%  2,500 of 10,000 deliveries, 120/s, 1 min left` */
export function progressLine(count: number, total: number | null, unit: string, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (count / elapsedMs) * 1000 : 0
  const rate = perSecond > 0 ? `, ${numberOf(perSecond)}/s` : ''
  if (total === null) return `${numberOf(count)} ${unit}${rate}`
  const part = total === 0 ? 1 : Math.min(1, count / total)
  const filled = Math.floor(part * BAR_COLUMNS)
  const bar = `[${'#'.repeat(filled)}${' '.repeat(BAR_COLUMNS - filled)}] ${String(Math.floor(part * 100)).padStart(3)}%`
  const rest = perSecond > 0 && count < total ? `, ${duration(((total - count) / perSecond) * 1000)} left` : ''
  return `${bar}  ${numberOf(count)} of ${numberOf(total)} ${unit}${rate}${rest}`
}

function numberOf(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: number < 10 ? 1 : 0 })
}
