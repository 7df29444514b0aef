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

/**
 * A long body is read when it is asked for, since many deliveries are taken together; so is one that does not tell all by
 * itself.
 */
const LONGEST_BODY = 16 * 1024
const ITS_BODY = `and deliveries.kind = 'forward' and length(activities.raw) <= ${LONGEST_BODY}
  and activities.normalised is null`

/** What a taken delivery has besides its body, by the names of `TakenRow`. */
export const TAKEN_VALUES: readonly (readonly [name: string, value: string])[] = [
  ...DELIVERY_COLUMNS.map((column) => [column, `deliveries.${column}`] as const),
  ['trace', 'deliveries.trace'],
  ['occurred_at', ofItsActivity('occurred_at')],
  ['story_name', ofItsStory('name')],
  ['story_type', ofItsStory('story_type')],
  ['content_type', ofItsActivity('content_type', ITS_BODY)],
]

export const TAKEN_BODY = ofItsActivity('raw', ITS_BODY)

function ofItsActivity(column: string, condition = ''): string {
  return `(select activities.${column} from activities where activities.id = deliveries.activity_id ${condition})`
}

function ofItsStory(column: string): string {
  return `(select stories.${column} from stories where stories.project_id = deliveries.project_id
    and stories.id = deliveries.story_id)`
}
