import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { body, CONTENT_TYPES, type Format } from './bodies.ts'
import { now } from './clock.ts'
import { percentile } from './samples.ts'

export interface Load {
  readonly origin: string
  readonly path: string
  readonly connections: number
  readonly format: Format
  /** Of the first activity; the others follow. */
  readonly first: number
  readonly count: number
  /** Activities a second; without it each connection sends its next one as soon as it has its answer. */
  readonly pace?: number
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** How many were answered with a success. */
  readonly accepted: number
  /** When each was sent, or was to be sent at the given pace: a sender that falls behind hides no waiting time. */
  readonly sentAt: Float64Array
  readonly began: number
}

/** A server that takes so long has lost the request. */
const LONGEST_ANSWER_MS = 60_000

/** Posts the activities over so many connections; those of one story over one of them, so that their order is certain. */
export async function load({ origin, path, connections, format, first, count, pace }: Load): Promise<LoadResult> {
  const bodies = Array.from({ length: count }, (_, index) => body(format, first + index))
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: LONGEST_ANSWER_MS })
  const headers = { 'content-type': CONTENT_TYPES[format] }
  const took = new Float64Array(count)
  const sentAt = new Float64Array(count)
  let accepted = 0
  const began = now()

  async function connection(start: number): Promise<void> {
    for (let index = start; index < count; index += connections) {
      const due = pace === undefined ? now() : began + (index / pace) * 1000
      if (due > now()) await pause(due - now())
      sentAt[index] = due
      const answer = await pool.request({ path, method: 'POST', headers, body: bodies[index] ?? null })
      await answer.body.dump()
      took[index] = now() - due
      if (answer.statusCode >= 200 && answer.statusCode < 300) accepted += 1
    }
  }

  try {
    await Promise.all(Array.from({ length: connections }, (_, start) => connection(start)))
  } finally {
    await pool.destroy()
  }
  const seconds = (now() - began) / 1000
  return {
    perSecond: count / seconds,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    accepted,
    sentAt,
    began,
  }
}
