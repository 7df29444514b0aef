import type { IntegrationAnswer } from '../api/integrations.ts'

/** Whether what an integration has waiting only waits for its digest. */
export function isGathering(
  { standing, next_digest_at }: Pick<IntegrationAnswer, 'standing' | 'next_digest_at'>,
  now: number,
): boolean {
  return standing.state === 'running' && next_digest_at !== null && Date.parse(next_digest_at) > now
}
