import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'

/** One thing that an event did, to a story, a comment, an epic... */
export interface Action {
  readonly type: string
  readonly id: string
  readonly action: string
  readonly values: Values
  readonly changes: Values
}

/** Names and more of what actions mention by ids; also absent from events that should have it. */
export interface References {
  find(type: string, id: string): Values | null
}

export function actionsIn(event: Values): Action[] {
  return listOf(event.actions, 'actions').flatMap((values) => {
    const [type, id, action] = [textOf(values.entity_type), textOf(values.id), textOf(values.action)]
    if (type === null || id === null || action === null) return []
    return [{ type, id, action, values, changes: objectOf(values.changes) }]
  })
}

/** A label that the event makes is not among its references. */
export function referencesIn(event: Values, actions: readonly Action[]): References {
  const found = new Map<string, Values>()
  for (const { type, id, values } of actions) found.set(`${type} ${id}`, values)
  for (const values of listOf(event.references, 'references')) {
    const [type, id] = [textOf(values.entity_type), textOf(values.id)]
    if (type !== null && id !== null) found.set(`${type} ${id}`, values)
  }
  return { find: (type, id) => found.get(`${type} ${id}`) ?? null }
}

/** Ids that a change adds to a list or takes off. */
export function idsOf(change: unknown, which: 'adds' | 'removes'): string[] {
  const ids = objectOf(change)[which]
  return Array.isArray(ids) ? ids.flatMap((id: unknown) => textOf(id) ?? []) : []
}

export function textsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.flatMap((each: unknown) => textOf(each) ?? []) : []
}
