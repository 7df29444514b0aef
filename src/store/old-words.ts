import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import { inPieces } from './pieces.ts'

/**
 * Deletes the words that version 0.1.0 kept with the credentials until a post was known to be there: those of deliveries
 * that are delivered or gone. All others are still needed to recognise the post.
 */
export async function forgetOldWords(committer: Committer, reader: Knex): Promise<number> {
  const rows: { name: string }[] = await reader('credentials').select('name').where('name', 'like', '%/words/%')
  let forgotten = 0
  for (const some of inPieces(rows.map(({ name }) => name))) {
    const needed: { key: string }[] = await reader('deliveries')
      .select('key')
      .whereIn('key', some.map(keyIn))
      .whereNot('state', 'delivered')
    const keys = new Set(needed.map(({ key }) => key))
    const over = some.filter((name) => !keys.has(keyIn(name)))
    if (over.length === 0) continue
    forgotten += await committer.run(async ({ knex }) => await knex('credentials').whereIn('name', over).delete(), {
      names: over.map((name) => `credential ${name}`),
    })
  }
  return forgotten
}

const keyIn = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
