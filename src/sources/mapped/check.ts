import type { Finding } from '../../connectors/contract/connector.ts'
import type { Evaluator } from '../../expressions/evaluator.ts'
import { ExpressionError } from '../../expressions/expression.ts'
import { enumerated } from '../kit/sentence.ts'
import type { StateMap } from '../kit/states.ts'

interface Checked {
  readonly evaluator: Pick<Evaluator, 'evaluate'>
  /** The tool that the expression comes for; null for one of the operator's own. */
  readonly of: string | null
  readonly headers: readonly string[]
  readonly states: StateMap
  readonly known: Readonly<Record<string, unknown>>
}

/**
 * What can be told of an expression without a body: whether it runs at all, what it reads, and what the states of the
 * settings mean. The tool's own states are nowhere to be asked.
 */
export async function checkMapped({ evaluator, of, headers, states, known }: Checked): Promise<Finding[]> {
  const setting = of === null ? 'expression' : 'tool'
  const reads = headers.length === 0 ? '' : `, and reads ${enumerated(headers.map((name) => `the header ${name}`))}`
  const named = Object.entries(states).map(([name, meaning]) => `${name} is ${wordOf(meaning)}`)
  return [
    (await runs(evaluator, known))
      ? { level: 'ok', setting, message: `the expression${of === null ? '' : ` for ${of}`} runs${reads}` }
      : { level: 'error', setting, message: 'the expression cannot be run: no process can be started for it' },
    {
      level: 'ok',
      setting: 'states',
      message: `${named.length === 0 ? 'none is named' : named.join(', ')}; any other is what the expression says, or only announced`,
    },
  ]
}

const wordOf = (meaning: string): string => (meaning === 'announce' ? 'only announced' : meaning)

/** An empty body may be a mistake for it, and that is an answer. */
async function runs(evaluator: Checked['evaluator'], known: Checked['known']): Promise<boolean> {
  try {
    await evaluator.evaluate({}, known)
    return true
  } catch (error) {
    return error instanceof ExpressionError
  }
}
