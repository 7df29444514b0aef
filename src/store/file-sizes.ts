/** The files of a SQLite database: itself, and its write-ahead log. */
export const STORE_FILES = ['database', 'wal'] as const

/** In bytes. */
export type FileSizes = Readonly<Record<(typeof STORE_FILES)[number], number>>
