import pg from 'pg'
import sqlite3 from 'sqlite3'

/** Looks into a relay's database past all of the relay's own code. */
export interface JournalFile {
  readonly kind: 'sqlite' | 'postgres'
  all<T>(sql: string, ...parameters: readonly unknown[]): Promise<T[]>
  close(): Promise<void>
}

export async function openJournalFile(path: string, kind: 'existing' | 'new' = 'existing'): Promise<JournalFile> {
  const mode = sqlite3.OPEN_READWRITE | (kind === 'new' ? sqlite3.OPEN_CREATE : 0)
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(path, mode, (error) =>
      error === null ? resolve(opened) : reject(error),
    )
  })
  const file: JournalFile = {
    kind: 'sqlite',
    all: <T>(sql: string, ...parameters: readonly unknown[]) =>
      new Promise<T[]>((resolve, reject) => {
        database.all<T>(sql, parameters, (error, rows) => (error === null ? resolve(rows) : reject(error)))
      }),
    close: () =>
      new Promise((resolve, reject) => {
        database.close((error) => (error === null ? resolve() : reject(error)))
      }),
  }
  await file.all('pragma busy_timeout = 10000')
  return file
}

/** The same for a database on a PostgreSQL server. */
export async function openJournalServer(url: string): Promise<JournalFile> {
  const client = new pg.Client({
    connectionString: url,
    types: {
      // Numbers of 64 bits, which pg hands out as text.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    },
  })
  await client.connect()
  return {
    kind: 'postgres',
    all: async <T>(sql: string, ...parameters: readonly unknown[]) =>
      (await client.query(sql, [...parameters])).rows as T[],
    close: () => client.end(),
  }
}

/** What SQLite calls `json_each(x.lanes) as lane`. */
const LANES_OF = 'jsonb_array_elements_text($1.lanes::jsonb) as lane(value)'

/**
 * Each promise that the tables make to each other, as a query for the rows that break it. Together they say that
 * nothing was written by halves, whatever struck.
 */
const BROKEN: Readonly<Record<string, string>> = {
  'an open delivery is missing from one of its lanes': `
    select deliveries.id, lane.value as lane from deliveries, json_each(deliveries.lanes) as lane
    where settled_at is null and not exists (select 1 from lane_entries as e where e.delivery_id = deliveries.id
      and e.integration = deliveries.integration and e.lane = lane.value)`,
  'a lane holds a delivery that is settled, missing or of another lane': `
    select e.* from lane_entries as e left join deliveries as d on d.id = e.delivery_id
    where d.id is null or d.settled_at is not null or d.integration <> e.integration
      or not exists (select 1 from json_each(d.lanes) as lane where lane.value = e.lane)`,
  'a delivery that is first in all its lanes will never be due': `
    select id from deliveries as d where settled_at is null and due_at is null and not exists (
      select 1 from lane_entries as own join lane_entries as before
        on before.integration = own.integration and before.lane = own.lane and before.delivery_id < own.delivery_id
      where own.delivery_id = d.id)`,
  'a delivery is due before its turn': `
    select d.id from deliveries as d where due_at is not null and exists (
      select 1 from lane_entries as own join lane_entries as before
        on before.integration = own.integration and before.lane = own.lane and before.delivery_id < own.delivery_id
      where own.delivery_id = d.id)`,
  'a state contradicts the times': `
    select id, state from deliveries
    where (state in ('delivered', 'skipped', 'dead')) <> (settled_at is not null)
      or (settled_at is not null and due_at is not null)
      or (state = 'delivering') <> (token is not null)`,
  'the counts are off': `
    select integration, state, sum(n) as difference from (
      select integration, state, count as n from delivery_counts
      union all select integration, state, -count(*) from deliveries group by integration, state
    ) as counted group by integration, state having sum(n) <> 0`,
  'a settled delivery has no attempt on record': `
    select id from deliveries as d where settled_at is not null
      and not exists (select 1 from attempts where delivery_id = d.id and number = d.attempts)`,
  'an attempt is recorded twice': 'select delivery_id, number from attempts group by 1, 2 having count(*) > 1',
}

/** What SQLite can say of its file; PostgreSQL checks references by itself. */
const BROKEN_FILE: Readonly<Record<string, string>> = {
  'the file is damaged': "select integrity_check as what from pragma_integrity_check where integrity_check <> 'ok'",
  'a row refers to a missing one': 'select * from pragma_foreign_key_check',
}

/** @returns a line for each promise that is broken, with the rows that break it */
export async function brokenPromises(file: JournalFile): Promise<string[]> {
  const isServer = file.kind === 'postgres'
  const broken: string[] = []
  for (const [promise, query] of Object.entries(isServer ? BROKEN : { ...BROKEN_FILE, ...BROKEN })) {
    const rows = await file.all(isServer ? query.replaceAll(/json_each\((\w+)\.lanes\) as lane/g, LANES_OF) : query)
    if (rows.length > 0) broken.push(`${promise}: ${JSON.stringify(rows.slice(0, 5))}`)
  }
  return broken
}
