import { type Static, Type } from 'typebox'
import { examineLink, type Known, linkOf } from '../../links/csv.ts'
import type { GivenLink, StoredLink } from '../../store/link-row.ts'
import type { LinkChoice } from '../../store/links.ts'
import { cursorOf, pageOf, paging, positionIn } from './paging.ts'
import { found, ProblemError } from './problem-error.ts'
import { iso, Name, named, nullable, prose, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface LinkParts {
  readonly store: {
    links(choice: LinkChoice): Promise<readonly StoredLink[]>
    setLink(link: GivenLink, now: number): Promise<void>
    forgetLink(projectId: string, storyId: string): Promise<boolean>
  }
  /** What a link may name. */
  known(): Promise<Known>
  /** What a link to a ticket of this integration says of the place. @throws {OperationError} if it has no such tickets */
  place(project: string, integration: string): { readonly system: string; readonly integrationId: string | null }
  now(): number
}

const LinkShape = named(
  'Link',
  Type.Object(
    {
      project: Type.String(),
      story: Type.String(),
      external_id: nullable(Type.String({ description: 'The ticket; null: the story is known to have none.' })),
      system: nullable(Type.String()),
      integration_id: nullable(Type.String({ description: "Tracker's id of the integration." })),
      external_url: nullable(Type.String()),
      source: word(['activity', 'api', 'operator'], 'Who told it.'),
      learned_at: time('When it was told.'),
    },
    { description: 'Which ticket a story is linked to.', additionalProperties: false },
  ),
)

export type LinkAnswer = Static<typeof LinkShape>

export const linkSchemas = [LinkShape]

const ByStory = Type.Object({ project: Name, story: Name }, { additionalProperties: false })

const Query = Type.Object(
  {
    project: Type.Optional(Name),
    story: Type.Optional(Name),
    ticket: Type.Optional(prose(500, 'The whole id of a ticket.')),
    ...paging,
  },
  { additionalProperties: false },
)

const Given = Type.Object(
  {
    external_id: nullable(Type.String({ maxLength: 255, description: 'The ticket; null: the story has none.' })),
    system: Type.Optional(Type.String({ maxLength: 64 })),
    integration_id: Type.Optional(Type.String({ maxLength: 64 })),
    integration: Type.Optional(
      Type.String({
        ...Name,
        description:
          'The integration of the config that the ticket belongs to, in place of `system` and `integration_id`.',
      }),
    ),
    external_url: Type.Optional(Type.String({ maxLength: 2100 })),
  },
  { additionalProperties: false },
)

export function linkRoutes(app: ApiApp, { store, known, place, now }: LinkParts): void {
  const tags = ['links']

  async function one(project: string, story: string): Promise<Static<typeof LinkShape>> {
    const [link] = await store.links({ projectId: project, storyId: story, limit: 1 })
    return answer(found(link, `a stored link of story ${story} of project ${project}`))
  }

  app.get(
    '/links',
    {
      schema: {
        operationId: 'listLinks',
        summary: 'Links, in the order of projects and stories',
        tags,
        querystring: Query,
        response: { 200: pageOf(ref(LinkShape), 'A page of links, in the order of projects and stories.') },
      },
    },
    async ({ query: { project, story, ticket, limit, cursor } }) => {
      const after = positionIn(cursor, isPlace)
      const links = await store.links({
        ...(project === undefined ? {} : { projectId: project }),
        ...(story === undefined ? {} : { storyId: story }),
        ...(ticket === undefined ? {} : { externalId: ticket }),
        ...(after === null ? {} : { after: { projectId: after[0], storyId: after[1] } }),
        limit: limit + 1,
      })
      const last = links.length > limit ? links[limit - 1] : undefined
      const next = last === undefined ? null : cursorOf([last.projectId, last.storyId])
      return { items: links.slice(0, limit).map(answer), next }
    },
  )

  app.get(
    '/links/:project/:story',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getLink',
        summary: 'The link of one story',
        tags,
        params: ByStory,
        response: { 200: ref(LinkShape) },
      },
    },
    async ({ params: { project, story } }) => await one(project, story),
  )

  app.put(
    '/links/:project/:story',
    {
      config: {
        deed: {
          action: 'set link',
          subject: 'story {story} of project {project}',
          details: Object.keys(Given.properties),
        },
      },
      schema: {
        operationId: 'setLink',
        summary: 'Link a story, or say that it has no ticket',
        description:
          'An activity that tells a link replaces it. In a project with several ticket systems it has to say where the ticket is.',
        tags,
        params: ByStory,
        body: Given,
        response: { 200: ref(LinkShape) },
      },
    },
    async ({ params: { project, story }, body }) => {
      const { external_id, integration, ...rest } = body
      const where = integration === undefined ? undefined : place(project, integration)
      const values = {
        project,
        story,
        ...(where === undefined ? {} : { system: where.system, integration_id: where.integrationId ?? '' }),
        ...rest,
        external_id: external_id ?? '-',
      }
      const facts = await known()
      const problems = examineLink(values, facts)
      if (problems.length > 0) throw new ProblemError('bad-parameter', problems.join('; '))
      const link = linkOf(values)
      const open = external_id === null ? [] : facts.undecidedBetween(link)
      if (open.length > 0)
        throw new ProblemError(
          'conflict',
          `nothing was set: ticket ${external_id} could be in ${open.join(' or ')}${
            integration === undefined
              ? "; say which by naming the integration, the system or the ticket's address"
              : ", which have the same system; set integration_id at each of them in the config, or give the ticket's address"
          }`,
        )
      await store.setLink(external_id === null ? { ...link, ...NONE } : link, now())
      return await one(project, story)
    },
  )

  app.delete(
    '/links/:project/:story',
    {
      config: { deed: { action: 'remove link', subject: 'story {story} of project {project}' } },
      schema: {
        operationId: 'forgetLink',
        summary: 'Forget the link of a story, so that it is looked up again',
        tags,
        params: ByStory,
        response: { 204: Type.Null({ description: 'It is forgotten.' }) },
      },
    },
    async ({ params: { project, story } }, reply) => {
      const wasThere = await store.forgetLink(project, story)
      found(wasThere || null, `a stored link of story ${story} of project ${project}`)
      return reply.code(204).send(null)
    },
  )
}

const NONE = { system: null, integrationId: null, externalId: null, externalUrl: null }

const isPlace = (value: unknown): value is [project: string, story: string] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')

function answer(link: StoredLink): Static<typeof LinkShape> {
  return {
    project: link.projectId,
    story: link.storyId,
    external_id: link.externalId,
    system: link.system,
    integration_id: link.integrationId,
    external_url: link.externalUrl,
    source: link.source,
    learned_at: iso(link.learnedAt),
  }
}
