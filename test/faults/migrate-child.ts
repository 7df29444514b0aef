import { openDatabase } from '../../src/store/database.ts'
import { applyMigrations } from '../../src/store/migrate.ts'
import { type Death, dieAt } from './death.ts'

/** `node migrate-child.js FILE [DEATH]`: makes the tables, as far as it lives. */
const [, , file = '', death] = process.argv
/** A lock whose holder was killed is waited for. */
const PATIENCE_MS = 100
if (death !== undefined) dieAt(JSON.parse(death) as Death)
const database = openDatabase({ client: 'sqlite', file })
await applyMigrations(database.writer, PATIENCE_MS)
await database.close()
