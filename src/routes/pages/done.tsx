import type { FastifyReply } from 'fastify'
import type { ComponentChildren } from 'preact'
import { type Query, withQuery } from './page-api.ts'
import type { Visit } from './parts.ts'
import { Glyph } from './states.tsx'

/** How long a result is told: an address that is kept or shared says nothing later. */
const TOLD_MS = 60_000

/** Goes to a page that then tells what was done. @param more a number that belongs to it (`n`), and the page's filters */
export function goDone({ frame, go }: Visit, path: string, word: string, more: Query = {}): FastifyReply {
  return go(`${withQuery(path, { ...more, done: word, at: Math.floor(frame.now / 1000) })}#result`)
}

interface DoneProps {
  readonly visit: Visit
  /** By the word that the address brings; of any other word nothing is shown. @param n 0 if there is none */
  readonly results: Readonly<Record<string, (n: number) => ComponentChildren>>
}

/** What was done just now. */
export function Done({ visit: { frame, query }, results }: DoneProps) {
  const { done = '', at = '', n = '' } = query
  const isRecent = /^\d{1,12}$/.test(at) && Math.abs(frame.now - Number(at) * 1000) < TOLD_MS
  const says = Object.hasOwn(results, done) ? results[done] : undefined
  if (says === undefined || !isRecent) return null
  return <Result>{says(/^\d{1,15}$/.test(n) ? Number(n) : 0)}</Result>
}

export function Result({ tone = 'fine', children }: { tone?: 'fine' | 'fail'; children: ComponentChildren }) {
  return (
    <p class={`notice ${tone} say`} role="status" id="result" tabindex={-1}>
      <Glyph name={tone === 'fine' ? 'delivered' : 'held'} />
      <span>{children}</span>
    </p>
  )
}
