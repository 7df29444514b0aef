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

export const TAKEN_COLUMNS = DELIVERY_COLUMNS.join(', ')
