import { placesOf, type TicketPlace } from '../links/match.ts'
import type { LinkedTicket } from '../store/linked-tickets.ts'
import type { FeedStory } from './feed-story.ts'
import { ImportError } from './import-error.ts'
import type { WholeReading } from './reading.ts'

/** Of these ids, the ones whose tickets are stories already. */
export type FindLinked = (externalIds: readonly string[]) => Promise<ReadonlySet<string>>

/**
 * PROJ-1 of one JIRA is not PROJ-1 of another: what is linked is found by the rules that deliveries find their tickets
 * by. What it gives throws an ImportError when the store cannot be read.
 */
export function createFindLinked(parts: {
  readonly integration: string
  linkedTickets(externalIds: readonly string[]): Promise<readonly LinkedTicket[]>
  /** Where the tickets of the project's stories can be, this integration among them. */
  places(projectId: string): readonly TicketPlace[]
}): FindLinked {
  return async (externalIds) => {
    const links = await parts.linkedTickets(externalIds).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new ImportError('store', `the links of stories cannot be read: ${why}`, 5000, error)
    })
    return new Set(
      links
        .filter((link) => placesOf(link, parts.places(link.projectId)).some(({ name }) => name === parts.integration))
        .map(({ externalId }) => externalId),
    )
  }
}

/** A bit for each story of a reading, in their order; set for those that are left out. */
export type LeftOut = Uint8Array

/** Asks for the whole reading at once, so that it is known before the answer begins what will be in it. */
export async function leftOutOf(reading: WholeReading, findLinked: FindLinked): Promise<LeftOut> {
  const bits = new Uint8Array(Math.ceil(reading.stories / 8))
  let at = 0
  for await (const ids of reading.ids()) {
    const linked = await findLinked(ids)
    for (const id of ids) {
      if (linked.has(id)) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7))
      at += 1
    }
  }
  return bits
}

/** The stories that are not left out. */
export async function* without(
  leftOut: LeftOut,
  batches: AsyncIterable<readonly FeedStory[]>,
): AsyncGenerator<readonly FeedStory[], void, undefined> {
  let at = 0
  for await (const stories of batches) {
    const begin = at
    at += stories.length
    yield stories.filter((_, index) => ((leftOut[(begin + index) >> 3] ?? 0) & (1 << ((begin + index) & 7))) === 0)
  }
}

/** For what is not known as a whole yet: asks for each batch as it comes. */
export async function* withoutLinked(
  findLinked: FindLinked,
  batches: AsyncIterable<readonly FeedStory[]>,
): AsyncGenerator<readonly FeedStory[], void, undefined> {
  for await (const stories of batches) {
    const linked = await findLinked(stories.map(({ external_id }) => external_id))
    yield stories.filter(({ external_id }) => !linked.has(external_id))
  }
}
