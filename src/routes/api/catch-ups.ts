import { type Static, Type } from 'typebox'
import type { CatchUpReport } from '../../operations/catch-up.ts'
import type { CatchUp } from '../../store/catch-ups.ts'
import { found, ProblemError } from './problem-error.ts'
import { iso, isoOrNull, Name, named, nullable, ref, time } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

/** A project of the config. */
export interface KnownCatchUp {
  readonly projectId: string
  readonly name: string
  /** What it is called. */
  readonly tool: string
  readonly canBeAsked: boolean
  readonly everyMinutes: number
  /** Null: it was not asked yet. */
  readonly state: CatchUp | null
}

export type CatchUpAsked =
  | { readonly report: CatchUpReport }
  | { readonly problem: 'conflict' | 'bad-parameter' | 'tool-failed'; readonly detail: string }

export interface CatchUpParts {
  /** In the order of the config. */
  list(): Promise<readonly KnownCatchUp[]>
  /** @returns undefined if there is no such project */
  ask(
    projectId: string,
    how: { readonly since: number | null; readonly isDryRun: boolean },
  ): Promise<CatchUpAsked | undefined>
}

const Shape = named(
  'CatchUp',
  Type.Object(
    {
      project: Type.String(),
      name: Type.String(),
      tool: Type.String({ description: 'What its tool is called: Tracker, Linear.' }),
      askable: Type.Boolean({ description: 'The relay has access to the API of its tool.' }),
      every_minutes: Type.Integer({ minimum: 0, description: 'How often it is asked; 0: only by you.' }),
      up_to: nullable(time('What happened before then is there; null: it was not asked yet.')),
      asked_at: nullable(time('When asking last came to an end, whatever came of it.')),
      succeeded_at: nullable(time('When all of it was last there.')),
      more: Type.Boolean({ description: 'Some of it follows.' }),
      failing: nullable(
        Type.Object(
          { since: time('Since when asking fails.'), problem: Type.String() },
          { description: 'Why it failed the last time; null: it did not.', additionalProperties: false },
        ),
      ),
    },
    { description: "How far a project's tool was asked for what its hook missed.", additionalProperties: false },
  ),
)

const Report = named(
  'CaughtUp',
  Type.Object(
    {
      project: Type.String(),
      dry_run: Type.Boolean({ description: 'Nothing was stored.' }),
      since: time('From when on the tool was asked what happened.'),
      up_to: time('How far that is done.'),
      told: Type.Integer({ minimum: 0, description: 'What the tool told, with what is known already.' }),
      missed: Type.Integer({ minimum: 0, description: 'Of these, what no hook had told.' }),
      refused: Type.Integer({
        minimum: 0,
        description: 'What could not be read; it is kept among the rejected requests.',
      }),
      too_old: Type.Boolean({ description: 'Something happened before catch_up.days, and is not asked for.' }),
      more: Type.Boolean({ description: 'The rest is still to be asked for: it follows soon, or ask again now.' }),
    },
    { description: 'What came of asking.', additionalProperties: false },
  ),
)

export type CatchUpAnswer = Static<typeof Shape>
export type CaughtUpAnswer = Static<typeof Report>

export const catchUpSchemas = [Shape, Report]

const ByProject = Type.Object({ project: Name }, { additionalProperties: false })

const Ask = Type.Object(
  {
    since: Type.Optional(time('Reaches further back than where it would begin.')),
    dry_run: Type.Optional(Type.Boolean({ description: 'Only counts what is missed.' })),
  },
  { additionalProperties: false },
)

export function catchUpRoutes(app: ApiApp, { list, ask }: CatchUpParts): void {
  const tags = ['catch-ups']
  app.get(
    '/catch-ups',
    {
      schema: {
        operationId: 'listCatchUps',
        summary: "How far each project's tool was asked for what its hook missed",
        tags,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { items: Type.Array(ref(Shape)) },
            { description: 'All projects, in the order of the config.', additionalProperties: false },
          ),
        },
      },
    },
    async () => ({ items: (await list()).map(answer) }),
  )

  app.post(
    '/catch-ups/:project',
    {
      config: { deed: { action: 'catch up', subject: 'project {project}', details: ['since', 'dry_run'] } },
      schema: {
        operationId: 'catchUp',
        summary: "Ask a project's tool for what its hook missed",
        description:
          'Works for a minute at most, and for no more than catch_up.at_most; then `more` is true, and the next request goes on.',
        tags,
        params: ByProject,
        body: Ask,
        response: { 200: ref(Report) },
      },
    },
    async ({ params: { project }, body: { since, dry_run = false } }) => {
      const how = { since: since === undefined ? null : Date.parse(since), isDryRun: dry_run }
      const asked = found(await ask(project, how), `project "${project}"`)
      if ('problem' in asked) throw new ProblemError(asked.problem, asked.detail)
      return reported(project, dry_run, asked.report)
    },
  )
}

function answer({ projectId, name, tool, canBeAsked, everyMinutes, state }: KnownCatchUp): CatchUpAnswer {
  const failing = state?.failing ?? null
  return {
    ...{ project: projectId, name, tool, askable: canBeAsked, every_minutes: everyMinutes },
    up_to: isoOrNull(state?.since ?? null),
    asked_at: isoOrNull(state?.askedAt ?? null),
    succeeded_at: isoOrNull(state?.succeededAt ?? null),
    more: state !== null && state.upTo > state.since,
    failing: failing === null ? null : { since: iso(failing.since), problem: failing.problem },
  }
}

function reported(project: string, dry_run: boolean, report: CatchUpReport): CaughtUpAnswer {
  const { since, upTo, asked, fresh, refused, isTooOld, isMore } = report
  return {
    ...{ project, dry_run, since: since.toISOString(), up_to: upTo.toISOString() },
    ...{ told: asked, missed: fresh, refused: refused, too_old: isTooOld, more: isMore },
  }
}
