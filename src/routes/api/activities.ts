import { isUtf8 } from 'node:buffer'
import { type Static, Type } from 'typebox'
import type { Why } from '../../queue/why.ts'
import type { ActivityPage, ActivityRow, ActivitySearch, WholeActivity } from '../../store/activity-pages.ts'
import { OPEN_STATES, WAY_STATES, type WayChoice } from '../../store/activity-ways.ts'
import { DELIVERY_STATES, type Delivery } from '../../store/delivery.ts'
import type { StoredBody } from '../../store/read-stored.ts'
import type { Activity } from '../../tracker/activity.ts'
import { ById, DeliveryShape, deliveryAnswer, searched, wordsIn } from './deliveries.ts'
import { cursorOf, fieldsOf, isId, pageOf, paging, picked, positionIn } from './paging.ts'
import { found } from './problem-error.ts'
import { id, iso, keysOf, Name, named, nullable, prose, ref, row, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface ActivityParts {
  readonly store: {
    activityPage(search: ActivitySearch): Promise<ActivityPage>
    activity(id: number): Promise<WholeActivity | null>
    deliveriesOf(activityId: number): Promise<readonly Delivery[]>
    storyNames(projectId: string, ids: readonly string[]): Promise<readonly { id: string; name: string }[]>
  }
  /** Null if the bytes cannot be read any more. */
  parse(stored: StoredBody): Activity | null
  /** Why the activity caused what it did, and what today's config would cause. */
  whyOf(activity: Activity | null, projectId: string, deliveries: readonly Delivery[]): Promise<readonly Why[]>
  redact(integration: string, text: string): string
}

const StoryShape = named(
  'ActivityStory',
  Type.Object(
    { id: Type.String(), name: nullable(Type.String({ description: 'Null: no activity has told it.' })) },
    { additionalProperties: false },
  ),
)

const PLAIN = {
  id: id('The number of the activity.'),
  project: Type.String(),
  kind: Type.String({ description: "Tracker's word, such as story_update." }),
  occurred_at: time('When it happened in Tracker.'),
  received_at: time('When it came.'),
  author: nullable(Type.String({ description: 'Empty if Tracker told none.' })),
  sentence: nullable(Type.String({ description: "Tracker's own sentence." })),
  stories: Type.Array(ref(StoryShape), { description: 'The stories that it touches.' }),
  bytes: Type.Integer({ minimum: 0, description: 'The length of its body.' }),
}

const WayShape = named(
  'Way',
  Type.Object(
    {
      integration: Type.String(),
      state: word(
        WAY_STATES,
        'As of a delivery, and: in doubt, it may have arrived; in part, the target refused the rest of it; confirmed, found at the target after a doubt; superseded, skipped for a later state. Of several deliveries, the one that needs somebody most.',
      ),
    },
    { description: 'What became of an activity in an integration.', additionalProperties: false },
  ),
)

const ActivityShape = Type.Object(
  {
    ...PLAIN,
    deliveries: Type.Object(
      Object.fromEntries(DELIVERY_STATES.map((state) => [state, Type.Optional(Type.Integer({ minimum: 1 }))])),
      { description: 'How many deliveries it caused, by their state now.', additionalProperties: false },
    ),
    ways: Type.Array(ref(WayShape), {
      description: 'What became of it in each integration that it concerns, in the order of their names.',
    }),
  },
  { description: 'What Tracker said happened.', additionalProperties: false },
)
export type ActivityAnswer = Static<typeof ActivityShape>
const ActivityRowShape = row('ActivityRow', ActivityShape)
const ACTIVITY_KEYS = keysOf(ActivityShape)

const WhyShape = named(
  'Why',
  Type.Object(
    {
      integration: Type.String(),
      type: nullable(Type.String({ description: 'Null: the config does not have the integration.' })),
      why: Type.String({ description: 'What it caused there and why, or why nothing, in one sentence or two.' }),
      planned: Type.Array(Type.Unsafe<object>({ type: 'object', additionalProperties: true }), {
        description: "The effects that today's config would cause.",
      }),
      deliveries: Type.Array(ref(DeliveryShape), { description: 'What it caused when it came, the oldest first.' }),
    },
    { description: 'What an activity means for one integration.', additionalProperties: false },
  ),
)

const WholeShape = named(
  'Activity',
  Type.Object(
    {
      ...PLAIN,
      content_type: nullable(Type.String()),
      body: Type.String({ description: 'As it came.' }),
      body_encoding: word(['utf8', 'base64'], 'base64 if the body is not UTF-8.'),
      integrations: Type.Array(ref(WhyShape), { description: 'Those of the project first.' }),
    },
    { description: 'An activity with its body, and why it caused what.', additionalProperties: false },
  ),
)

export type WholeActivityAnswer = Static<typeof WholeShape>

export const activitySchemas = [StoryShape, WayShape, ActivityRowShape, WhyShape, WholeShape]

const Query = Type.Object(
  {
    ids: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14}){0,199}$',
        description: 'Only those of these numbers, with commas between them.',
        examples: ['1,2'],
      }),
    ),
    project: Type.Optional(Name),
    story: Type.Optional(Name),
    kind: Type.Optional(prose(120)),
    integration: Type.Optional(Type.String({ ...Name, description: 'Those that caused a delivery for it.' })),
    state: Type.Optional(
      word(
        [...DELIVERY_STATES, 'open'],
        'Those that caused a delivery that is in this state now; open: pending, delivering, waiting or held. With `integration`, one of it.',
      ),
    ),
    ...searched,
    ...paging,
    fields: fieldsOf(ACTIVITY_KEYS),
  },
  { additionalProperties: false },
)

export function activityRoutes(app: ApiApp, { store, parse, whyOf, redact }: ActivityParts): void {
  app.get(
    '/activities',
    {
      schema: {
        operationId: 'listActivities',
        summary: 'Activities',
        tags: ['activities'],
        querystring: Query,
        response: { 200: pageOf(ref(ActivityRowShape), 'A page of activities.') },
      },
    },
    async ({ query }) => {
      const { activities, next } = await store.activityPage(searchIn(query))
      const items = picked(activities.map(rowAnswer), query.fields, ACTIVITY_KEYS)
      return { items, next: next === null ? null : cursorOf(next) }
    },
  )

  app.get(
    '/activities/:id',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getActivity',
        summary: 'One activity, what it caused, and why or why not',
        tags: ['activities'],
        params: ById,
        response: { 200: ref(WholeShape) },
      },
    },
    async ({ params }) => {
      const whole = found(await store.activity(params.id), `activity ${params.id}`)
      const { projectId, raw } = whole
      const deliveries = await store.deliveriesOf(params.id)
      const activity = parse(whole)
      const unnamed = activity?.stories.flatMap((story) => (story.name === null ? [story.id] : [])) ?? []
      const names = new Map((await store.storyNames(projectId, unnamed)).map((story) => [story.id, story.name]))
      return {
        id: whole.id,
        project: projectId,
        kind: whole.kind,
        occurred_at: iso(whole.occurredAt),
        received_at: iso(whole.receivedAt),
        author: activity?.author ?? null,
        sentence: activity?.description ?? null,
        stories:
          activity?.stories.map((story) => ({ id: story.id, name: story.name ?? names.get(story.id) ?? null })) ?? [],
        bytes: raw.length,
        content_type: whole.contentType,
        ...textOf(raw),
        integrations: (await whyOf(activity, projectId, deliveries)).map((each) => whyAnswer(each, redact)),
      }
    },
  )
}

/** Bodies are in any encoding that Tracker uses, and some are none. */
export function textOf(body: Buffer): { readonly body: string; readonly body_encoding: 'utf8' | 'base64' } {
  return isUtf8(body)
    ? { body: body.toString('utf8'), body_encoding: 'utf8' }
    : { body: body.toString('base64'), body_encoding: 'base64' }
}

function searchIn(query: Static<typeof Query>): ActivitySearch {
  const { ids, project, story, kind, integration, state, from, to, text, limit, cursor } = query
  return {
    ...(ids === undefined ? {} : { ids: ids.split(',').map(Number) }),
    ...(project === undefined ? {} : { projectId: project }),
    ...(story === undefined ? {} : { storyId: story }),
    ...(kind === undefined ? {} : { kind }),
    ...(integration === undefined && state === undefined ? {} : { way: wayIn(integration, state) }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(text === undefined ? {} : { words: wordsIn(text) }),
    before: positionIn(cursor, isId),
    limit,
  }
}

function wayIn(integration: string | undefined, state: Static<typeof Query>['state']): WayChoice {
  return {
    ...(integration === undefined ? {} : { integration }),
    ...(state === undefined ? {} : { states: state === 'open' ? OPEN_STATES : [state] }),
  }
}

function rowAnswer(activity: ActivityRow): Static<typeof ActivityShape> {
  return {
    id: activity.id,
    project: activity.projectId,
    kind: activity.kind,
    occurred_at: iso(activity.occurredAt),
    received_at: iso(activity.receivedAt),
    author: activity.author,
    sentence: activity.sentence,
    stories: activity.stories.map((story) => ({ ...story })),
    bytes: activity.bytes,
    deliveries: { ...activity.deliveries },
    ways: activity.ways.map((way) => ({ ...way })),
  }
}

function whyAnswer({ integration, type, why, effects, deliveries }: Why, redact: ActivityParts['redact']) {
  return {
    integration,
    type,
    why: redact(integration, why),
    planned: [...effects],
    deliveries: deliveries.map((delivery) => deliveryAnswer(delivery, redact)),
  }
}
