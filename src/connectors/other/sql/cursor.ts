export type Row = Readonly<Record<string, unknown>>

export interface Cursor {
  next(count: number): Promise<readonly Row[]>
  close(): Promise<void>
}
