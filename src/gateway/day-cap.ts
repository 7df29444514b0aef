import type { IntegrationConfig } from '../config/schema.ts'
import { dayOf } from '../queue/standing.ts'

/** Whether an integration sends nothing more on this day (UTC). */
export async function isCapReached(
  store: { sentOn(integration: string, day: string): Promise<number> },
  integration: string,
  { max_per_day }: Pick<IntegrationConfig['common'], 'max_per_day'>,
  now: number,
): Promise<boolean> {
  return max_per_day !== undefined && (await store.sentOn(integration, dayOf(now))) >= max_per_day
}
