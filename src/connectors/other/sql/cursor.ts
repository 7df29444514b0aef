export type Row = Readonly<Record<string, unknown>>

/** The rows of a query, some at a time, so that only those are held; nothing can be changed through it. */
export interface Cursor {
  /** An empty list at the end. */
  next(count: number): Promise<readonly Row[]>
  /** Ends the query and whatever it holds in the database. */
  close(): Promise<void>
}
