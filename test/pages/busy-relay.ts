import { startCampfire } from '../../src/stand-ins/campfire.ts'
import { authorisedConnector } from '../gateway/authorised-connector.ts'
import { eventually } from '../gateway/eventually.ts'
import { changed, commented, created, PROJECT } from '../gateway/tracker-says.ts'
import { type AdministeredRelay, administeredRelay } from '../routes/api/administered.ts'
import { startJira } from '../targets/jira.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../targets/webhook-receiver.ts'

/** As Tracker writes it in XML; for a person it is what `SAID` is. */
const HOSTILE = `&lt;img src=x onerror=alert(1)&gt;&quot;'&lt;script&gt;alert(2)&lt;/script&gt;`
export const SAID = `<img src=x onerror=alert(1)>"'<script>alert(2)</script>`

export interface BusyRelay {
  readonly relay: AdministeredRelay
  readonly receiver: WebhookReceiver
}

/** A relay with something of everything on its pages, and hostile words wherever they can come from. */
export async function busyRelay(t: { teardown(work: () => Promise<void> | void): void }): Promise<BusyRelay> {
  const receiver = await startWebhookReceiver({ secret: null })
  const rude = await startWebhookReceiver({ secret: null })
  rude.standIn.down({ status: 400, headers: { 'x-said': SAID, 'content-type': 'text/html' }, body: SAID })
  const jira = await startJira({
    filters: [
      {
        ...{ id: '10000', name: 'All open', jql: 'project = TEST' },
        finds: [
          {
            id: '1',
            key: 'TEST-1',
            fields: { summary: SAID, issuetype: { name: 'Bug' }, reporter: { displayName: SAID } },
          },
        ],
      },
    ],
  })
  const room = await startCampfire()
  t.teardown(async () => void (await Promise.all([receiver, rude, jira, room].map((each) => each.close()))))
  const relay = await administeredRelay(t, {
    server: { public_url: 'https://relay.example.com' },
    credentials: { keys: ['a key that is long enough for the test of it'] },
    connectors: [authorisedConnector],
    integrations: {
      told: { type: 'log' },
      builds: { type: 'webhook', url: receiver.url },
      // Nobody listens on this port.
      gone: { type: 'webhook', url: 'http://127.0.0.1:9/', breaker: { failures: 1 } },
      rude: { type: 'webhook', url: rude.url, retry: { schedule_seconds: [1] } },
      board: { type: 'bulletin' },
      tickets: {
        ...{ type: 'jira', base_url: jira.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat', filter_id: 10000 },
        import: { secret: 'a-long-import-secret-of-jira' },
      },
    },
  })
  await relay.post(created(1, { story: '109', name: `Torpedo ${HOSTILE}`, author: `Kirk ${HOSTILE}` }))
  await relay.post(commented(2, { story: '109', text: HOSTILE, author: `Spock ${HOSTILE}` }))
  await relay.post(changed(3, { story: '109', state: 'accepted' }))
  await relay.post(`<activity><id>x</id>${SAID}</activity>`)
  const put = {
    method: 'PUT',
    body: { external_id: `"><script>alert(4)</script>`, external_url: 'javascript:alert(5)' },
  }
  await relay.api(`/links/${PROJECT}/109`, { ...put, body: { ...put.body, system: 'other' } })
  await relay.api('/integrations/told/pause', { method: 'POST', body: { reason: SAID } })
  await relay.api('/imports/tickets/refresh', { method: 'POST' })
  await eventually(
    () => relay.deliveries(),
    (found) =>
      found.filter(({ integration, state }) => integration === 'builds' && state === 'delivered').length === 3 &&
      found.some(({ integration, state }) => integration === 'rude' && state === 'dead'),
    'the web hooks have answered',
  )
  await eventually(
    async () => (await relay.api('/integrations/gone')).json(),
    ({ standing }) => (standing as { state: string }).state === 'held',
    'nobody answers',
  )
  await relay.api('/replays', {
    method: 'POST',
    body: { deliveries: { states: ['delivered'], integration: 'builds' }, per_second: 1 },
  })
  return { relay, receiver }
}
