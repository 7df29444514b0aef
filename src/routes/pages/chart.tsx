import type { Tone } from './states.tsx'
import { durationWords } from './times.tsx'

/** How many, in each part of the time; the oldest first. */
type Counts = readonly number[]

/** When each part begins, in milliseconds since 1970. */
type Times = readonly number[]

interface BarsProps {
  readonly counts: Counts
  readonly times: Times
  readonly tone?: Tone
  /** What it shows, in a sentence. */
  readonly says: string
}

const WIDTH = 240
const HEIGHT = 56

/**
 * Bars, drawn here and not by a script: they are there at once, without scripts and in print, take their colour from the
 * page, and weigh what they show. Under the pointer each part says its number.
 */
export function Bars({ counts, times, tone, says }: BarsProps) {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={says}>
      <path class={tone ?? 'soft'} fill="currentColor" d={barsPath(counts, WIDTH, HEIGHT, 4)} />
      <Parts times={times} values={counts.map((count) => (count === 0 ? null : String(count)))} />
    </svg>
  )
}

/** @param values null: there is nothing to say */
function Parts({ times, values }: { times: Times; values: readonly (string | null)[] }) {
  const step = WIDTH / Math.max(1, times.length)
  return (
    <>
      {values.map((value, at) => {
        if (value === null) return null
        const time = new Date(times[at] ?? 0).toISOString()
        return (
          <rect key={time} x={round(at * step)} width={round(step)} height={HEIGHT} data-at={time}>
            <title>{`${time.slice(0, 16).replace('T', ' ')} UTC: ${value}`}</title>
          </rect>
        )
      })}
    </>
  )
}

/** The same, small, in a line of text; the number stands beside it. */
export function Spark({ counts }: { counts: Counts }) {
  return (
    <svg class="spark" viewBox="0 0 96 20" preserveAspectRatio="none" aria-hidden="true">
      <path fill="currentColor" d={barsPath(counts, 96, 20, 0)} />
    </svg>
  )
}

function barsPath(counts: Counts, width: number, height: number, above: number): string {
  const most = Math.max(1, ...counts)
  const step = width / Math.max(1, counts.length)
  const bar = Math.max(1, step * 0.8)
  return counts
    .map((count, at) => {
      if (count === 0) return ''
      const tall = Math.max(2, Math.round((count / most) * (height - above)))
      return `M${round(at * step)} ${height}v-${tall}h${round(bar)}v${tall}z`
    })
    .join('')
}

/** A line with gaps where nothing was measured. */
export function Line({
  values,
  peaks,
  times,
  says,
}: {
  values: readonly (number | null)[]
  peaks: readonly (number | null)[]
  times: Times
  says: string
}) {
  const most = Math.max(1, ...values.map((one) => one ?? 0), ...peaks.map((one) => one ?? 0))
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={says}>
      <path
        class="wait"
        fill="none"
        stroke="currentColor"
        stroke-dasharray="4 3"
        vector-effect="non-scaling-stroke"
        d={linePath(peaks, most)}
      />
      <path
        class="soft"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        vector-effect="non-scaling-stroke"
        d={linePath(values, most)}
      />
      <Parts
        times={times}
        values={values.map((value, at) =>
          value === null ? null : `${durationWords(value)} on average, ${durationWords(peaks[at] ?? value)} at most`,
        )}
      />
    </svg>
  )
}

function linePath(values: readonly (number | null)[], most: number): string {
  const step = WIDTH / Math.max(1, values.length)
  const heightOf = (value: number): number => round(HEIGHT - 2 - (value / most) * (HEIGHT - 6))
  const isThere = (at: number): boolean => (values[at] ?? null) !== null
  return values
    .map((value, at) => {
      if (value === null) return ''
      // One that stands alone is as wide as its part of the time.
      if (!isThere(at - 1) && !isThere(at + 1)) return `M${round(at * step)} ${heightOf(value)}h${round(step)}`
      return `${isThere(at - 1) ? 'L' : 'M'}${round(at * step + step / 2)} ${heightOf(value)}`
    })
    .join('')
}

const round = (one: number): number => Math.round(one * 100) / 100
