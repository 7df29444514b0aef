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

/** Null if none is to be sent with the action. @param wanted the one in the settings */
export function resolutionFor(transition: Transition, wanted: string | null): Resolution | null {
  const picked = pickFor(transition, wanted)
  return picked === 'unknown' ? null : picked
}

/** Why no resolution can be sent with an action that asks for one, or null. */
export function resolutionProblem(transition: Transition, wanted: string | null): string | null {
  const field = transition.fields?.resolution
  const allowed = listed(field?.allowedValues ?? [])
  if (wanted === null)
    return pickFor(transition, wanted) === 'unknown' && field?.required === true && field.hasDefaultValue !== true
      ? unknownResolution(allowed)
      : null
  if (allowed.length === 0 || allowed.some((value) => isCalled(value, wanted))) return null
  return `the resolution "${oneLine(wanted)}" is not on the action's screen; set resolution to one of ${names(allowed)}.`
}

function pickFor(transition: Transition, wanted: string | null): Resolution | null | 'unknown' {
  const field = transition.fields?.resolution
  if (field === undefined) return null
  if (field.required !== true && categoryOf(transition.to) !== 'done') return null
  return pickResolution(field.allowedValues ?? [], wanted)
}

/**
 * The usual one by its name, or in another language by its id: 1 is Fixed in a JIRA from before version 7, and 10000 is Done
 * in those since.
 */
const USUAL = ['Fixed', 'Done', '1', '10000']

/** The wanted resolution, or the usual one, or the only one; `unknown` if several might be right. */
export function pickResolution(allowed: readonly unknown[], wanted: string | null): Resolution | null | 'unknown' {
  const values = listed(allowed)
  const [found] = firstThatFinds(wanted === null ? USUAL : [wanted], (name) =>
    values.filter((value) => isCalled(value, name)),
  )
  if (found === undefined && wanted !== null) return { name: wanted }
  if (found === undefined && values.length > 1) return 'unknown'
  const { id, name } = found ?? values[0] ?? {}
  if (id !== undefined) return { id: String(id) }
  return name === undefined ? null : { name }
}

export function unknownResolution(allowed: readonly unknown[]): string {
  return `JIRA asks for a resolution, and which one means "done" is not known; set resolution to one of ${names(listed(allowed))}.`
}

function names(values: readonly Listed[]): string {
  return values
    .slice(0, 20)
    .map(({ id, name }) => `"${oneLine(name ?? String(id))}"`)
    .join(', ')
}

function listed(values: readonly unknown[]): readonly Listed[] {
  return values.filter((value) => Value.Check(Listed, value))
}
