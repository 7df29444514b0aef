import { isoTime } from '../../tracker/times.ts'
import type { Frame } from './frame.tsx'
import { withQuery } from './page-api.ts'

export const STATE_CHOICES = [
  ['', 'Any'],
  ['open', 'Open'],
  ['held', 'Held'],
  ['waiting', 'Waiting'],
  ['dead', 'Dead'],
  ['skipped', 'Skipped'],
  ['delivered', 'Delivered'],
] as const

type StateChoice = (typeof STATE_CHOICES)[number][0] | 'pending' | 'delivering'

/** What the list of activities is narrowed to, as its address says it; empty: not by this. */
export interface Filters {
  readonly text: string
  readonly project: string
  readonly story: string
  readonly integration: string
  readonly state: StateChoice
  /** A day, or a time in ISO 8601. */
  readonly from: string
  readonly to: string
}

const STATES: readonly string[] = [...STATE_CHOICES.map(([value]) => value), 'pending', 'delivering']

export function filtersIn(given: Readonly<Record<string, string>>): Filters {
  const { text = '', project = '', story = '', integration = '', state = '', from = '', to = '' } = given
  return {
    text: text.trim().slice(0, 200),
    project: project.trim(),
    story: story.trim().replace(/^#/, ''),
    integration: integration.trim(),
    state: STATES.includes(state) ? (state as StateChoice) : '',
    from: timeOrNothing(from),
    to: timeOrNothing(to),
  }
}

function timeOrNothing(text: string): string {
  return isoTime(text) === null ? '' : text.trim()
}

/** A day begins and ends in UTC, and a time without a zone is in UTC. */
export function timesOf(filters: Filters): { readonly from?: string; readonly to?: string } {
  const from = isoTime(filters.from)
  const to = isDay(filters.to) ? `${filters.to}T23:59:59.999Z` : isoTime(filters.to)
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text)

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== '')
}

/** The filters of the list that choose deliveries too. */
export function chosenBy({ text, project, story, integration, ...rest }: Filters): object {
  const given = Object.entries({ text, project, story, integration }).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(given), ...timesOf(rest as Filters) }
}

export function listPath(frame: Frame, filters: Partial<Filters>, more: Record<string, string> = {}): string {
  return `${frame.base}${withQuery('/activities', { ...filters, ...more })}`
}

/** "of jira, that are dead, of story 109": nothing without filters. */
export function filterWords({ text, project, story, integration, state, from, to }: Filters): string {
  return [
    ...(integration === '' ? [] : [`of ${integration}`]),
    ...(project === '' ? [] : [`of project ${project}`]),
    ...(story === '' ? [] : [`of story ${story}`]),
    ...(state === '' ? [] : [state === 'open' ? 'that are open' : `that are ${state}`]),
    ...(text === '' ? [] : [`with “${text}”`]),
    ...(from === '' ? [] : [`from ${from}`]),
    ...(to === '' ? [] : [`until ${to}`]),
  ].join(', ')
}
