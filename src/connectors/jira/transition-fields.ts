import { Value } from 'typebox/value'
import { isCalled, Option, type Transition } from './transition.ts'

/** Values for the fields of actions' screens, by the id or the name of the field. */
export type TransitionFields = Readonly<Record<string, unknown>>

/** Those of the fields that the action's screen has, by their ids. The resolution has a setting of its own. */
export function fieldsFor({ fields = {} }: Transition, given: TransitionFields): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([id, field]) => {
      const name = id === 'resolution' ? undefined : Object.keys(given).find((each) => isCalled({ id, ...field }, each))
      return name === undefined ? [] : [[id, shaped(given[name], field)]]
    }),
  )
}

type Field = NonNullable<Transition['fields']>[string]

/** One of the values that the field allows may be named by its id or name; anything else is sent as it is. */
function shaped(value: unknown, { allowedValues = [], schema }: Field): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value
  const option = allowedValues
    .filter((each) => Value.Check(Option, each))
    .find(({ id, name, value: label }) =>
      isCalled({ ...(id === undefined ? {} : { id }), name: name ?? label ?? '' }, String(value)),
    )
  const chosen = option?.id === undefined ? value : { id: String(option.id) }
  return schema?.type === 'array' ? [chosen] : chosen
}
