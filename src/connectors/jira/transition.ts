import { type Static, Type } from 'typebox'
import { oneLine } from '../kit/one-line.ts'
import { type Category, type Goal, listOf } from './goals.ts'

/**
 * Chooses the workflow action by ids, configured names and status categories. It never guesses, because a wrong action
 * can close or publish a ticket.
 */

export const Status = Type.Object({
  id: Type.String(),
  name: Type.String(),
  statusCategory: Type.Optional(Type.Object({ key: Type.String() })),
})
export type Status = Static<typeof Status>

const Field = Type.Object({
  required: Type.Optional(Type.Boolean()),
  hasDefaultValue: Type.Optional(Type.Boolean()),
  name: Type.Optional(Type.String()),
  allowedValues: Type.Optional(Type.Array(Type.Unknown())),
  schema: Type.Optional(Type.Object({ type: Type.Optional(Type.String()) })),
})

/** One of a field's values: a resolution or version has a name, an option of a custom field a value. */
export const Option = Type.Object({
  id: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  name: Type.Optional(Type.String()),
  value: Type.Optional(Type.String()),
})

export const Transition = Type.Object({
  id: Type.String(),
  name: Type.String(),
  to: Status,
  isAvailable: Type.Optional(Type.Boolean()),
  fields: Type.Optional(Type.Record(Type.String(), Field)),
})
export type Transition = Static<typeof Transition>

export type Choice =
  | { readonly kind: 'take'; readonly transition: Transition; readonly reaches: boolean }
  /** The action leads to the ticket's current status. */
  | { readonly kind: 'there' }
  | { readonly kind: 'stuck'; readonly why: string }

/** The statuses of JIRA's own workflows, to choose between several of one category. */
const USUAL: Readonly<Record<Category, readonly string[]>> = {
  new: ['4', 'Reopened', '1', 'Open', 'To Do'],
  indeterminate: ['3', 'In Progress'],
  done: ['5', 'Resolved', 'Done'],
}

/** For a goal that only names a status. */
const CATEGORY_OF: Readonly<Record<string, Category>> = {
  started: 'indeterminate',
  finished: 'indeterminate',
  delivered: 'indeterminate',
  accepted: 'done',
}

/** A goal that is only a transition is never known to be reached. */
export function isReached(goal: Goal, status: Status): boolean {
  if (goal.category !== undefined && categoryOf(status) === goal.category) return true
  return listOf(goal.status).some((wanted) => isCalled(status, wanted))
}

export function isExempt(goal: Goal, status: Status): boolean {
  return goal.only_from !== undefined && ![goal.only_from].flat().some((category) => category === categoryOf(status))
}

export interface Wish {
  readonly state: string
  readonly goal: Goal
  /** Whether there is a value for the field of an action's screen. */
  isFilled(field: { readonly id: string; readonly name?: string }): boolean
}

/** The next action towards the goal, directly or by one status in between. */
export function choose({ state, goal, isFilled }: Wish, status: Status, offered: readonly Transition[]): Choice {
  const usable = offered.filter(({ isAvailable }) => isAvailable !== false)
  if (usable.length === 0) return { kind: 'stuck', why: nothingOffered(status) }
  const direct = towardsGoal(goal, usable)
  if (direct.length > 0) {
    const choice = single(direct, { state, isFilled }, true)
    if (choice.kind === 'take' && choice.transition.to.id === status.id) return { kind: 'there' }
    return choice
  }
  const between = categoryBetween(categoryOf(status), goal.category ?? CATEGORY_OF[state] ?? 'new')
  const steps = between === null ? [] : ofCategory(between, USUAL[between], usable)
  if (steps.length > 0) return single(steps, { state, isFilled }, false)
  return { kind: 'stuck', why: noneFits(state, status, usable) }
}

function towardsGoal(goal: Goal, usable: readonly Transition[]): readonly Transition[] {
  if (goal.transition !== undefined)
    return firstThatFinds(listOf(goal.transition), (wanted) => usable.filter((each) => isCalled(each, wanted)))
  if (goal.category !== undefined) return ofCategory(goal.category, listOf(goal.status), usable)
  return firstThatFinds(listOf(goal.status), (wanted) => usable.filter(({ to }) => isCalled(to, wanted)))
}

/** Those that lead to a preferred status of the category, or else to any of it. */
function ofCategory(category: Category, preferred: readonly string[], usable: readonly Transition[]) {
  const fitting = usable.filter(({ to }) => categoryOf(to) === category)
  const best = firstThatFinds(preferred, (wanted) => fitting.filter(({ to }) => isCalled(to, wanted)))
  return best.length > 0 ? best : fitting
}

/** Of several actions to the same status, the first that needs no fields is taken. */
function single(
  candidates: readonly Transition[],
  { state, isFilled }: Pick<Wish, 'state' | 'isFilled'>,
  reaches: boolean,
): Choice {
  const unfillable = (each: Transition): string[] => missingFields(each, isFilled)
  if (new Set(candidates.map(({ to }) => to.id)).size > 1)
    return {
      kind: 'stuck',
      why: `several actions would do (${listed(candidates)}); name the right one in states.${state}.`,
    }
  const transition = candidates.find((each) => unfillable(each).length === 0)
  if (transition !== undefined) return { kind: 'take', transition, reaches }
  const fields = candidates.flatMap(unfillable).join(', ')
  return {
    kind: 'stuck',
    why:
      `the action ${listed(candidates)} asks for fields that the relay cannot fill (${fields}); give them a value in ` +
      `transition_fields, make them optional on its screen in JIRA, or name another action in states.${state}.`,
  }
}

function missingFields({ fields = {} }: Transition, isFilled: Wish['isFilled']): string[] {
  return Object.entries(fields)
    .filter(([id, { required, hasDefaultValue, name = id }]) => {
      if (required !== true || hasDefaultValue === true || id === 'resolution') return false
      return !isFilled({ id, name })
    })
    .map(([key, { name }]) => oneLine(name ?? key))
}

/**
 * Strict workflows only lead from one category to the next: a done ticket is reopened before it is started, a new
 * one is started before it is resolved.
 */
function categoryBetween(from: string | null, to: Category): Category | null {
  if (from === 'done' && to === 'indeterminate') return 'new'
  if ((from === 'new' && to === 'done') || (from === 'done' && to === 'new')) return 'indeterminate'
  return null
}

export function categoryOf(status: Status): string | null {
  return status.statusCategory?.key ?? null
}

/** By id, or by name in any case. */
export function isCalled(
  { id, name }: { readonly id?: string | number | undefined; readonly name?: string | undefined },
  wanted: string,
): boolean {
  return String(id) === wanted || name?.trim().toLowerCase() === wanted.toLowerCase()
}

export function firstThatFinds<T>(wanted: readonly string[], find: (each: string) => readonly T[]): readonly T[] {
  return wanted.map(find).find((found) => found.length > 0) ?? []
}

function nothingOffered(status: Status): string {
  return (
    `JIRA offers the account no action at all in the status "${oneLine(status.name)}": give it the permission ` +
    '"Transition issues" in the project, or look at the workflow\'s conditions (in the classic workflow only the ' +
    'assignee may start and stop progress: assign the ticket to the account, or drop that condition).'
  )
}

function noneFits(state: string, status: Status, usable: readonly Transition[]): string {
  return (
    `no action leads there from the status "${oneLine(status.name)}"; the account is offered ${listed(usable)}. Name ` +
    `one in states.${state}, or look at the workflow's conditions and permissions in JIRA ("Resolve issues", "Close ` +
    'issues", only the assignee may start progress).'
  )
}

function listed(transitions: readonly Transition[]): string {
  return transitions
    .slice(0, 10)
    .map(({ id, name, to }) => `${oneLine(id)} "${oneLine(name)}" to "${oneLine(to.name)}"`)
    .join(', ')
}
