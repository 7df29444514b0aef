import { hash } from 'node:crypto'
import type { Configured } from '../connectors/contract/connector.ts'
import { type Effect, storyOf } from '../connectors/contract/effect.ts'
import type { Planned } from '../store/planned.ts'
import type { Activity } from '../tracker/activity.ts'

/** An integration as planning sees it. */
export interface Planner {
  readonly name: string
  readonly configured: Pick<Configured, 'plan'>
}

/**
 * What an activity causes: the effects of each integration, in order. Pure: the same activity always gives the same
 * deliveries with the same keys, so that a receiver can tell a repeat even after a restore from a backup.
 */
export function plan(activity: Activity, projectId: string, integrations: readonly Planner[]): Planned[] {
  return integrations.flatMap(({ name, configured }) =>
    configured.plan(activity).map((effect, ordinal) => ({
      key: deliveryKey(projectId, activity.key, name, ordinal),
      integration: name,
      storyId: storyOf(effect),
      effect,
      lanes: lanesOf(effect, activity, projectId),
    })),
  )
}

/**
 * The lanes a delivery keeps its place in. A forward carries a whole activity, so it stands in the lane of each story
 * that the activity touches; one without stories keeps the order among its own kind.
 */
function lanesOf(effect: Effect, activity: Activity, projectId: string): string[] {
  const storyId = storyOf(effect)
  if (storyId !== null) return [`${projectId}:${storyId}`]
  if (activity.stories.length === 0) return [`${projectId}:`]
  return [...new Set(activity.stories.map(({ id }) => `${projectId}:${id}`))]
}

function deliveryKey(projectId: string, activityKey: string, integration: string, ordinal: number): string {
  const parts = JSON.stringify([projectId, activityKey, integration, ordinal])
  return `dlv_${hash('sha256', parts).slice(0, 24)}`
}
