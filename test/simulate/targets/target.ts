import type { Request } from '../../../src/http/send.ts'

/** A system that the relay writes to, as the simulated network reaches it. */
export interface Target {
  readonly host: string
  /** Acts on a request that has arrived. @param at the target's own clock */
  handle(request: Request, at: number): Answer
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** What was written, in a few words; absent if nothing was. */
  readonly wrote?: string
}

/** What the body of a write has if the target never takes it, and answers 500 or 422. */
export const POISON = 'poison'
export const UNWELCOME = 'unwelcome'

export function textOf({ body = '' }: Request): string {
  return body.toString()
}
