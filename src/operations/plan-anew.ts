import type { StateEffect } from '../connectors/contract/effect.ts'
import { isIgnored, type Project } from '../queue/journal.ts'
import { identityOf, type Planner, plan } from '../queue/plan.ts'
import { isSettled } from '../store/delivery.ts'
import type { PlannedAnew, PlannedBefore } from '../store/plan-anew.ts'
import { readStored } from '../store/read-stored.ts'
import type { ActivitySelection } from '../store/replays.ts'
import { beforeIn, type RememberedStory } from '../store/story-facts.ts'
import type { Activity } from '../tracker/activity.ts'
import { ParseError } from '../tracker/parse-error.ts'

/** An activity that is in the store, as it is read. Null: no config has its project, or nothing can be read any more. */
export interface Reread {
  readonly before: PlannedBefore
  readonly activity: Activity
  readonly project: Project
}

export function reread(before: PlannedBefore, project: Project | undefined): Reread | null {
  if (project === undefined) return null
  try {
    return { before, project, activity: readStored({ raw: Buffer.from(before.raw), normalised: before.normalised }) }
  } catch (error) {
    // An older release may have taken what this one refuses.
    if (error instanceof ParseError) return null
    throw error
  }
}

/**
 * Plans an activity with today's config, and compares with what it has caused: deliveries that it does not have are new,
 * dead ones are put back, the others are left alone unless they are to be repeated. A state that the story has left
 * since is not carried on.
 * @param stories what was told of its stories
 */
export function planAnew(
  { before, activity, project }: Reread,
  { integrations, again }: Pick<ActivitySelection, 'integrations' | 'again'>,
  stories: readonly RememberedStory[],
): PlannedAnew {
  const { id: activityId, projectId } = before
  const nothing = { activityId, projectId, fresh: [], back: [], leftAlone: 0 }
  if (isIgnored(project, activity)) return nothing
  const planners = project.integrations.filter(({ name }) => integrations?.includes(name) ?? true)
  const caused = new Map<string, PlannedBefore['deliveries'][number][]>()
  for (const each of before.deliveries) {
    const key = keyOf(each)
    caused.set(key, [...(caused.get(key) ?? []), each])
  }
  const fresh: PlannedAnew['fresh'][number][] = []
  const back: PlannedAnew['back'][number][] = []
  let leftAlone = 0
  for (const planned of plan(activity, projectId, planners, beforeIn(stories, projectId))) {
    // By what it is: earlier releases made other keys.
    const had = caused.get(keyOf(planned))?.shift()
    if (had === undefined) {
      const { effect } = planned
      const planner = planners.find(({ name }) => name === planned.integration)
      if (effect.kind === 'state' && isOvertaken(effect, activity, planner, ofStory(stories, projectId, effect)))
        leftAlone += 1
      else fresh.push(planned)
    } else if (had.state === 'dead' || (again && isSettled(had.state))) back.push(had)
    else leftAlone += 1
  }
  return { activityId, projectId, fresh, back, leftAlone }
}

const keyOf = ({ integration, effect }: Pick<PlannedBefore['deliveries'][number], 'integration' | 'effect'>): string =>
  `${integration} ${identityOf(effect)}`

function ofStory(
  stories: readonly RememberedStory[],
  projectId: string,
  { storyId }: Pick<StateEffect, 'storyId'>,
): RememberedStory | undefined {
  return stories.find((known) => known.projectId === projectId && known.storyId === storyId)
}

/** Whether a later state is known that makes this one pointless: it must not move the ticket back. */
function isOvertaken(
  effect: StateEffect,
  { occurredAt }: Activity,
  planner: Planner | undefined,
  known: RememberedStory | undefined,
): boolean {
  if (known === undefined || known.state === null || known.statedAt === null) return false
  if (known.statedAt <= Date.parse(occurredAt)) return false
  const later: StateEffect = { ...effect, state: known.state, from: null }
  return planner?.configured.tickets?.supersedes(later, effect) ?? true
}

/** Of all stories of these activities. */
export function storiesOf(rereads: readonly Reread[]): { projectId: string; storyId: string }[] {
  return rereads.flatMap(({ before: { projectId }, activity }) =>
    activity.stories.map(({ id }) => ({ projectId, storyId: id })),
  )
}
