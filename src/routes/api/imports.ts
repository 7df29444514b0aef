import { type Static, Type } from 'typebox'
import type { Feed } from '../../imports/feed.ts'
import type { FeedStory } from '../../imports/feed-story.ts'
import { ImportError } from '../../imports/import-error.ts'
import { IMPORT_FAILURES } from '../imports.ts'
import { Nothing } from './deliveries.ts'
import { found, ProblemError } from './problem-error.ts'
import { isoOrNull, Name, named, nullable, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface KnownImport {
  readonly integration: string
  readonly type: string
  readonly access: 'public' | 'login' | 'secret'
  /** Null: its settings name no tickets to import. */
  readonly feed: Feed | null
}

export interface ImportApiParts {
  imports(): Promise<readonly KnownImport[]>
}

const ImportShape = named(
  'Import',
  Type.Object(
    {
      integration: Type.String(),
      type: Type.String(),
      access: word(['public', 'login', 'secret'], 'What its URL asks for.'),
      ready: Type.Boolean({ description: 'Its settings name the tickets to import.' }),
      reading: Type.Boolean({ description: 'Its source is being read.' }),
      read_at: nullable(time('When the list that is shown was read to its end.')),
      tickets: nullable(
        Type.Integer({ minimum: 0, description: 'How many it has, those that are linked already too.' }),
      ),
      failure: nullable(
        Type.Object(
          { message: Type.String(), again_at: time('When the source is asked again.') },
          { description: 'Why the last reading failed.', additionalProperties: false },
        ),
      ),
    },
    { description: "The list of tickets that Tracker's import panel shows.", additionalProperties: false },
  ),
)

const TicketShape = named(
  'ImportedTicket',
  Type.Object(
    {
      external_id: Type.String(),
      name: Type.String(),
      description: Type.String(),
      requested_by: Type.String(),
      created_at: nullable(Type.String({ description: 'As Tracker reads it: 2008/12/10 00:00:00 UTC.' })),
      story_type: word(['feature', 'bug', 'chore', 'release']),
      estimate: nullable(Type.Number()),
    },
    { description: 'A ticket as the import panel shows it.', additionalProperties: false },
  ),
)

export type ImportAnswer = Static<typeof ImportShape>
export type TicketAnswer = Static<typeof TicketShape>

export const importSchemas = [ImportShape, TicketShape]

const ByIntegration = Type.Object({ integration: Name }, { additionalProperties: false })

export function importApiRoutes(app: ApiApp, { imports }: ImportApiParts): void {
  const tags = ['imports']
  const one = async (name: string): Promise<KnownImport> =>
    found(
      (await imports()).find(({ integration }) => integration === name),
      `an import of integration "${name}"`,
    )

  async function feedOf(name: string): Promise<Feed> {
    const { feed } = await one(name)
    if (feed !== null) return feed
    throw new ProblemError('conflict', `the settings of integration "${name}" name no tickets to import`)
  }

  app.get(
    '/imports',
    {
      schema: {
        operationId: 'listImports',
        summary: 'Imports',
        tags,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { items: Type.Array(ref(ImportShape)) },
            { description: 'All imports, in the order of the config.', additionalProperties: false },
          ),
        },
      },
    },
    async () => ({ items: (await imports()).map(answer) }),
  )

  app.get(
    '/imports/:integration/tickets',
    {
      schema: {
        operationId: 'previewImport',
        summary: "The first tickets, as Tracker's import panel would show them now",
        description:
          'Reads the source if its list is too old, as the panel does, which can take a minute; with `kept`, never.',
        tags,
        params: ByIntegration,
        querystring: Type.Object(
          {
            limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
            kept: Type.Boolean({
              default: false,
              description: 'Only shows the list that is kept, however old; 409 if there is none.',
            }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object(
            {
              items: Type.Array(ref(TicketShape)),
              more: Type.Boolean({ description: 'There are more than these.' }),
              age_seconds: nullable(Type.Integer({ description: 'Null: the source is being read.' })),
              stale: nullable(word(['slow', 'failed'], 'Why an older list is shown.')),
            },
            { description: 'A preview.', additionalProperties: false },
          ),
        },
      },
    },
    async ({ params: { integration }, query: { limit, kept } }) =>
      await explained(integration, async () => {
        const feed = await feedOf(integration)
        const served = kept ? await feed.serveKept() : await feed.serve()
        if (served === null)
          throw new ProblemError('conflict', `no list of integration "${integration}" is kept; refresh it`)
        try {
          const { items, more } = await firstOf(served.stories, limit)
          const age = served.ageMs === null ? null : Math.round(served.ageMs / 1000)
          return { items: items.map(ticketAnswer), more, age_seconds: age, stale: served.stale }
        } finally {
          served.close()
        }
      }),
  )

  app.post(
    '/imports/:integration/refresh',
    {
      config: { deed: { action: 'refresh import', subject: 'integration {integration}' } },
      schema: {
        operationId: 'refreshImport',
        summary: 'Begin to read the source now, however fresh the list is',
        tags,
        params: ByIntegration,
        body: Nothing,
        response: { 202: ref(ImportShape) },
      },
    },
    async ({ params: { integration } }, reply) =>
      await explained(integration, async () => {
        const feed = await feedOf(integration)
        feed.refresh()
        return reply.code(202).send(answer(await one(integration)))
      }),
  )
}

/** @throws {ProblemError} in place of an ImportError */
async function explained<T>(integration: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ImportError)) throw error
    throw new ProblemError(IMPORT_FAILURES[error.reason], `integration ${integration}: ${error.message}`)
  }
}

async function firstOf(
  batches: AsyncIterable<readonly FeedStory[]>,
  limit: number,
): Promise<{ readonly items: readonly FeedStory[]; readonly more: boolean }> {
  const items: FeedStory[] = []
  for await (const batch of batches) {
    items.push(...batch)
    if (items.length > limit) return { items: items.slice(0, limit), more: true }
  }
  return { items, more: false }
}

function ticketAnswer(story: FeedStory): Static<typeof TicketShape> {
  return { ...story }
}

function answer({ integration, type, access, feed }: KnownImport): Static<typeof ImportShape> {
  const { isReading, readAt, stories, failure } = feed?.status() ?? NO_STATUS
  return {
    integration,
    type,
    access,
    ready: feed !== null,
    reading: isReading,
    read_at: isoOrNull(readAt),
    tickets: stories,
    failure: failure === null ? null : { message: failure.message, again_at: isoOrNull(failure.until) ?? '' },
  }
}

const NO_STATUS = { isReading: false, readAt: null, stories: null, failure: null }
