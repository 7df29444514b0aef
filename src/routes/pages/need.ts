import type { IntegrationAnswer } from '../api/integrations.ts'
import type { StateName } from './states.tsx'

/** Why somebody is needed for an integration, and for what. */
export interface Need {
  /** As in "Not everything is fine: ...". */
  readonly cause: string
  readonly why: string
  readonly toDo: string
  /** What is not lost. */
  readonly comfort: string
  /** 0 is the most urgent. */
  readonly urgency: number
}

export function integrationState({ standing }: IntegrationAnswer): StateName {
  return standing.state
}

/** Null: nobody is needed. A pause is somebody's decision, and the cap of a day passes. */
export function needOf({ name, standing, deliveries, open }: IntegrationAnswer): Need | null {
  const { state, sentence } = standing
  const stored = `Nothing is lost: what ${name} should get is stored, in order.`
  if (state === 'held')
    return {
      cause: `${name} is held`,
      why: standing.reason ?? sentence,
      toDo: 'mend what the reason names: at the target, or in the config and then reload.',
      comfort: `Nothing is lost: what ${name} should get is stored, in order, and goes out once the target takes it.`,
      urgency: 1,
    }
  if (state === 'not configured')
    return {
      cause: `${name} is not in the config any more and has ${open} open ${open === 1 ? 'delivery' : 'deliveries'}`,
      why: sentence,
      toDo: `move them to another integration ("tracker-relay move"), skip them, or put ${name} back.`,
      comfort: stored,
      urgency: 2,
    }
  if (deliveries.dead > 0)
    return {
      cause: `${deliveries.dead} ${deliveries.dead === 1 ? 'delivery' : 'deliveries'} of ${name} ${deliveries.dead === 1 ? 'is' : 'are'} dead`,
      why: `${deliveries.dead} ${deliveries.dead === 1 ? 'delivery was' : 'deliveries were'} given up.`,
      toDo: 'look at the reason of each, mend it, and send them again, or leave them.',
      comfort: 'Nothing is lost: what is dead is kept, and can be sent again.',
      urgency: 0,
    }
  return null
}
