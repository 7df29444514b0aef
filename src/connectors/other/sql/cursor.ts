export type Row = Readonly<Record<string, unknown>>

/** The rows of a query, a few at a time; nothing can be changed through it. */
export interface Cursor {
  /** None at the end. */
  next(count: number): Promise<readonly Row[]>
  close(): Promise<void>
}
