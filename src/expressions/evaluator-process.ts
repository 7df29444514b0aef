import { answerCalls } from './answer-calls.ts'
import type { EvaluatorCall, EvaluatorReply } from './evaluator.ts'
import { compileJsonata, ExpressionError, type Find } from './expression.ts'

// The process that `createEvaluator` starts.

let find: Find = () => undefined
let longestResult = 0

answerCalls((call: EvaluatorCall) => answer(call).catch(failed))

async function answer(call: EvaluatorCall): Promise<EvaluatorReply> {
  if ('expression' in call) {
    find = compileJsonata(call.expression, call.longestMs)
    longestResult = call.longestResult
    return { ready: true }
  }
  const json = JSON.stringify(await find(call.value, call.names)) ?? null
  if (json !== null && json.length > longestResult)
    throw new ExpressionError(`gives more than ${longestResult} characters of JSON`)
  return { json }
}

function failed(error: unknown): EvaluatorReply {
  if (error instanceof ExpressionError) return { problem: error.problem, place: error.place }
  // Such as a result that contains itself.
  return { problem: `cannot be evaluated: ${error instanceof Error ? error.message : String(error)}`, place: null }
}
