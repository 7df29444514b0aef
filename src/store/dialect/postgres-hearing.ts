import type { DatabaseFinding } from './dialect.ts'
import { WIRE_TIMES, type WireTimes } from './postgres-wire.ts'
import type { Wire } from './wire.ts'

/** Somebody waits for the answer. */
export const TRIAL_TIMES: WireTimes = { ...WIRE_TIMES, echoMs: 3000 }
const LONGEST_TRIAL_MS = 10_000

const LOOK = 'so several instances look every 2 seconds for what another one has made due; one needs neither'

/** Whether instances wake each other, for `check`. @param trial a wire of its own */
export async function hearingFinding(trial: Pick<Wire, 'heard'>): Promise<DatabaseFinding> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), LONGEST_TRIAL_MS)
  })
  const heard = await Promise.race([trial.heard(), late]).finally(() => clearTimeout(timer))
  const { state } = heard?.hearing ?? { state: 'lost' }
  if (state === 'on')
    return { level: 'ok', message: 'LISTEN and NOTIFY work: what is due at one instance wakes the others at once' }
  if (state === 'deaf')
    return {
      level: 'ok',
      message: `LISTEN and NOTIFY do not get through, as behind a pooler in the mode "transaction", ${LOOK}`,
    }
  return {
    level: 'warning',
    message: `no connection of its own could be made for LISTEN and NOTIFY, ${LOOK}: look at max_connections, and at the limits of the user and of a pooler`,
  }
}
