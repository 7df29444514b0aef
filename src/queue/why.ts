import type { Effect } from '../connectors/contract/effect.ts'
import type { Delivery } from '../store/delivery.ts'
import { isForDigest } from '../store/digest.ts'
import type { Activity } from '../tracker/activity.ts'
import { type Before, conditionOf } from '../tracker/filter.ts'
import { isIgnored, type Project } from './journal.ts'
import { consider, type Planner } from './plan.ts'

/** What an activity means for one integration: what it caused, what it would cause today, and why or why not. */
export interface Why {
  readonly integration: string
  /** Null: it is not in the config. */
  readonly type: string | null
  /** One sentence for the operator. */
  readonly why: string
  /** Why there is no effect, or not another one; empty if nothing is left out. */
  readonly whyNot: string
  /** What today's config would cause. */
  readonly effects: readonly Effect[]
  /** Of these effects, what earlier activities of the story would have to have told; absent where nothing has to. */
  readonly conditions?: readonly (string | null)[]
  readonly deliveries: readonly Delivery[]
}

interface Known {
  /** Undefined: the config has no such project. */
  readonly project: Project | undefined
  readonly projectId: string
  /** All integrations of the config. */
  readonly integrations: readonly (Planner & { readonly type: string })[]
  /** Those that the activity caused. */
  readonly deliveries: readonly Delivery[]
  /** What earlier activities told of the project's stories; null: it is not known here. */
  readonly before: Before | null
}

/**
 * Plans the activity anew, without storing anything, and compares with what it caused when it came.
 * @param activity null if the stored bytes cannot be read any more
 */
export function whyOf(activity: Activity | null, known: Known): readonly Why[] {
  const { project, integrations, deliveries } = known
  const listed = new Set(project?.integrations.map(({ name }) => name))
  const inOrder = [...integrations].sort((one, other) => Number(listed.has(other.name)) - Number(listed.has(one.name)))
  const gone = new Set(deliveries.map(({ integration }) => integration))
  for (const { name } of integrations) gone.delete(name)
  const caused = (name: string): readonly Delivery[] => deliveries.filter(({ integration }) => integration === name)
  return [
    ...inOrder.map((integration) => {
      const { name, type } = integration
      const { effects, conditions, whyNot } = planned(activity, integration, known)
      return {
        integration: name,
        type,
        effects,
        ...(conditions.some((each) => each !== null) ? { conditions } : {}),
        deliveries: caused(name),
        why: sentence(effects, caused(name), whyNot, newerOf(integration)),
        whyNot,
      }
    }),
    ...[...gone].map((name) => ({
      integration: name,
      type: null,
      effects: [],
      deliveries: caused(name),
      why: sentence([], caused(name), GONE, ''),
      whyNot: GONE,
    })),
  ]
}

const GONE = 'the config has no integration of this name any more'

interface WouldBe {
  readonly effects: readonly Effect[]
  readonly conditions: readonly (string | null)[]
  /** Why there are none; else why not more, or empty. */
  readonly whyNot: string
}

function planned(
  activity: Activity | null,
  integration: Known['integrations'][number],
  { project, projectId, before }: Known,
): WouldBe {
  const nothing = (whyNot: string): WouldBe => ({ effects: [], conditions: [], whyNot })
  if (project === undefined) return nothing(`project ${projectId} is not in the config any more`)
  if (project.integrations.every(({ name }) => name !== integration.name))
    return nothing(`project ${projectId} does not list this integration`)
  if (activity === null) return nothing('the stored activity cannot be read any more')
  if (isIgnored(project, activity)) return nothing(`ignore_authors of project ${projectId} names ${activity.author}`)
  const considered = consider(activity, projectId, integration, before)
  if (considered.length === 0) return nothing(leftOut(activity, integration.type))
  const kept = considered.filter((each) => each.leftOut === null)
  const reasons = considered.flatMap((each) => each.leftOut ?? [])
  return {
    effects: kept.map((each) => each.planned.effect),
    conditions: kept.map(({ planned: { onlyIf } }) => (onlyIf === undefined ? null : conditionOf(onlyIf))),
    whyNot: [...new Set(reasons)].join('; '),
  }
}

/** Which of the things that integrations pass on the activity holds. */
function leftOut({ kind, stories }: Activity, type: string): string {
  const held = stories.flatMap(({ id, change, fields, original, comments }) => {
    const state = fields.currentState ?? null
    return [
      ...(change === 'create' ? [`the new story ${id}`] : []),
      ...(change === 'delete' ? [`that story ${id} was deleted`] : []),
      ...(change === 'update' && state !== null && state !== original.currentState
        ? [`the state "${state}" of story ${id}`]
        : []),
      ...(comments.length > 0 ? [`a comment on story ${id}`] : []),
    ]
  })
  if (held.length === 0) return `${type} passes on new stories, new states and comments, and this ${kind} has none`
  const [first = ''] = held
  const rest = held.length === 1 ? '' : ` and ${held.length - 1} more`
  return `${type} does not pass on ${first}${rest}, or its settings leave it out`
}

/** What may have come after the activity. */
function newerOf({ filter = null }: Planner): string {
  const story = filter?.story ?? null
  return story === null
    ? 'the integration or its settings are'
    : 'the integration, its settings or what is known of the story is'
}

function sentence(effects: readonly Effect[], deliveries: readonly Delivery[], whyNot: string, newer: string): string {
  if (deliveries.length === 0 && effects.length === 0) return `Nothing, since ${whyNot}.`
  if (deliveries.length === 0)
    return `Nothing when it came, though today's config would cause ${counted(effects.length, 'delivery', 'deliveries')}: ${newer} newer than the activity.`
  const became = `${counted(deliveries.length, 'delivery', 'deliveries')}: ${deliveries.map(stateOf).join('; ')}.`
  if (effects.length === 0) return `${became} Today it would cause nothing, since ${whyNot}.`
  return whyNot === '' ? became : `${became} Not more, since ${whyNot}.`
}

/** A note says why it was skipped or failed; a receipt adds nothing here. */
function stateOf(delivery: Delivery): string {
  const { state, note, digest } = delivery
  if (state === 'pending' && isForDigest(delivery)) return 'pending (it goes into the next digest)'
  if (state === 'delivered' && digest !== null) return `delivered (in digest ${digest})`
  return state === 'delivered' || note === null ? state : `${state} (${note})`
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}
