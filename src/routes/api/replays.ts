import { type Static, Type } from 'typebox'
import { DEFAULT_PER_SECOND, MOST_PER_SECOND, type ReplayPreview } from '../../operations/replays.ts'
import {
  type NewReplay,
  REPLAY_STATES,
  REPLAYABLE,
  type ReplayJob,
  type ReplayState,
  type ReplayWhat,
} from '../../store/replays.ts'
import { CountShape, filters, selectionIn } from './chosen-deliveries.ts'
import { ById } from './deliveries.ts'
import { cursorOf, isId, pageOf, paging, positionIn } from './paging.ts'
import { found, ProblemError } from './problem-error.ts'
import { id, iso, isoOrNull, Name, named, nullable, ref, time, word } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'
import { whoOf } from './who.ts'

export interface ReplayParts {
  preview(what: ReplayWhat): Promise<ReplayPreview>
  start(job: Omit<NewReplay, 'total'>): Promise<ReplayJob>
  cancel(id: number, who: string): Promise<ReplayJob>
  list(choice: { state?: ReplayState; before?: number; limit: number }): Promise<readonly ReplayJob[]>
  show(id: number): Promise<ReplayJob | null>
}

const ReplayShape = named(
  'Replay',
  Type.Object(
    {
      id: id('The number of the replay.'),
      created_at: time('When it was asked for.'),
      who: Type.String({ description: 'The name of the token that asked for it, or `command line`.' }),
      what: Type.Unsafe<object>({
        type: 'object',
        description: 'What was chosen: `deliveries` or `activities`, with the filters.',
        additionalProperties: true,
      }),
      state: word(REPLAY_STATES),
      per_second: Type.Integer({ description: 'How many are put into the queue in a second at most.' }),
      total: Type.Integer({ description: 'How many deliveries or activities were chosen when it was asked for.' }),
      looked: Type.Integer({ description: 'How many of these have been looked at.' }),
      released: Type.Integer({ description: 'How many deliveries were put into the queue.' }),
      left_alone: Type.Integer({
        description: 'How many were not: in the queue already, settled otherwise, or overtaken by a later state.',
      }),
      changed_at: time('When it went on last.'),
      ended_at: nullable(time('When it ended.')),
      note: nullable(Type.String({ description: 'Why it failed.' })),
    },
    {
      description: 'A job that puts deliveries into the queue again, or plans activities anew.',
      additionalProperties: false,
    },
  ),
)

const ReplayAnswer = named(
  'ReplayAnswer',
  Type.Object(
    {
      total: Type.Integer({ description: 'How many deliveries or activities are chosen.' }),
      deliveries: Type.Array(ref(CountShape), {
        description: 'What would be put into the queue. Empty for activities, unless `dry_run` is set.',
      }),
      is_complete: Type.Boolean({ description: 'False if so many activities are chosen that only some were planned.' }),
      replay: Type.Unsafe<Static<typeof ReplayShape> | null>({
        anyOf: [{ $ref: 'Replay#' }, { type: 'null' }],
        description: 'Null for `dry_run`.',
      }),
    },
    { description: 'What was chosen, and the job.', additionalProperties: false },
  ),
)

export type ReplayJobAnswer = Static<typeof ReplayShape>
export type StartedReplay = Static<typeof ReplayAnswer>

export const replaySchemas = [CountShape, ReplayShape, ReplayAnswer]

const NewReplayBody = Type.Object(
  {
    deliveries: Type.Optional(
      Type.Object(
        {
          ...filters,
          states: Type.Array(word(REPLAYABLE), {
            minItems: 1,
            uniqueItems: true,
            default: ['dead'],
            description: 'What was delivered is sent a second time only if it is named here.',
          }),
        },
        { description: 'Puts these back into the queue.', additionalProperties: false },
      ),
    ),
    activities: Type.Optional(
      Type.Object(
        {
          ids: filters.ids,
          project: Type.Optional(Name),
          from: filters.from,
          to: filters.to,
          integrations: Type.Optional(
            Type.Array(Name, { minItems: 1, description: 'Plans for these alone. Default: all of the project.' }),
          ),
          again: Type.Boolean({
            default: false,
            description: 'Also repeats what was delivered or skipped. What is dead is always put back.',
          }),
        },
        { description: "Plans these anew with today's config.", additionalProperties: false },
      ),
    ),
    dry_run: Type.Boolean({ default: false, description: 'Only counts.' }),
    per_second: Type.Integer({
      minimum: 1,
      maximum: MOST_PER_SECOND,
      default: DEFAULT_PER_SECOND,
      description: 'How many are put into the queue in a second at most.',
    }),
  },
  { additionalProperties: false },
)

const Query = Type.Object({ state: Type.Optional(word(REPLAY_STATES)), ...paging }, { additionalProperties: false })

export function replayRoutes(app: ApiApp, parts: ReplayParts): void {
  app.post(
    '/replays',
    {
      schema: {
        operationId: 'startReplay',
        summary: 'Replay many deliveries, or plan activities anew',
        description:
          'Starts a job that goes on at its own pace, also after a restart. Choose either `deliveries` or `activities`; with `dry_run`, they are only counted. A target that can be asked is asked first where an earlier attempt may have succeeded.',
        tags: ['replays'],
        body: NewReplayBody,
        response: { 200: ref(ReplayAnswer) },
      },
    },
    async (request) => {
      const { dry_run, per_second } = request.body
      const what = whatIn(request.body)
      if (dry_run) return { ...previewAnswer(await parts.preview(what)), replay: null }
      const counted = what.type === 'deliveries' ? await parts.preview(what) : null
      const job = await parts.start({ who: whoOf(request), what, perSecond: per_second })
      const uncounted = { total: job.total, deliveries: [], isComplete: false }
      return { ...previewAnswer(counted ?? uncounted), replay: replayAnswer(job) }
    },
  )

  app.get(
    '/replays',
    {
      schema: {
        operationId: 'listReplays',
        summary: 'Replays',
        tags: ['replays'],
        querystring: Query,
        response: { 200: pageOf(ref(ReplayShape), 'A page of replays.') },
      },
    },
    async ({ query }) => {
      const { limit, state } = query
      const before = positionIn(query.cursor, isId)
      const jobs = await parts.list({
        limit,
        ...(state === undefined ? {} : { state }),
        ...(before === null ? {} : { before }),
      })
      const last = jobs.length < limit ? undefined : jobs.at(-1)
      return { items: jobs.map(replayAnswer), next: last === undefined ? null : cursorOf(last.id) }
    },
  )

  app.get(
    '/replays/:id',
    {
      config: { isOneThing: true },
      schema: {
        operationId: 'getReplay',
        summary: 'One replay with its progress',
        tags: ['replays'],
        params: ById,
        response: { 200: ref(ReplayShape) },
      },
    },
    async ({ params }) => replayAnswer(found(await parts.show(params.id), `replay ${params.id}`)),
  )

  app.post(
    '/replays/:id/cancel',
    {
      schema: {
        operationId: 'cancelReplay',
        summary: 'Cancel a replay',
        description: 'Nothing more is put into the queue; what was stays there.',
        tags: ['replays'],
        params: ById,
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: ref(ReplayShape) },
      },
    },
    async (request) => replayAnswer(await parts.cancel(request.params.id, whoOf(request))),
  )
}

function whatIn({ deliveries, activities }: Static<typeof NewReplayBody>): ReplayWhat {
  if ((deliveries === undefined) === (activities === undefined))
    throw new ProblemError('bad-parameter', 'choose either deliveries or activities; {} chooses all of them')
  if (deliveries !== undefined)
    return { type: 'deliveries', selection: { ...selectionIn(deliveries), states: deliveries.states } }
  const { ids, project, from, to, integrations, again = false } = activities ?? {}
  return {
    type: 'activities',
    selection: {
      again,
      ...(ids === undefined ? {} : { ids }),
      ...(project === undefined ? {} : { projectId: project }),
      ...(from === undefined ? {} : { from: Date.parse(from) }),
      ...(to === undefined ? {} : { to: Date.parse(to) }),
      ...(integrations === undefined ? {} : { integrations }),
    },
  }
}

function previewAnswer({ total, deliveries, isComplete }: ReplayPreview) {
  return { total, deliveries: [...deliveries], is_complete: isComplete }
}

function replayAnswer(job: ReplayJob): Static<typeof ReplayShape> {
  const { type, selection } = job.what
  return {
    id: job.id,
    created_at: iso(job.createdAt),
    who: job.who,
    what: { [type]: selectionAnswer(selection) },
    state: job.state,
    per_second: job.perSecond,
    total: job.total,
    looked: job.looked,
    released: job.released,
    left_alone: job.leftAlone,
    changed_at: iso(job.changedAt),
    ended_at: isoOrNull(job.endedAt),
    note: job.note,
  }
}

/** In the words of the request. */
export function selectionAnswer(selection: ReplayWhat['selection'] | object): object {
  const { projectId, storyId, words, from, to, ...rest } = selection as ReplayWhat['selection'] & {
    storyId?: string
    words?: readonly string[]
  }
  return {
    ...rest,
    ...(projectId === undefined ? {} : { project: projectId }),
    ...(storyId === undefined ? {} : { story: storyId }),
    ...(words === undefined ? {} : { text: words.join(' ') }),
    ...(from === undefined ? {} : { from: iso(from) }),
    ...(to === undefined ? {} : { to: iso(to) }),
  }
}
