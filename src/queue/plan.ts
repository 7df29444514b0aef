import { hash } from 'node:crypto'
import type { Configured } from '../connectors/contract/connector.ts'
import { type Effect, storyOf } from '../connectors/contract/effect.ts'
import type { Planned } from '../store/planned.ts'
import type { Activity } from '../tracker/activity.ts'

export interface Planner {
  readonly name: string
  readonly configured: Pick<Configured, 'plan'>
}

/**
 * Plans each integration's deliveries of an activity, in order. The same activity always gives the same deliveries with
 * the same keys, so that a receiver recognises a repeat even after a restore from a backup.
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
 * A forward carries a whole activity, so it is in the lane of each story that the activity touches. Activities without
 * stories share a lane.
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
