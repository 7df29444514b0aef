import type { Tone } from './states.tsx'

/** How many, in each part of the time; the oldest first. */
type Counts = readonly number[]

interface BarsProps {
  readonly counts: Counts
  readonly tone?: Tone
  /** What it shows, in a sentence. */
  readonly says: string
}

const WIDTH = 240
const HEIGHT = 56

/**
 * Bars, drawn here and not by a script: they are there at once, without scripts and in print, take their colour from the
 * page, and weigh what they show.
 */
export function Bars({ counts, tone, says }: BarsProps) {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={says}>
      <path class={tone ?? 'soft'} fill="currentColor" d={barsPath(counts, WIDTH, HEIGHT, 4)} />
    </svg>
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
  says,
}: {
  values: readonly (number | null)[]
  peaks: readonly (number | null)[]
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
    </svg>
  )
}

function linePath(values: readonly (number | null)[], most: number): string {
  const step = WIDTH / Math.max(1, values.length)
  let path = ''
  let isDown = false
  values.forEach((value, at) => {
    if (value === null) {
      isDown = false
      return
    }
    const x = round(at * step + step / 2)
    const y = round(HEIGHT - 2 - (value / most) * (HEIGHT - 6))
    // A single one is a dot.
    path += isDown ? `L${x} ${y}` : `M${x} ${y}h.01`
    isDown = true
  })
  return path
}

const round = (one: number): number => Math.round(one * 100) / 100
