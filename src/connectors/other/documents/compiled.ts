import { compileExpression, type Find } from '../../../expressions/expression.ts'

/** Below the time limit of the process. */
const LONGEST_EVALUATION_MS = 10_000

/** @throws {ExpressionError} */
export function compiled(text: string): Find {
  return compileExpression(text, LONGEST_EVALUATION_MS)
}
