import type { Activity } from '../tracker/activity.ts'
import { parseActivity } from '../tracker/parse.ts'
import { storedJson } from './stored-json.ts'

/** What an activity was received as, and how it was read then; null for Tracker's, whose bodies tell all by themselves. */
export interface StoredBody {
  readonly raw: Buffer
  readonly normalised: string | null
}

/**
 * The only way from a stored activity to what it says, whatever it came from.
 * @throws {ParseError} if an earlier release could read it and this one cannot
 */
export function readStored({ raw, normalised }: StoredBody): Activity {
  return normalised === null ? parseActivity(raw) : storedJson<Activity>(normalised, 'an activity as it was read')
}
