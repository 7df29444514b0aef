import { type Static, Type } from 'typebox'
import type { Move } from '../../operations/move.ts'
import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../../store/delivery.ts'
import type { MoveReport } from '../../store/move.ts'
import type { Selection, SelectionCount } from '../../store/selection.ts'
import type { SkipReport } from '../../store/skip.ts'
import { CountShape, filters, selectionIn } from './chosen-deliveries.ts'
import { ById, type DeliveryParts, DeliveryShape, deliveryAnswer } from './deliveries.ts'
import { found } from './problem-error.ts'
import { Name, named, prose, ref, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'
import { whoOf } from './who.ts'

export interface DeliveryActionParts extends Pick<DeliveryParts, 'redact'> {
  delivery(id: number): Promise<{ delivery: Delivery } | null>
  count(selection: Selection): Promise<readonly SelectionCount[]>
  skip(asked: { who: string; selection: Selection; reason: string }): Promise<SkipReport>
  skipOne(asked: { who: string; id: number; reason: string }): Promise<void>
  move(move: Move): Promise<MoveReport>
}

const SKIPPABLE = DELIVERY_STATES.filter((state) => state !== 'delivered' && state !== 'skipped')
const OPEN: readonly DeliveryState[] = ['pending', 'delivering', 'waiting', 'held']

const Reason = prose(500, 'Stands in the note of the delivery.')

const SkipAnswer = named(
  'SkipAnswer',
  Type.Object(
    {
      total: Type.Integer({ description: 'How many are chosen.' }),
      deliveries: Type.Array(ref(CountShape), { description: 'Those that are chosen, as they were before.' }),
      skipped: Type.Integer({ description: '0 for `dry_run`.' }),
      being_delivered: Type.Integer({ description: 'These could not be skipped.' }),
    },
    { description: 'What was chosen, and what was skipped.', additionalProperties: false },
  ),
)

const MoveAnswer = named(
  'MoveAnswer',
  Type.Object({ moved: Type.Integer() }, { description: 'How many were moved.', additionalProperties: false }),
)

export type SkipReportAnswer = Static<typeof SkipAnswer>

export const deliveryActionSchemas = [SkipAnswer, MoveAnswer]

const SkipBody = Type.Object(
  {
    ...filters,
    states: Type.Array(word(SKIPPABLE), {
      minItems: 1,
      uniqueItems: true,
      default: [...OPEN],
      description: 'By default all that are open.',
    }),
    reason: Reason,
    dry_run: Type.Boolean({ default: false, description: 'Only counts.' }),
  },
  { additionalProperties: false },
)

const MoveBody = Type.Object(
  {
    from: Type.String({ ...Name, description: 'An integration that is not in the config any more.' }),
    to: Type.String({ ...Name, description: 'An integration of the same type.' }),
    type: Type.Optional(
      Type.String({
        ...Name,
        description: 'The type that the former integration had, if the relay does not know it.',
      }),
    ),
  },
  { additionalProperties: false },
)

export function deliveryActionRoutes(app: ApiApp, parts: DeliveryActionParts): void {
  app.post(
    '/deliveries/:id/skip',
    {
      schema: {
        operationId: 'skipDelivery',
        summary: 'Give up a delivery',
        description:
          'Skips an open or dead one, so that its story goes on. What is being delivered right now cannot be skipped.',
        tags: ['deliveries'],
        params: ById,
        body: Type.Object({ reason: Reason }, { additionalProperties: false }),
        response: { 200: ref(DeliveryShape) },
      },
    },
    async (request) => {
      const { id } = request.params
      await parts.skipOne({ id, who: whoOf(request), reason: request.body.reason })
      return deliveryAnswer(found(await parts.delivery(id), `delivery ${id}`).delivery, parts.redact)
    },
  )

  app.post(
    '/deliveries/skip',
    {
      schema: {
        operationId: 'skipDeliveries',
        summary: 'Give up many deliveries',
        description: 'Skips all that are chosen by the filters of the list; with `dry_run`, they are only counted.',
        tags: ['deliveries'],
        body: SkipBody,
        response: { 200: ref(SkipAnswer) },
      },
    },
    async (request) => {
      const { reason, dry_run, states, ...chosen } = request.body
      const selection = { ...selectionIn(chosen), states }
      const deliveries = [...(await parts.count(selection))]
      const total = deliveries.reduce((sum, { count }) => sum + count, 0)
      if (dry_run) return { total, deliveries, skipped: 0, being_delivered: 0 }
      const { skipped, underWay } = await parts.skip({ who: whoOf(request), selection, reason })
      return { total, deliveries, skipped, being_delivered: underWay }
    },
  )

  app.post(
    '/deliveries/move',
    {
      schema: {
        operationId: 'moveDeliveries',
        summary: 'Move what waits for a removed integration',
        description:
          'Gives the open deliveries of a renamed or removed integration to another one of the same type, in their order.',
        tags: ['deliveries'],
        body: MoveBody,
        response: { 200: ref(MoveAnswer) },
      },
    },
    async (request) => {
      const { from, to, type } = request.body
      const { moved } = await parts.move({ who: whoOf(request), from, to, ...(type === undefined ? {} : { type }) })
      return { moved }
    },
  )
}
