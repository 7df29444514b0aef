import type { Knex } from 'knex'
import type { DeliveryState } from '../delivery.ts'
import type { TakenRow } from '../delivery-row.ts'
import { inPieces } from '../pieces.ts'
import type { Finding, Insertion, LeaseStart, Row, Statement, Trx, Value } from './dialect.ts'
import { leaseStart, leaseValues, TAKEN_BODY, TAKEN_VALUES } from './lease-start.ts'
import type { SqliteConnection } from './prepared.ts'
import { asParameters, numbered, statement, textOf } from './sqlite-statements.ts'

/**
 * IMMEDIATE, since a transaction that reads before it writes fails at once, without waiting, if another process has
 * written meanwhile (https://www.sqlite.org/rescode.html#busy_snapshot). knex's own transaction cannot do that, and leaves
 * the connection in the transaction if COMMIT fails.
 */
export async function inTransaction<T>(connection: SqliteConnection, work: () => Promise<T>): Promise<T> {
  await statement(connection, 'BEGIN IMMEDIATE')
  try {
    const result = await work()
    await statement(connection, 'COMMIT')
    return result
  } catch (error) {
    // This fails if SQLite has rolled back by itself, because the disk is full or broken.
    await statement(connection, 'ROLLBACK').catch(() => {})
    throw error
  }
}

/** SQLite has one writer at a time, so transactions need no locks. */
export function trxOn(connection: SqliteConnection, knex: Knex): Trx {
  return {
    knex,
    slot: 0,
    stored: (at) => at,
    clock: 'caller',
    async hold() {},
    async lockTable() {},
    async insert<R>(into: Insertion, rows: readonly Row[]) {
      const sql = textOf(into)
      const inserted: R[] = []
      for (const some of inPieces(rows))
        inserted.push(...(await statement<R>(connection, sql, asParameters(into, some))))
      return inserted
    },
    async apply<R>(about: Statement, rows: readonly Row[], values: readonly Value[] = []) {
      return await statement<R>(connection, textOf(about), [JSON.stringify(rows), ...values])
    },
    async take({ statement: finding, rows, values }: Finding, lease: LeaseStart) {
      const given = rows === undefined ? [] : [JSON.stringify(rows)]
      const before = await statement<Before>(connection, textOf(finding), [...given, ...values])
      if (before.length === 0) return []
      const ids = JSON.stringify(before.map(({ id }) => id))
      const taken = await statement<{ values: string; raw: Buffer | null }>(connection, TAKE, [
        ids,
        ...leaseValues(lease),
      ])
      const found = new Map(before.map((each) => [each.id, each]))
      return taken.map(({ values, raw }) => {
        const row: TakenRow = JSON.parse(values)
        const { state = row.state, due_at: due = null } = found.get(row.id) ?? {}
        return Object.assign(row, { raw, before: state, before_due: due })
      })
    },
    async occupied(lanes) {
      const [found] = await statement<{ places: string }>(connection, OCCUPIED, [
        JSON.stringify(lanes.map(({ integration, lane }) => [integration, lane])),
      ])
      const places: readonly number[] = JSON.parse(found?.places ?? '[]')
      return places.flatMap((place) => lanes[place] ?? [])
    },
    forUpdate() {},
    forUpdateSkipLocked() {},
  }
}

interface Before {
  readonly id: number
  readonly state: DeliveryState
  readonly due_at: number | null
}

/** The driver takes twice as long for thirty columns as for one with their JSON. */
const TAKE = numbered(`${leaseStart(1)} where id in (select value from jsonb_each($1))
  returning json_object(${TAKEN_VALUES.map(([name, value]) => `'${name}', ${value}`).join(', ')}) as "values",
    ${TAKEN_BODY} as raw`)

/** One value, since the driver takes longer for each row than SQLite. */
const OCCUPIED = `with given (place, integration, lane) as (select key, value->>0, value->>1 from jsonb_each(?))
  select json_group_array(place) as places from given where exists (
    select 1 from lane_entries where lane_entries.integration = given.integration and lane_entries.lane = given.lane)`
