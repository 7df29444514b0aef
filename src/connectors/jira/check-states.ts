import { Value } from 'typebox/value'
import type { Finding } from '../contract/connector.ts'
import { ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import type { Api } from './api.ts'
import { goalFor } from './goals.ts'
import { resolutionProblem } from './resolution.ts'
import type { Search } from './search.ts'
import type { Settings } from './settings.ts'
import { nothingToDo, transitionsOf } from './state.ts'
import { choose, isCalled, Status } from './transition.ts'

/** A ticket in each of so many statuses is looked at. */
const MOST_STATUSES = 8

/**
 * What each state of a story would do to tickets of the filter: JIRA shows the actions of a workflow and their screens only
 * at a ticket.
 */
export async function findStates(api: Api, settings: Settings, search: Search | null): Promise<Finding[]> {
  if (search === null)
    return [ok('states', 'What each state would do to a ticket is not tried: no ticket is known without filter_id.')]
  const { states, resolution = null, transition_fields: given = {} } = settings
  const ways = new Map<string, string[]>()
  const problems: Finding[] = []
  for (const { key, status } of await samples(search)) {
    const offered = await transitionsOf(api, key)
    for (const state of Object.keys(states)) {
      // Some states only do something to the ticket of a story that was started.
      const goal = goalFor(states, { state, from: null }) ?? goalFor(states, { state, from: 'started' })
      if (goal === null || nothingToDo(goal, status) !== null) continue
      const isFilled = (field: { id: string; name?: string }) =>
        Object.keys(given).some((name) => isCalled(field, name))
      const choice = choose({ state, goal, isFilled }, status, offered)
      const why =
        choice.kind === 'stuck'
          ? choice.why
          : choice.kind === 'take'
            ? resolutionProblem(choice.transition, resolution)
            : null
      if (why !== null)
        problems.push(warning(`states.${state}`, `${key} could not follow its story to ${state}: ${why}`))
      else if (choice.kind === 'take') {
        const { name, to } = choice.transition
        ways.set(state, [...(ways.get(state) ?? []), `${named(status)} to ${named(to)} by "${oneLine(name)}"`])
      }
    }
  }
  return [
    ...[...ways].map(([state, found]) => ok(`states.${state}`, `Moves a ticket from ${found.join(', from ')}.`)),
    ...problems,
  ]
}

async function samples(search: Search): Promise<{ readonly key: string; readonly status: Status }[]> {
  const found = new Map<string, { key: string; status: Status }>()
  for await (const page of search.pages(await search.filter(), ['status'])) {
    for (const { key, fields } of page)
      if (Value.Check(Status, fields.status) && !found.has(fields.status.id) && found.size < MOST_STATUSES)
        found.set(fields.status.id, { key, status: fields.status })
    break
  }
  return [...found.values()]
}

function named({ name }: Status): string {
  return `"${oneLine(name)}"`
}
