import type { Path } from './path.ts'

/** What no schema of a single part can say. */
export interface Remark {
  readonly path: Path
  /** Whether it is the key that is wrong, not the value. */
  readonly atKey?: boolean
  readonly expected: string | null
  readonly found: string | null
  readonly suggestion?: string | null
  readonly message?: string
}
