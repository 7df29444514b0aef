import jsonata from 'jsonata'
import { ExpressionError } from './expression.ts'

export interface VariableFields {
  /** As written. */
  readonly names: readonly string[]
  /** True if the variable is also used in a way that does not tell which of its fields is read. */
  readonly usesOthers: boolean
}

/**
 * Which fields of a variable an expression reads: $headers."x-event" and $lookup($headers, "x-event").
 * @throws {ExpressionError}
 */
export function fieldsOfVariable(text: string, variable: string): VariableFields {
  const names = new Set<string>()
  let usesOthers = false

  function walk(node: unknown): void {
    if (!isNode(node)) return
    const known = fieldIn(node, variable)
    if (known !== null) names.add(known.name)
    else if (node.type === 'variable' && node.value === variable) usesOthers = true
    for (const each of known?.rest ?? Object.values(node)) walk(each)
  }

  walk(parsed(text))
  return { names: [...names], usesOthers }
}

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function fieldIn(node: Node, variable: string): { name: string; rest: readonly unknown[] } | null {
  const { type, steps, procedure } = node
  if (type === 'path' && Array.isArray(steps)) {
    const [first, second, ...others] = steps
    if (!isVariable(first, variable) || !isNode(second) || second.type !== 'name') return null
    const { type: _type, value, ...predicates } = second
    return { name: String(value), rest: [predicates, ...others] }
  }
  if (type === 'function' && isVariable(procedure, 'lookup') && Array.isArray(node.arguments)) {
    const [of, name] = node.arguments
    if (isVariable(of, variable) && isNode(name) && name.type === 'string')
      return { name: String(name.value), rest: [] }
  }
  return null
}

function isVariable(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'variable' && node.value === name && node.predicate === undefined
}

function parsed(text: string): unknown {
  try {
    return jsonata(text).ast()
  } catch (error) {
    throw new ExpressionError('must be a JSONata expression', { cause: error })
  }
}
