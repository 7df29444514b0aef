import type { Knex } from 'knex'
import type { Committer } from './committer.ts'

export async function loadSealed(reader: Knex, name: string): Promise<string | null> {
  const row: { sealed: string } | undefined = await reader('credentials').where({ name }).first('sealed')
  return row?.sealed ?? null
}

export function saveSealed(committer: Committer, name: string, sealed: string, now: number): Promise<void> {
  return committer.run(async ({ knex }) => {
    await knex('credentials').insert({ name, sealed, saved_at: now }).onConflict('name').merge(['sealed', 'saved_at'])
  }, orderOf(name))
}

export function forgetSealed(committer: Committer, name: string): Promise<void> {
  return committer.run(async ({ knex }) => {
    await knex('credentials').where({ name }).delete()
  }, orderOf(name))
}

export async function sealedNames(reader: Knex): Promise<string[]> {
  const rows: { name: string }[] = await reader('credentials').select('name').orderBy('name')
  return rows.map(({ name }) => name)
}

/** False if `before` is not stored any more. */
export function replaceSealed(committer: Committer, name: string, before: string, after: string): Promise<boolean> {
  return committer.run(
    async ({ knex }) => (await knex('credentials').where({ name, sealed: before }).update({ sealed: after })) === 1,
    orderOf(name),
  )
}

const orderOf = (name: string) => ({ names: [`credential ${name}`] })
