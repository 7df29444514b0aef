import { DELIVERY_COLUMNS } from '../delivery-row.ts'
import type { LeaseStart, Value } from './dialect.ts'

/**
 * What a take changes of each delivery. What a process that died has left is in doubt.
 * @param after how many values the statement has before these
 */
export function leaseStart(after: number): string {
  return `update deliveries set state = 'delivering', due_at = $${after + 1}, token = $${after + 2},
    attempts = attempts + 1, attempt_started_at = $${after + 3},
    in_doubt_since = case when state = 'delivering' then coalesce(in_doubt_since, attempt_started_at)
      else in_doubt_since end`
}

export function leaseValues({ until, token, startedAt }: LeaseStart): Value[] {
  return [until, token, startedAt]
}

/** A long body is read when it is asked for, since many deliveries are taken together. */
const LONGEST_BODY = 16 * 1024

/** Of each delivery, and what carrying it out takes besides. */
export const TAKEN_COLUMNS = [
  ...DELIVERY_COLUMNS.map((column) => `deliveries.${column}`),
  ofItsActivity('occurred_at', 'occurred_at'),
  ofItsStory('name', 'story_name'),
  ofItsStory('story_type', 'story_type'),
  ...['raw', 'content_type'].map((column) =>
    ofItsActivity(column, column, `and deliveries.kind = 'forward' and length(activities.raw) <= ${LONGEST_BODY}`),
  ),
].join(', ')

function ofItsActivity(column: string, as: string, condition = ''): string {
  return `(select activities.${column} from activities where activities.id = deliveries.activity_id ${condition}) as ${as}`
}

function ofItsStory(column: string, as: string): string {
  return `(select stories.${column} from stories where stories.project_id = deliveries.project_id
    and stories.id = deliveries.story_id) as ${as}`
}
