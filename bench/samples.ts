/** What was measured, by row and measure, once in each round. */
export class Samples {
  readonly #rows = new Map<string, Map<string, number[]>>()

  add(row: string, measures: Readonly<Record<string, number>>): void {
    const known = this.#rows.get(row) ?? new Map<string, number[]>()
    this.#rows.set(row, known)
    for (const [measure, value] of Object.entries(measures)) {
      const values = known.get(measure) ?? []
      known.set(measure, values)
      values.push(value)
    }
  }

  rows(): string[] {
    return [...this.#rows.keys()]
  }

  /** The median over the rounds; undefined if it was never measured. */
  median(row: string, measure: string): number | undefined {
    const values = this.#rows.get(row)?.get(measure)
    return values === undefined ? undefined : percentile(values, 0.5)
  }

  /** The rows as they are kept, for programs. */
  toJSON(): Record<string, Record<string, number[]>> {
    return Object.fromEntries([...this.#rows].map(([row, measures]) => [row, Object.fromEntries(measures)]))
  }
}

/** @param part from 0 to 1 */
export function percentile(values: ArrayLike<number>, part: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
