import jsonata from 'jsonata'
import { oneLine } from '../../kit/one-line.ts'

/** Below the time limit of the thread, which ends what does not watch a clock, such as a regular expression. */
const LONGEST_EVALUATION_MS = 10_000
const DEEPEST_CALL = 500
const LONGEST_SEQUENCE = 1_000_000

/** `names` are known to an expression as $name. */
export type Find = (value: unknown, names?: Readonly<Record<string, unknown>>) => unknown

export class ExpressionError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ExpressionError'
  }
}

/**
 * Takes a JSON pointer (RFC 6901), which begins with a slash, or a JSONata expression, which never does.
 * @throws {ExpressionError} also from the result, which may return a promise
 */
export function compileExpression(text: string): Find {
  return text.startsWith('/') ? pointer(text) : expression(text)
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

function expression(text: string): Find {
  const compiled = parsed(text)
  return async (value, names = {}) => {
    try {
      return await compiled.evaluate(value, { ...names })
    } catch (error) {
      throw new ExpressionError(`cannot be evaluated: ${reason(error)}`, error)
    }
  }
}

function parsed(text: string): jsonata.Expression {
  try {
    return jsonata(text, { timeout: LONGEST_EVALUATION_MS, stack: DEEPEST_CALL, sequence: LONGEST_SEQUENCE })
  } catch (error) {
    throw new ExpressionError(`must be a JSONata expression: ${reason(error)}`, error)
  }
}

/** JSONata throws plain objects. A message may quote a ticket, so it is cut. */
function reason(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const said = 'message' in error && typeof error.message === 'string' ? oneLine(error.message) : 'unknown reason'
  return 'position' in error && typeof error.position === 'number' ? `${said}, at character ${error.position}` : said
}
