import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { oneLine } from '../kit/one-line.ts'
import { categoryOf, firstThatFinds, isCalled, type Transition } from './transition.ts'

const Listed = Type.Object({
  id: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  name: Type.Optional(Type.String()),
})
type Listed = Static<typeof Listed>

export type Resolution = { readonly id: string } | { readonly name: string }

/** Null if the action's screen has none to set. @param wanted the one in the settings */
export function resolutionFor(transition: Transition, wanted: string | null): Resolution | null {
  const field = transition.fields?.resolution
  if (field === undefined) return null
  if (field.required !== true && categoryOf(transition.to) !== 'done') return null
  return pickResolution(field.allowedValues ?? [], wanted)
}

/** Why the wanted resolution cannot be sent with an action, or null. */
export function resolutionProblem(transition: Transition, wanted: string | null): string | null {
  const allowed = listed(transition.fields?.resolution?.allowedValues ?? [])
  if (wanted === null || allowed.length === 0 || allowed.some((value) => isCalled(value, wanted))) return null
  const names = allowed.slice(0, 20).map(({ id, name }) => `"${oneLine(name ?? String(id))}"`)
  return `the resolution "${oneLine(wanted)}" is not on the action's screen; set resolution to one of ${names.join(', ')}.`
}

/** The wanted resolution, else Fixed, else Done, else the first; by its id if JIRA tells it. */
export function pickResolution(allowed: readonly unknown[], wanted: string | null): Resolution | null {
  const values = listed(allowed)
  const names = wanted === null ? ['Fixed', 'Done'] : [wanted]
  const [found] = firstThatFinds(names, (name) => values.filter((value) => isCalled(value, name)))
  if (found === undefined && wanted !== null) return { name: wanted }
  const { id, name } = found ?? values[0] ?? {}
  if (id !== undefined) return { id: String(id) }
  return name === undefined ? null : { name }
}

function listed(values: readonly unknown[]): readonly Listed[] {
  return values.filter((value) => Value.Check(Listed, value))
}
