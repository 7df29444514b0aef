import { commented } from '../../gateway/tracker-says.ts'
import { LONG_LEASE_MS, runUntilSettled } from '../../gateway/turns.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../../targets/webhook-receiver.ts'
import { type AdministeredRelay, administeredRelay } from './administered.ts'

/** A relay with so many dead deliveries of a web hook that is not there any more, each of a story of its own. */
export async function withDead(
  t: Parameters<typeof administeredRelay>[0],
  count: number,
): Promise<{ relay: AdministeredRelay; receiver: WebhookReceiver }> {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 404 })
  const relay = await administeredRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: { hook: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1] } } },
  })
  for (let number = 1; number <= count; number += 1)
    await relay.post(commented(number, { story: String(number), text: 'x' }))
  await runUntilSettled(relay, count)
  return { relay, receiver }
}
