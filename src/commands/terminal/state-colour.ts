import type { DeliveryState } from '../../store/delivery.ts'
import type { Colour } from './screen.ts'

const COLOURS: Readonly<Record<DeliveryState, Colour | null>> = {
  pending: null,
  delivering: null,
  waiting: 'yellow',
  held: 'yellow',
  delivered: 'green',
  skipped: 'gray',
  dead: 'red',
}

/** Green went well, yellow will be tried again, red needs somebody. */
export function stateColour(state: DeliveryState): Colour | null {
  return COLOURS[state]
}
