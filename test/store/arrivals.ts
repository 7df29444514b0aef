import type { Test } from 'tap'
import type { Recorded } from '../../src/stand-ins/stand-in.ts'
import type { Delivery } from '../../src/store/delivery.ts'

type Sent = Pick<Delivery, 'key' | 'lanes'>

/** Each delivery arrived at the web hook exactly once, and those of a lane in their order; oldest first. */
export function arrivedOnceInOrder(t: Test, requests: readonly Recorded[], deliveries: readonly Sent[]): void {
  const arrived = requests.map(({ headers }) => headers['webhook-id'])
  t.strictSame([...arrived].sort(), deliveries.map(({ key }) => key).sort(), 'each of them once')
  for (const lane of new Set(deliveries.flatMap(({ lanes }) => lanes))) {
    const keys = deliveries.filter(({ lanes }) => lanes.includes(lane)).map(({ key }) => key)
    t.strictSame(
      arrived.filter((key) => key !== undefined && keys.includes(key)),
      keys,
      `the order of ${lane}`,
    )
  }
}
