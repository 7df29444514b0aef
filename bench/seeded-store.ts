import { closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs'
import { request } from 'undici'
import { body, CONTENT_TYPES, FIRST_STORY } from './bodies.ts'
import { databaseIn, HOOK, NOWHERE, startRelay, webhook } from './relay-process.ts'
import { openFile, type Sqlite } from './sqlite.ts'

/** Of the activity that all others are copies of; neither stands for anything else in a row. */
const SAMPLE_NUMBER = 4_444_444
const SAMPLE_STORY = 7_777_777

export interface Seed {
  readonly first: number
  readonly count: number
  readonly stories: number
}

/**
 * Fills the database of a folder with activities whose delivery by the integration "hook" waits. The relay stores one
 * itself, so that the rows are its own whatever its tables are, and SQL copies it with other numbers.
 */
export async function seedStore(folder: string, seed: Seed): Promise<void> {
  const relay = await startRelay({ folder, integrations: { hook: webhook(NOWHERE) } })
  try {
    await relay.hold('hook')
    const headers = { 'content-type': CONTENT_TYPES.xml }
    const sample = body('xml', SAMPLE_NUMBER, SAMPLE_STORY)
    const answer = await request(relay.origin + HOOK, { method: 'POST', headers, body: sample })
    await answer.body.dump()
    if (answer.statusCode !== 202) throw new Error(`the sample was answered ${answer.statusCode}`)
  } finally {
    await relay.stop()
  }
  const database = await openFile(databaseIn(folder))
  try {
    await copySample(database, seed)
  } finally {
    await database.close()
  }
}

/** Onto the disk, so that no commit has to wait for it. */
export function copyStore(from: string, to: string): void {
  copyFileSync(databaseIn(from), databaseIn(to))
  const descriptor = openSync(databaseIn(to), 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

async function copySample(database: Sqlite, seed: Seed): Promise<void> {
  // Nothing in it is worth keeping if the machine stops now.
  await database.all('pragma synchronous = off')
  await database.all('pragma cache_size = -200000')
  await database.all('begin immediate')
  await copyRows(database, 'activities', seed, { id: 'n' })
  const isFirst = `n < ${seed.first + seed.stories}`
  await copyRows(database, 'deliveries', seed, {
    id: 'n',
    activity_id: 'n',
    key: "'dlv_' || printf('%024d', n)",
    due_at: `iif(${isFirst}, due_at, null)`,
  })
  await copyRows(database, 'lane_entries', seed, { delivery_id: 'n' })
  await copyRows(database, 'stories', { ...seed, count: seed.stories }, {})
  await database.all(`delete from stories where id = '${SAMPLE_STORY}'`)
  for (const table of ['lane_entries', 'deliveries', 'activities'])
    await database.all(`delete from ${table} where ${table === 'lane_entries' ? 'delivery_id' : 'id'} < ${seed.first}`)
  await database.all(`delete from delivery_counts`)
  await database.all(`insert into delivery_counts (integration, state, count) values ('hook', 'pending', ?)`, [
    seed.count,
  ])
  // The pause, with which it was stored.
  await database.all(`delete from integration_states`)
  await database.all('commit')
  await database.all('pragma wal_checkpoint(truncate)')
}

async function copyRows(
  database: Sqlite,
  table: string,
  { first, count, stories }: Seed,
  own: Readonly<Record<string, string>>,
): Promise<void> {
  const columns = (await database.all<{ name: string; type: string }>(`pragma table_info(${table})`)).map(
    ({ name, type }) => ({ name: `"${name}"`, value: own[name] ?? copied(name, type, stories) }),
  )
  await database.all(
    `with recursive numbers (n) as (select ${first} union all select n + 1 from numbers where n < ${first + count - 1})
     insert into ${table} (${columns.map(({ name }) => name).join(', ')})
     select ${columns.map(({ value }) => value).join(', ')} from numbers, (select * from ${table} limit 1) as sample`,
  )
}

function copied(name: string, type: string, stories: number): string {
  const numbered = (value: string) =>
    `replace(replace(${value}, '${SAMPLE_NUMBER}', n), '${SAMPLE_STORY}', ${FIRST_STORY} + n % ${stories})`
  if (/blob/i.test(type)) return `cast(${numbered(`cast("${name}" as text)`)} as blob)`
  return /char|text/i.test(type) ? numbered(`"${name}"`) : `"${name}"`
}
