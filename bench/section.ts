import type { Samples } from './samples.ts'
import type { SelfCheck } from './self-check.ts'
import type { Sink } from './sink-process.ts'
import type { Sizes } from './sizes.ts'

/** What every section works with. */
export interface Bench {
  readonly sizes: Sizes
  /** Shared by all, emptied for each run. */
  readonly sink: Sink
  readonly check: SelfCheck
  /** A folder that nobody has used, removed at the end. */
  folder(): string
  /** Numbers that no activity has had yet. @returns the first of them */
  numbers(count: number): number
  say(line: string): void
}

export interface Section {
  readonly name: string
  readonly title: string
  /** What is measured, and how to read it. */
  readonly explanation: string
  measure(bench: Bench): Promise<Measured>
}

export interface Measured {
  readonly samples: Samples
  readonly columns: readonly Column[]
  readonly bars?: readonly Bar[]
  /** Lines under the table. */
  readonly notes?: readonly string[]
}

export interface Column {
  /** The measure's name in the samples. */
  readonly measure: string
  readonly digits?: number
}

/** What the relay should reach; missed ones are told, and are no failure, since times are a matter of the machine. */
export interface Bar {
  readonly what: string
  readonly found: number | undefined
  readonly atLeast?: number
  readonly atMost?: number
}
