import type { DeliveryAnswer } from '../api/deliveries.ts'

/** What colour means: nothing else has one. */
export type Tone = 'fine' | 'wait' | 'fail' | 'dead' | 'off'

export type GlyphName =
  | 'delivered'
  | 'confirmed'
  | 'part'
  | 'pending'
  | 'delivering'
  | 'waiting'
  | 'failed'
  | 'doubt'
  | 'held'
  | 'skipped'
  | 'paused'
  | 'none'
  | 'dead'

export interface Shown {
  readonly word: string
  readonly glyph: GlyphName
  readonly tone: Tone
}

const shown = (word: string, glyph: GlyphName, tone: Tone): Shown => ({ word, glyph, tone })

/** Each state has a word, a glyph of its own shape and a colour. */
export const STATES = {
  delivered: shown('delivered', 'delivered', 'fine'),
  running: shown('running', 'delivered', 'fine'),
  confirmed: shown('confirmed', 'confirmed', 'fine'),
  'in part': shown('in part', 'part', 'fail'),
  pending: shown('pending', 'pending', 'wait'),
  delivering: shown('delivering', 'delivering', 'wait'),
  waiting: shown('waiting', 'waiting', 'wait'),
  failed: shown('failed', 'failed', 'fail'),
  'in doubt': shown('in doubt', 'doubt', 'fail'),
  held: shown('held', 'held', 'fail'),
  skipped: shown('skipped', 'skipped', 'off'),
  superseded: shown('superseded', 'skipped', 'off'),
  paused: shown('paused', 'paused', 'off'),
  capped: shown('day cap reached', 'waiting', 'wait'),
  'not configured': shown('not in the config', 'held', 'fail'),
  'not concerned': shown('not concerned', 'none', 'off'),
  dead: shown('dead', 'dead', 'dead'),
} as const satisfies Record<string, Shown>

export type StateName = keyof typeof STATES

/** A delivery's state as a person wants to know it. */
export function stateOf(delivery: Pick<DeliveryAnswer, 'state' | 'in_doubt_since' | 'note'>): StateName {
  const { state, in_doubt_since, note } = delivery
  if (in_doubt_since !== null && (state === 'waiting' || state === 'held' || state === 'pending')) return 'in doubt'
  if (state === 'skipped' && note?.startsWith('superseded') === true) return 'superseded'
  if (state === 'delivered' && note?.includes('the comment alone: ') === true) return 'in part'
  if (state === 'delivered' && note?.startsWith('found at the target after a doubt') === true) return 'confirmed'
  return state
}

/** Who needs somebody comes first. */
export const NEED: readonly StateName[] = [
  'dead',
  'held',
  'not configured',
  'in doubt',
  'failed',
  'waiting',
  'capped',
  'pending',
  'delivering',
  'paused',
  'in part',
  'confirmed',
  'delivered',
  'running',
  'superseded',
  'skipped',
  'not concerned',
]

export function Glyph({ name, tone, beats }: { name: GlyphName; tone?: Tone; beats?: boolean }) {
  return (
    <svg
      class={`i${tone === undefined ? '' : ` ${tone}`}${beats === true ? ' beat' : ''}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <use href={`#${name}`} />
    </svg>
  )
}

export function State({ state, word }: { state: StateName; word?: string }) {
  const { tone, glyph, word: usual } = STATES[state]
  return (
    <span class={`st ${tone}`}>
      <Glyph name={glyph} />
      {word ?? usual}
    </span>
  )
}

/** The shapes that `Glyph` uses, once in each page. */
export function Glyphs() {
  return (
    <svg width="0" height="0" class="vh" aria-hidden="true" focusable="false">
      <Shape id="delivered" round d="m5 8.2 2.2 2.2L11.2 6" />
      <Shape id="confirmed" round d="m3.6 8.3 2 2.1L9 6.2M8 10.3l.2.1 4-4.6" />
      <Shape id="part" round d="M8 1.5v13" />
      <Shape id="pending" round d="M5 8h0M8 8h0M11 8h0" />
      <Shape id="delivering" round d="M4.6 8h6.6M8.6 5.2 11.4 8l-2.8 2.8" />
      <Shape id="waiting" round d="M8 4.3V8l2.6 1.7" />
      <Shape id="failed" round d="m5.6 5.6 4.8 4.8M10.4 5.6l-4.8 4.8" />
      <Shape id="doubt" round d="M6.2 6.3c0-2.4 3.7-2.3 3.7 0 0 1.3-1.9 1.3-1.9 2.9M8 11.5h0" />
      <Shape id="held" d="M8 1.7 15 14H1zM8 6.3v3.4M8 11.8h0" />
      <Shape id="skipped" round d="m3.5 12.5 9-9" />
      <symbol id="paused" viewBox="0 0 16 16">
        <rect x="1.7" y="1.7" width="12.6" height="12.6" rx="2" />
        <path d="M6.2 5.4v5.2M9.8 5.4v5.2" />
      </symbol>
      <Shape id="none" d="M6 8h4" />
      <Shape id="dead" d="M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.5 5.5l5 5M10.5 5.5l-5 5" />
    </svg>
  )
}

function Shape({ id, round, d }: { id: GlyphName; round?: true; d: string }) {
  return (
    <symbol id={id} viewBox="0 0 16 16">
      {round === true ? <circle cx="8" cy="8" r="6.5" /> : null}
      <path d={d} />
    </symbol>
  )
}
