import { type Static, Type } from 'typebox'
import type { HandedIn } from '../../queue/hand-in.ts'
import { lackOf } from '../../queue/hand-in.ts'
import { REFUSAL_REASONS, RefusedError } from '../../queue/journal.ts'
import type { RejectedPage, RejectedRequest, RejectedRow, RejectedSearch } from '../../store/rejected.ts'
import { REFUSALS, typeOf } from '../problems.ts'
import { textOf } from './activities.ts'
import { ById } from './deliveries.ts'
import { cursorOf, isId, pageOf, paging, positionIn } from './paging.ts'
import { found, ProblemError } from './problem-error.ts'
import { id, iso, Name, named, nullable, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface RejectedParts {
  readonly store: {
    rejectedPage(search: RejectedSearch): Promise<RejectedPage>
    rejectedRequest(id: number): Promise<RejectedRequest | null>
    forgetRejected(ids: readonly number[]): Promise<number>
  }
  /** Undefined: the config has no such project. @throws {RefusedError} */
  handIn(request: RejectedRequest, projectId: string, mended: Buffer | null): Promise<HandedIn | undefined>
}

const PLAIN = {
  id: id('The number of the request.'),
  project: nullable(Type.String()),
  received_at: time('When it came.'),
  reason: word(REFUSAL_REASONS, 'Why it was refused.'),
  detail: Type.String({ description: 'What was wrong with it.' }),
  body_bytes: Type.Integer({ minimum: 0, description: 'The length of the body that came.' }),
}

const Row = named(
  'Rejected',
  Type.Object(PLAIN, { description: 'A request that was no activity, and is kept.', additionalProperties: false }),
)

const Whole = named(
  'RejectedWithBody',
  Type.Object(
    {
      ...PLAIN,
      head: Type.Record(Type.String(), Type.String(), { description: 'What was kept of its head.' }),
      body: Type.String({ description: 'As it came; its first 256 KiB.' }),
      body_encoding: word(['utf8', 'base64'], 'base64 if the body is not UTF-8.'),
      lacks: nullable(
        Type.String({ description: 'Why it can only be handed in with a body; null if it can as it is.' }),
      ),
    },
    { description: 'A rejected request with its body.', additionalProperties: false },
  ),
)

const HandedInShape = named(
  'HandedIn',
  Type.Object(
    {
      activity: nullable(Type.Integer({ description: 'Its number; null for a list.' })),
      new: Type.Integer({ minimum: 0 }),
      duplicates: Type.Integer({ minimum: 0, description: 'Activities that were stored before.' }),
      deliveries: Type.Integer({ minimum: 0, description: 'What the new ones caused.' }),
      refused: Type.Array(
        Type.Object(
          { item: Type.Integer({ minimum: 1 }), type: Type.String(), detail: Type.String() },
          { additionalProperties: false },
        ),
        { description: 'Of a list, what is refused again: the request then stays in the list of rejected ones.' },
      ),
    },
    { description: 'What became of it.', additionalProperties: false },
  ),
)

export type RejectedAnswer = Static<typeof Row>
export type WholeRejectedAnswer = Static<typeof Whole>
export type HandedInAnswer = Static<typeof HandedInShape>

export const rejectedSchemas = [Row, Whole, HandedInShape]

const Query = Type.Object(
  { project: Type.Optional(Name), reason: Type.Optional(word(REFUSAL_REASONS)), ...paging },
  { additionalProperties: false },
)

const Mended = Type.Object(
  {
    body: Type.Optional(Type.String({ minLength: 1, description: 'In place of the stored one.' })),
    body_encoding: word(['utf8', 'base64'], 'What `body` is; by default utf8.', 'utf8'),
    project: Type.Optional(Name),
  },
  { additionalProperties: false },
)

export function rejectedRoutes(app: ApiApp, { store, handIn }: RejectedParts): void {
  const tags = ['rejected']
  const one = async (id: number): Promise<RejectedRequest> =>
    found(await store.rejectedRequest(id), `rejected request ${id}`)

  app.get(
    '/rejected',
    {
      schema: {
        operationId: 'listRejected',
        summary: 'Requests that were no activity',
        tags,
        querystring: Query,
        response: { 200: pageOf(ref(Row), 'A page of rejected requests.') },
      },
    },
    async ({ query: { project, reason, limit, cursor } }) => {
      const { requests, next } = await store.rejectedPage({
        ...(project === undefined ? {} : { projectId: project }),
        ...(reason === undefined ? {} : { reason }),
        before: positionIn(cursor, isId),
        limit,
      })
      return { items: requests.map(answer), next: next === null ? null : cursorOf(next) }
    },
  )

  app.get(
    '/rejected/:id',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getRejected',
        summary: 'One rejected request with its body',
        tags,
        params: ById,
        response: { 200: ref(Whole) },
      },
    },
    async ({ params }) => {
      const request = await one(params.id)
      return { ...answer(request), head: { ...request.head }, ...textOf(request.body), lacks: lackOf(request) }
    },
  )

  app.post(
    '/rejected/:id/hand-in',
    {
      config: { deed: { action: 'hand in rejected', subject: 'rejected request {id}', details: ['project'] } },
      schema: {
        operationId: 'handInRejected',
        summary: 'Hand a rejected request in again, mended or as it is',
        description: 'As if it came now. Once all of it is stored, it is no longer in the list.',
        tags,
        params: ById,
        body: Mended,
        response: { 200: ref(HandedInShape) },
      },
    },
    async ({ params, body: { body, body_encoding, project } }) => {
      const request = await one(params.id)
      const lack = body === undefined ? lackOf(request) : null
      if (lack !== null) throw new ProblemError('conflict', `${lack}; hand in the whole body`)
      const projectId = project ?? request.projectId ?? ''
      try {
        const handed = await handIn(request, projectId, body === undefined ? null : Buffer.from(body, body_encoding))
        if (handed === undefined)
          throw new ProblemError(
            'conflict',
            `project "${projectId}" is not in the config; add it, or choose another one`,
          )
        return handedAnswer(handed)
      } catch (error) {
        if (error instanceof RefusedError) throw new ProblemError(REFUSALS[error.reason], error.message)
        throw error
      }
    },
  )

  app.delete(
    '/rejected/:id',
    {
      config: { deed: { action: 'delete rejected', subject: 'rejected request {id}' } },
      schema: {
        operationId: 'deleteRejected',
        summary: 'Delete a rejected request',
        tags,
        params: ById,
        response: { 204: Type.Null({ description: 'It is deleted.' }) },
      },
    },
    async ({ params }, reply) => {
      const deleted = await store.forgetRejected([params.id])
      found(deleted === 0 ? null : deleted, `rejected request ${params.id}`)
      return reply.code(204).send(null)
    },
  )
}

function answer(row: RejectedRow): Static<typeof Row> {
  return {
    id: row.id,
    project: row.projectId,
    received_at: iso(row.receivedAt),
    reason: row.reason as Static<typeof Row>['reason'],
    detail: row.detail,
    body_bytes: row.bodyBytes,
  }
}

function handedAnswer({ activity, fresh, duplicates, deliveries, refused }: HandedIn): Static<typeof HandedInShape> {
  return {
    activity,
    new: fresh,
    duplicates,
    deliveries,
    refused: refused
      .slice(0, 100)
      .map(({ item, reason, message }) => ({ item, type: typeOf(REFUSALS[reason]), detail: message })),
  }
}
