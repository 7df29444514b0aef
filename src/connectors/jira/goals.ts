import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import type { StateEffect } from '../contract/effect.ts'

const Reference = Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })])
const references = (description: string) =>
  Type.Union([Reference, Type.Array(Reference, { minItems: 1 })], { description })

/** JIRA's own three groups of statuses, the same in every language: to do, in progress, done. */
const CATEGORIES = [Type.Literal('new'), Type.Literal('indeterminate'), Type.Literal('done')] as const
const Category = Type.Union([...CATEGORIES])
export type Category = Static<typeof Category>

const Goal = Type.Object(
  {
    transition: Type.Optional(references('id or name of the workflow action to take')),
    status: Type.Optional(
      references(
        'id or name of the status to reach; with category it only says which one to take when several would do',
      ),
    ),
    category: Type.Optional(
      Type.Union([...CATEGORIES], { description: 'the group of statuses to reach: to do, in progress, or done' }),
    ),
    only_from: Type.Optional(
      Type.Union([Category, Type.Array(Category, { minItems: 1 })], {
        description: 'leave tickets alone that are in another category than this one, or these',
      }),
    ),
    when_moved_back: Type.Optional(
      Type.Boolean({
        description:
          'only for a story that was started before: its ticket is taken back from progress, and reopened when the ' +
          'story had been accepted',
      }),
    ),
    as_started: Type.Optional(
      Type.Boolean({
        description:
          'what started does, for a ticket that is not in progress yet, or was resolved when the story was accepted',
      }),
    ),
  },
  { additionalProperties: false, description: 'What to do to the ticket. Lists are tried in their order.' },
)
export type Goal = Static<typeof Goal>

/**
 * The statuses of JIRA's classic workflow come first by id: those ids (1 Open, 3 In Progress, 4 Reopened, 5 Resolved)
 * are the same in every JIRA, whatever language it speaks.
 */
const TO_DO: Goal = { category: 'new', status: ['1', '4', 'Open', 'Reopened', 'To Do'] }
const IN_PROGRESS: Goal = { category: 'indeterminate', status: ['3', 'In Progress'] }
const RESOLVED: Goal = { category: 'done', status: ['5', 'Resolved', 'Done'] }
const AS_STARTED: Goal = { as_started: true }
const BACK_TO_DO: Goal = { ...TO_DO, when_moved_back: true }

export const Goals = Type.Object(
  {
    unscheduled: mapped('when a story goes back to the icebox', BACK_TO_DO),
    unstarted: mapped('when a story goes back to unstarted', BACK_TO_DO),
    planned: mapped('when a story goes back to planned', BACK_TO_DO),
    started: mapped('when a story is started or restarted', IN_PROGRESS),
    finished: mapped('when a story is finished', AS_STARTED),
    delivered: mapped('when a story is delivered', AS_STARTED),
    accepted: mapped('when a story is accepted', RESOLVED),
    rejected: mapped('when a story is rejected', { ...TO_DO, only_from: 'done' }),
  },
  { additionalProperties: false, default: {}, description: 'what each Tracker state does to the ticket' },
)
export type Goals = Static<typeof Goals>

function mapped(when: string, otherwise: Goal | null) {
  return Type.Union([Type.Null(), Goal], { default: otherwise, description: `${when}; null: the ticket is left alone` })
}

/** Null if the state leaves the ticket alone, or is unknown. */
export function goalFor(goals: Goals, { state, from }: Pick<StateEffect, 'state' | 'from'>): Goal | null {
  const goal = goalOf(goals, state)
  if (goal?.as_started === true) {
    const started = goalOf(goals, 'started')
    return started === null ? null : { ...started, only_from: from === 'accepted' ? ['new', 'done'] : 'new' }
  }
  if (goal?.when_moved_back !== true) return goal
  // A story that moves from the icebox to the backlog was not started, so work on its ticket is not disturbed.
  if (from === null || NOT_STARTED.has(from)) return null
  return from === 'accepted' ? goal : { ...goal, only_from: 'indeterminate' }
}

function goalOf(goals: Goals, state: string): Goal | null {
  const known: Readonly<Record<string, Goal | null>> = goals
  return Object.hasOwn(known, state) ? (known[state] ?? null) : null
}

/** Whether the state may do something to the ticket: which state it follows is known only when the effect is stored. */
export function mayMove(goals: Goals, effect: Pick<StateEffect, 'state' | 'from'>): boolean {
  if (goalFor(goals, effect) !== null) return true
  return effect.from === null && goalOf(goals, effect.state)?.when_moved_back === true
}

const NOT_STARTED: ReadonlySet<string> = new Set(['unscheduled', 'unstarted', 'planned'])

/**
 * Whether the later goal can be reached without the earlier one: both only name a category, and the later one has no
 * condition. The condition of an earlier one "as started" does not matter to one that goes further.
 */
export function supersedes(later: StateEffect, earlier: StateEffect, goals: Goals): boolean {
  const [goal, before] = [goalFor(goals, later), goalFor(goals, earlier)]
  const isPlain = (each: Goal | null): each is Goal => each?.category !== undefined && each.transition === undefined
  if (!isPlain(goal) || !isPlain(before) || goal.only_from !== undefined) return false
  return before.only_from === undefined || goalOf(goals, earlier.state)?.as_started === true
}

export function listOf(found: Static<ReturnType<typeof references>> | undefined): string[] {
  if (found === undefined) return []
  return (Array.isArray(found) ? found : [found]).map((each) => String(each).trim())
}

export function goalProblems(goals: Goals): SettingProblem[] {
  return Object.entries(goals).flatMap(([state, goal]) => {
    if (goal === null || goal.as_started === true) return []
    if (goal.transition !== undefined || goal.status !== undefined || goal.category !== undefined) return []
    return [
      {
        setting: `states.${state}`,
        problem: 'must name a transition, a status or a category; set it to null to leave the ticket alone',
      },
    ]
  })
}
