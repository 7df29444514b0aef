import sqlite3 from 'sqlite3'

type Value = string | number | Buffer | null

/** A database file of the relay, opened beside it. */
export interface Sqlite {
  all<R>(sql: string, values?: readonly Value[]): Promise<R[]>
  close(): Promise<void>
}

export async function openFile(file: string): Promise<Sqlite> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) => {
      if (error === null) resolve(opened)
      else reject(error)
    })
  })
  database.configure('busyTimeout', 5000)
  return {
    all<R>(sql: string, values: readonly Value[] = []) {
      return new Promise<R[]>((resolve, reject) => {
        database.all<R>(sql, values, (error, rows = []) => {
          if (error === null) resolve(rows)
          else reject(error)
        })
      })
    },
    close: () =>
      new Promise((resolve, reject) => {
        database.close((error) => (error === null ? resolve() : reject(error)))
      }),
  }
}
