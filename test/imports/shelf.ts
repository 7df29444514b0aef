import { Type } from 'typebox'
import { type Connector, defineConnector, type ExternalStory } from '../../src/connectors/contract/connector.ts'

type Pages = () => AsyncIterable<readonly ExternalStory[]>

/** A system with tickets, whose pages come when the test lets them. */
export interface Shelf {
  readonly connector: Connector
  /** How often somebody has begun to read it. */
  readonly reads: number
  /** How many readings came to their end, or were left off. */
  readonly ended: number
  /** What the next readings show. */
  show(pages: Pages | readonly (readonly ExternalStory[])[]): void
  /** The next readings fail at once. */
  fail(error: Error): void
}

/**
 * Each shelf is a connector of its own, by this name.
 * @param needsRow whether it says that an import lacks the row; a shelf without one shows nothing either way
 */
export function createShelf(name = 'shelf', needsRow = true): Shelf {
  let pages: Pages = async function* () {}
  let reads = 0
  let ended = 0

  async function* read(): AsyncGenerator<readonly ExternalStory[]> {
    reads += 1
    try {
      yield* pages()
    } finally {
      ended += 1
    }
  }

  const connector = defineConnector({
    name,
    title: 'A shelf',
    settings: Type.Object(
      {
        row: Type.Optional(Type.String({ description: 'Which row.' })),
        base_url: Type.Optional(Type.String({ description: 'Where its tickets are.' })),
        key: Type.Optional(Type.String({ description: 'What opens it.', writeOnly: true })),
      },
      { additionalProperties: false },
    ),
    configure: ({ row, base_url }) => ({
      tickets: { supersedes: () => true },
      imports: {
        storyTypes: { byType: { bug: 'bug', story: 'feature' }, otherwise: 'chore' },
        missing: row === undefined && needsRow ? 'row' : null,
      },
      ticketUrl: base_url ?? null,
      plan: () => [],
      open: () => (row === undefined ? {} : { stories: read }),
    }),
  })
  return {
    connector,
    get reads() {
      return reads
    },
    get ended() {
      return ended
    },
    show(next) {
      pages =
        typeof next === 'function'
          ? next
          : async function* () {
              yield* next
            }
    },
    fail(error) {
      pages = () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
      })
    },
  }
}

/** Opens once. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Tickets with these numbers. */
export function tickets(...numbers: readonly number[]): ExternalStory[] {
  return numbers.map((number) => ({
    externalId: `ENT-${number}`,
    name: `Ticket ${number}`,
    description: 'Beam it up.',
    requestedBy: 'James Kirk',
    createdAt: new Date('2008-12-10T00:00:00Z'),
    type: 'Bug',
    estimate: null,
  }))
}
