import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { completed, type RememberedState } from '../../../queue/completed.ts'
import { type ConfiguredSource, NO_DIRECTORY } from '../../../sources/contract/source.ts'
import type { Activity } from '../../../tracker/activity.ts'
import type { Workspace } from './workspace.ts'

/** One request of the day. */
export interface Sending {
  /** Of the event. */
  readonly name: string
  readonly event: object
  /** Null: it tells nothing, as most of what these tools send. */
  readonly activity: Activity | null
  readonly isRepeat: boolean
  readonly isLate: boolean
}

interface NamedEvent {
  readonly name: string
  readonly event: object
}

/**
 * The day as the relay gets it: every third event comes twice, and every tenth late.
 * @param addresses where the tickets are, by what stands for that in the events
 * @param source of the project, as the config has it
 */
export async function workspaceDay(
  { links }: Pick<Workspace, 'links'>,
  {
    folder,
    addresses,
    source,
  }: { folder: string; addresses: ReadonlyMap<string, string>; source: Pick<ConfiguredSource, 'read'> },
): Promise<Sending[]> {
  const remembered = new Map<string, RememberedState>()
  const activities = new Map<string, Activity>()
  const sendings: Sending[] = []
  for (const each of asSent(eventsIn(folder, addresses))) {
    const { name, event, isRepeat } = each
    if (!isRepeat) {
      const activity = await activityOf(event, source, remembered)
      if (activity !== null) activities.set(name, linked(activity, links[name]))
    }
    sendings.push({ ...each, activity: activities.get(name) ?? null })
  }
  return sendings
}

function eventsIn(folder: string, addresses: ReadonlyMap<string, string>): NamedEvent[] {
  const placed = (text: string): string =>
    [...addresses].reduce((so, [standing, address]) => so.replaceAll(standing, address), text)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      event: JSON.parse(placed(readFileSync(join(folder, file), 'utf8'))) as object,
    }))
}

/** A late event comes after the next two, and what comes twice does so after the next one. */
export function asSent<T extends object>(events: readonly T[]): (T & { isRepeat: boolean; isLate: boolean })[] {
  return events
    .flatMap((event, index) => {
      const number = index + 1
      const isLate = number % 10 === 0
      const once = { at: number + (isLate ? 2.5 : 0), sent: { ...event, isRepeat: false, isLate } }
      const again = { at: number + 1.2, sent: { ...event, isRepeat: true, isLate: false } }
      return number % 3 === 0 ? [once, again] : [once]
    })
    .sort((one, other) => one.at - other.at)
    .map(({ sent }) => sent)
}

async function activityOf(
  event: object,
  source: Pick<ConfiguredSource, 'read'>,
  remembered: Map<string, RememberedState>,
): Promise<Activity | null> {
  const reading = await source.read({ headers: {}, body: Buffer.from(JSON.stringify(event)) }, NO_DIRECTORY)
  if (!('activities' in reading)) return null
  const [read] = reading.activities
  if (read === undefined) return null
  const { activity, recorded } = completed(read, remembered, [])
  const statedAt = Date.parse(activity.occurredAt)
  for (const { id, state } of recorded.stories)
    if (state != null && (remembered.get(id)?.statedAt ?? 0) <= statedAt) remembered.set(id, { state, statedAt })
  return activity
}

function linked(activity: Activity, link: Workspace['links'][string] | undefined): Activity {
  if (link === undefined) return activity
  const { story, ticket, system } = link
  const told = { system, integrationId: null, externalId: ticket, externalUrl: null }
  return { ...activity, stories: activity.stories.map((each) => (each.id === story ? { ...each, link: told } : each)) }
}
