import { parser } from '@prometheus-io/lezer-promql'
import type { createMetrics } from '../../src/observability/metrics.ts'

/** What an expression asks for: a metric, and the label matchers within its braces. */
export interface Selector {
  readonly metric: string
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[]
}

/**
 * Reads an expression with Prometheus's own grammar.
 * @throws {Error} for one that Prometheus could not parse
 */
export function selectorsOf(expression: string): Selector[] {
  const text = ({ from, to }: { from: number; to: number }): string => expression.slice(from, to)
  const selectors: Selector[] = []
  let matchers: Selector['matchers'][number][] = []
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at "${expression.slice(node.from)}": ${expression}`)
      if (node.name === 'VectorSelector') {
        matchers = []
        const name = node.node.getChild('Identifier')
        selectors.push({ metric: name === null ? '' : text(name), matchers })
      }
      if (node.name === 'UnquotedLabelMatcher') {
        const [label, operator, value] = ['LabelName', 'MatchOp', 'StringLiteral'].map((kind) => {
          const child = node.node.getChild(kind)
          return child === null ? '' : text(child)
        })
        matchers.push({ label: label ?? '', operator: operator ?? '', value: (value ?? '').slice(1, -1) })
      }
    },
  })
  return selectors
}

/** Every series name that the relay exposes, with its labels. */
export function seriesOf(metrics: ReturnType<typeof createMetrics>): Map<string, readonly string[]> {
  const series = new Map<string, readonly string[]>()
  for (const { name, type } of metrics.registry.getMetricsAsArray()) {
    const { labelNames } = metrics.registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] }
    // A histogram's type is a word in the exposition and a number in the library's own typing.
    if (String(type) !== 'histogram') series.set(name, labelNames)
    else {
      series.set(`${name}_bucket`, [...labelNames, 'le'])
      series.set(`${name}_sum`, labelNames)
      series.set(`${name}_count`, labelNames)
    }
  }
  return series
}
