import type { ReplayJobAnswer } from '../api/replays.ts'
import type { StateName } from './states.tsx'

interface Chosen {
  readonly ids?: readonly number[]
  readonly states?: readonly string[]
  readonly integration?: string
  readonly integrations?: readonly string[]
  readonly project?: string
  readonly story?: string
  readonly kind?: string
  readonly text?: string
  readonly from?: string
  readonly to?: string
  readonly again?: boolean
}

/** What was chosen, in words: "Dead deliveries of jira, project 26". */
export function whatWords({ what }: Pick<ReplayJobAnswer, 'what'>): string {
  const { deliveries, activities } = what as { readonly deliveries?: Chosen; readonly activities?: Chosen }
  const chosen = deliveries ?? activities ?? {}
  const { ids, states = [], integration, integrations, project, story, kind, text, from, to, again } = chosen
  const noun = deliveries === undefined ? 'activities' : 'deliveries'
  const subject =
    deliveries === undefined
      ? 'Activities, planned anew'
      : `${capitalised(states.length === 0 ? 'all' : states.join(' and '))} ${noun}`
  const parts = [
    ...(ids === undefined ? [] : [`numbers ${few(ids.map(String))}`]),
    ...(integration === undefined ? [] : [`of ${integration}`]),
    ...(integrations === undefined ? [] : [`for ${few(integrations)}`]),
    ...(project === undefined ? [] : [`project ${project}`]),
    ...(story === undefined ? [] : [`story ${story}`]),
    ...(kind === undefined ? [] : [`kind ${kind}`]),
    ...(text === undefined ? [] : [`with the words “${text}”`]),
    ...(from === undefined ? [] : [`from ${minute(from)}`]),
    ...(to === undefined ? [] : [`until ${minute(to)}`]),
    ...(again === true ? ['also what was delivered or skipped'] : []),
  ]
  return [subject, ...parts].join(', ')
}

export const REPLAY_STATES: Readonly<Record<ReplayJobAnswer['state'], { state: StateName; word: string }>> = {
  running: { state: 'delivering', word: 'running' },
  done: { state: 'delivered', word: 'done' },
  cancelled: { state: 'skipped', word: 'cancelled' },
  failed: { state: 'failed', word: 'failed' },
}

function few(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}

function minute(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
