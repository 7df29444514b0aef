import { placesOf, type TicketPlace } from '../links/match.ts'
import type { LinkedTicket } from '../store/linked-tickets.ts'
import type { FeedStory } from './feed-story.ts'
import { ImportError } from './import-error.ts'
import type { WholeReading } from './reading.ts'

/** Returns the ids that are linked to stories already. */
export type FindLinked = (externalIds: readonly string[]) => Promise<ReadonlySet<string>>

/**
 * Finds linked tickets by the same rules by which deliveries find theirs, because PROJ-1 of one JIRA is not PROJ-1 of
 * another. The returned function throws an ImportError if the store cannot be read.
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

/**
 * A bit for each story of a reading, set for the linked ones. Asked for the whole reading, so that the answer's content
 * is known before it begins.
 */
export async function leftOutOf(reading: WholeReading, findLinked: FindLinked): Promise<Uint8Array> {
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

export async function* without(
  leftOut: Uint8Array,
  batches: AsyncIterable<readonly FeedStory[]>,
): AsyncGenerator<readonly FeedStory[], void, undefined> {
  let at = 0
  for await (const stories of batches) {
    const begin = at
    at += stories.length
    yield stories.filter((_, index) => ((leftOut[(begin + index) >> 3] ?? 0) & (1 << ((begin + index) & 7))) === 0)
  }
}

/** For a list that is still being read: asks for each batch as it comes. */
export async function* withoutLinked(
  findLinked: FindLinked,
  batches: AsyncIterable<readonly FeedStory[]>,
): AsyncGenerator<readonly FeedStory[], void, undefined> {
  for await (const stories of batches) {
    const linked = await findLinked(stories.map(({ external_id }) => external_id))
    yield stories.filter(({ external_id }) => !linked.has(external_id))
  }
}
