import jsonata from 'jsonata'
import { oneLine } from '../connectors/kit/one-line.ts'

const DEEPEST_CALL = 500
const LONGEST_SEQUENCE = 1_000_000

/** `names` are known to an expression as $name. */
export type Find = (value: unknown, names?: Readonly<Record<string, unknown>>) => unknown

/** Where in an expression something is, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** An expression that cannot be compiled, or that failed. */
export class ExpressionError extends Error {
  /** Null if JSONata did not tell where it is. */
  readonly place: Place | null
  /** The message without the place. */
  readonly problem: string
  constructor(problem: string, details: { readonly position?: number; readonly place?: Place; cause?: unknown } = {}) {
    const { position, place = null } = details
    super(position === undefined ? problem : `${problem}, at character ${position}`, { cause: details.cause })
    this.name = 'ExpressionError'
    this.problem = problem
    this.place = place
  }
}

/**
 * Takes a JSON pointer (RFC 6901), which begins with a slash, or a JSONata expression, which never does.
 * @param longestMs after which an evaluation is ended; what does not look at the clock, such as a regular expression,
 * ends with the process alone
 * @throws {ExpressionError} also from the result, which may return a promise
 */
export function compileExpression(text: string, longestMs: number): Find {
  return text.startsWith('/') ? pointer(text) : compileJsonata(text, longestMs)
}

function pointer(text: string): Find {
  if (/~(?![01])/.test(text)) throw new ExpressionError('must be a JSON pointer, in which "~" is written as ~0')
  const steps = text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return (value) => steps.reduce<unknown>(child, value)
}

function child(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(step)) return undefined
  return (value as Record<string, unknown>)[step]
}

/** @throws {ExpressionError} as `compileExpression` */
export function compileJsonata(text: string, longestMs: number): Find {
  const compiled = parsed(text, longestMs)
  return async (value, names = {}) => {
    try {
      return await compiled.evaluate(value, { ...names })
    } catch (error) {
      throw failed('cannot be evaluated', error, text)
    }
  }
}

function parsed(text: string, longestMs: number): jsonata.Expression {
  try {
    return jsonata(text, { timeout: longestMs, stack: DEEPEST_CALL, sequence: LONGEST_SEQUENCE })
  } catch (error) {
    throw failed('must be a JSONata expression', error, text)
  }
}

/** JSONata throws plain objects. */
function failed(what: string, error: unknown, text: string): ExpressionError {
  if (typeof error !== 'object' || error === null) return new ExpressionError(`${what}: ${String(error)}`)
  const said = 'message' in error && typeof error.message === 'string' ? oneLine(error.message) : 'unknown reason'
  if (!('position' in error) || typeof error.position !== 'number') return new ExpressionError(`${what}: ${said}`)
  const { position } = error
  return new ExpressionError(`${what}: ${said}`, { position, place: placeAt(text, position), cause: error })
}

/** @param position as JSONata counts: the number of characters up to the end of the word that it stumbled over */
function placeAt(text: string, position: number): Place {
  const lines = text.slice(0, Math.max(0, position - 1)).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
