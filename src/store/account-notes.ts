import type { Knex } from 'knex'
import type { Committer } from './committer.ts'

export async function loadNote(reader: Knex, name: string): Promise<string | null> {
  const row: { note: string } | undefined = await reader('account_notes').where({ name }).first('note')
  return row?.note ?? null
}

export function saveNote(committer: Committer, name: string, note: string, now: number): Promise<void> {
  return committer.run(async ({ knex }) => {
    await knex('account_notes').insert({ name, note, saved_at: now }).onConflict('name').merge(['note', 'saved_at'])
  }, orderOf(name))
}

export function forgetNote(committer: Committer, name: string): Promise<void> {
  return committer.run(async ({ knex }) => {
    await knex('account_notes').where({ name }).delete()
  }, orderOf(name))
}

const orderOf = (name: string) => ({ names: [`note ${name}`] })
