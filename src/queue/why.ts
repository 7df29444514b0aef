import type { Effect } from '../connectors/contract/effect.ts'
import type { Delivery } from '../store/delivery.ts'
import type { Activity } from '../tracker/activity.ts'
import { isIgnored, type Project } from './journal.ts'
import { type Planner, plan } from './plan.ts'

/** What an activity means for one integration: what it caused, what it would cause today, and why or why not. */
export interface Why {
  readonly integration: string
  /** Null: it is not in the config. */
  readonly type: string | null
  /** One sentence for the operator. */
  readonly why: string
  /** What today's config would cause. */
  readonly effects: readonly Effect[]
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
      const { effects, whyNot } = planned(activity, integration, known)
      return {
        integration: name,
        type,
        effects,
        deliveries: caused(name),
        why: sentence(effects, caused(name), whyNot),
      }
    }),
    ...[...gone].map((name) => ({
      integration: name,
      type: null,
      effects: [],
      deliveries: caused(name),
      why: sentence([], caused(name), 'the config has no integration of this name any more'),
    })),
  ]
}

function planned(
  activity: Activity | null,
  integration: Known['integrations'][number],
  { project, projectId }: Known,
): { readonly effects: readonly Effect[]; readonly whyNot: string } {
  const nothing = (whyNot: string) => ({ effects: [], whyNot })
  if (project === undefined) return nothing(`project ${projectId} is not in the config any more`)
  if (project.integrations.every(({ name }) => name !== integration.name))
    return nothing(`project ${projectId} does not list this integration`)
  if (activity === null) return nothing('the stored activity cannot be read any more')
  if (isIgnored(project, activity)) return nothing(`ignore_authors of project ${projectId} names ${activity.author}`)
  const effects = plan(activity, projectId, [integration]).map(({ effect }) => effect)
  return effects.length > 0 ? { effects, whyNot: '' } : nothing(leftOut(activity, integration.type))
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

function sentence(effects: readonly Effect[], deliveries: readonly Delivery[], whyNot: string): string {
  if (deliveries.length === 0 && effects.length === 0) return `Nothing, since ${whyNot}.`
  if (deliveries.length === 0)
    return `Nothing when it came, though today's config would cause ${counted(effects.length, 'delivery', 'deliveries')}: the integration or its settings are newer than the activity.`
  const became = `${counted(deliveries.length, 'delivery', 'deliveries')}: ${deliveries.map(stateOf).join('; ')}.`
  return effects.length === 0 ? `${became} Today it would cause nothing, since ${whyNot}.` : became
}

/** A note says why it was skipped or failed; a receipt adds nothing here. */
function stateOf({ state, note }: Delivery): string {
  return state === 'delivered' || note === null ? state : `${state} (${note})`
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}
