import { performance } from 'node:perf_hooks'
import { type BoundedProcess, startProcess } from './bounded-process.ts'
import { ExpressionError, type Place } from './expression.ts'

export interface EvaluatorLimits {
  /** Of one evaluation, in milliseconds. */
  readonly longestMs: number
  /** How long a value may wait for those before it, in milliseconds. */
  readonly longestWaitMs: number
  readonly mostMemoryMib: number
  /** Of the result as JSON, in characters. */
  readonly longestResult: number
}

export const EVALUATOR_LIMITS: EvaluatorLimits = {
  longestMs: 1000,
  longestWaitMs: 8000,
  mostMemoryMib: 128,
  longestResult: 1024 * 1024,
}

/** One expression in a process of its own, which is kept warm, so that none holds up another. */
export interface Evaluator {
  /**
   * What the expression makes of the value, as JSON would keep it; null for nothing. In the order of the calls.
   * @param names known to it as $name
   * @throws {ExpressionError} if it fails, or takes too long or too much memory
   */
  evaluate(value: unknown, names: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Ends the process after what was asked already. What is asked later starts it for that alone. */
  close(): Promise<void>
}

export type EvaluatorCall =
  | { readonly expression: string; readonly longestMs: number; readonly longestResult: number }
  | { readonly value: unknown; readonly names: Readonly<Record<string, unknown>> }

export type EvaluatorReply =
  | { readonly ready: true }
  | { readonly json: string | null }
  | { readonly problem: string; readonly place: Place | null }

/** Time for a loaded machine to start a process. */
const LONGEST_START_MS = 20_000
/** JSONata looks at the clock itself; what it cannot end so, such as a regular expression, is ended this much later. */
const GRACE_MS = 500

/** The process starts with the first value. @param steady milliseconds of a clock that nobody sets */
export function createEvaluator(
  expression: string,
  limits: EvaluatorLimits = EVALUATOR_LIMITS,
  steady: () => number = () => performance.now(),
): Evaluator {
  const { longestMs, longestWaitMs, mostMemoryMib, longestResult } = limits
  let child: BoundedProcess<EvaluatorCall, EvaluatorReply> | null = null
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function started(): Promise<BoundedProcess<EvaluatorCall, EvaluatorReply>> {
    if (child !== null && !child.hasEnded()) return child
    const begun = startProcess<EvaluatorCall, EvaluatorReply>(new URL('./evaluator-process.js', import.meta.url), {
      longestMs: longestMs + GRACE_MS,
      mostMemoryMib,
      mayEnd: true,
      late: (ms) =>
        ms === LONGEST_START_MS
          ? new Error(`the process of an expression did not start within ${ms / 1000} s`)
          : new ExpressionError(`takes longer than ${longestMs / 1000} s`),
      full: (mib, cause) => new ExpressionError(`takes more than ${mib} MiB of memory`, { cause }),
    })
    try {
      resultOf(await begun.call({ expression, longestMs, longestResult }, LONGEST_START_MS))
    } catch (error) {
      await begun.terminate()
      throw error
    }
    child = begun
    return begun
  }

  async function inTurn(value: unknown, names: Readonly<Record<string, unknown>>, since: number): Promise<unknown> {
    const waited = steady() - since
    if (waited > longestWaitMs)
      throw new ExpressionError(`was not evaluated within ${longestWaitMs / 1000} s, since others were before it`)
    const first = await started()
    try {
      return resultOf(await first.call({ value, names }))
    } catch (error) {
      if (error instanceof ExpressionError || !first.hasEnded()) throw error
    }
    // Somebody else ended it: a machine without memory takes it first, perhaps for what another program needed.
    const second = await started()
    try {
      return resultOf(await second.call({ value, names }))
    } catch (error) {
      if (error instanceof ExpressionError || !second.hasEnded()) throw error
      throw new ExpressionError('had its process ended twice from outside, as if no memory were left', { cause: error })
    }
  }

  function after<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  async function end(): Promise<void> {
    await child?.terminate()
    child = null
  }

  return {
    evaluate(value, names) {
      const since = steady()
      return after(async () => {
        try {
          return await inTurn(value, names, since)
        } finally {
          if (isClosed) await end()
        }
      })
    },
    async close() {
      isClosed = true
      await after(end)
    },
  }
}

/** @throws {ExpressionError} */
function resultOf(reply: EvaluatorReply): unknown {
  if ('problem' in reply) throw new ExpressionError(reply.problem, reply.place === null ? {} : { place: reply.place })
  return 'json' in reply && reply.json !== null ? JSON.parse(reply.json) : null
}
