import { hash } from 'node:crypto'
import type { Configured } from '../connectors/contract/connector.ts'
import { type Effect, type Notice, storyOf } from '../connectors/contract/effect.ts'
import { DIGEST_LANE } from '../store/digest.ts'
import { NO_PROJECT } from '../store/notice.ts'
import type { Planned } from '../store/planned.ts'
import type { Activity } from '../tracker/activity.ts'
import { type Before, type Filter, judge } from '../tracker/filter.ts'

export interface Planner {
  readonly name: string
  readonly configured: Pick<Configured, 'plan' | 'tickets' | 'digestAfter'>
  /** Null or absent: it is told of everything. */
  readonly filter?: Filter | null
}

/** What the connector plans, and why the integration's filter leaves it out; null: it does not. */
export interface Considered {
  readonly planned: Planned
  readonly leftOut: string | null
}

/**
 * Plans each integration's deliveries of an activity, in order. The same activity always gives the same deliveries with
 * the same keys, so that a receiver recognises a repeat even after a restore from a backup. A key is made of what the
 * effect is, so that a plan that gains an effect renames none of the others, nor does one that a filter leaves out.
 * @param before what earlier activities told; null: what depends on it is planned with a condition (`onlyIf`)
 */
export function plan(
  activity: Activity,
  projectId: string,
  integrations: readonly Planner[],
  before: Before | null = null,
): Planned[] {
  return integrations.flatMap((integration) =>
    consider(activity, projectId, integration, before).flatMap(({ planned, leftOut }) =>
      leftOut === null ? [planned] : [],
    ),
  )
}

/** The same for one integration, with what its filter leaves out. */
export function consider(
  activity: Activity,
  projectId: string,
  { name, configured, filter = null }: Planner,
  before: Before | null = null,
): Considered[] {
  const seen = new Map<string, number>()
  return configured.plan(activity).map((effect) => {
    const identity = identityOf(effect)
    const earlier = seen.get(identity) ?? 0
    seen.set(identity, earlier + 1)
    const planned = {
      key: deliveryKey(projectId, activity.key, name, effect.kind === 'forward' ? earlier : `${identity} ${earlier}`),
      integration: name,
      storyId: storyOf(effect),
      effect,
      lanes: isGathered(configured, effect) ? [DIGEST_LANE] : lanesOf(effect, activity, projectId),
    }
    return filter === null ? { planned, leftOut: null } : filtered(planned, activity, filter, before)
  })
}

function filtered(planned: Planned, activity: Activity, filter: Filter, before: Before | null): Considered {
  const verdict = judge(filter, activity, planned.storyId, before)
  if (verdict === 'passes') return { planned, leftOut: null }
  if (verdict !== 'open') return { planned, leftOut: verdict.leftOut }
  return filter.story === null
    ? { planned, leftOut: null }
    : { planned: { ...planned, onlyIf: filter.story }, leftOut: null }
}

/** What tells an effect from the others of its activity, however it is worded. */
export function identityOf(effect: Effect): string {
  switch (effect.kind) {
    case 'announce':
      return JSON.stringify([effect.kind, effect.storyId, effect.what])
    case 'comment':
      return JSON.stringify([effect.kind, effect.storyId, effect.commentId, effect.change])
    case 'state':
      return JSON.stringify([effect.kind, effect.storyId, effect.state])
    case 'forward':
    case 'notice':
      return JSON.stringify([effect.kind])
  }
}

function isGathered({ digestAfter }: Planner['configured'], { kind }: Effect): boolean {
  return digestAfter !== undefined && kind === 'announce'
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

/** The delivery of a notice of the relay, which belongs to no project; an integration's notices are one lane. */
export function planNotice(activityKey: string, integration: string, effect: Notice): Planned {
  const key = deliveryKey(NO_PROJECT, activityKey, integration, `${identityOf(effect)} 0`)
  return { key, integration, storyId: null, effect, lanes: [`${NO_PROJECT}:`] }
}

/** @param which a number for a forward: receivers know those keys from earlier versions */
function deliveryKey(projectId: string, activityKey: string, integration: string, which: string | number): string {
  const parts = JSON.stringify([projectId, activityKey, integration, which])
  return `dlv_${hash('sha256', parts).slice(0, 24)}`
}
