import { type ConfigOptions, migrateDatabase, placeOf, readConfig } from './environment.ts'
import { print } from './print.ts'
import { times } from './report.ts'

/** `tracker-relay migrate`: makes the database, or brings it up to date. */
export async function migrate(options: ConfigOptions & { json?: boolean }): Promise<void> {
  const config = await readConfig(options)
  const applied = await migrateDatabase(config)
  const database = placeOf(config.database)
  if (options.json === true) print(JSON.stringify({ database, applied }))
  else print(`the database ${database} is up to date (${times(applied.length, 'migration')} applied)`)
}
