import t from 'tap'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { configured } from '../harness.ts'
import { createShelf } from '../imports/shelf.ts'
import type { RunningRelay } from './running-relay.ts'
import { startRelay } from './running-relay.ts'

const story = (externalId: string) => ({
  externalId,
  name: `Ticket ${externalId}`,
  description: '',
  requestedBy: '',
  createdAt: null,
  type: null,
  estimate: null,
})

const shown = async (relay: RunningRelay, headers: Record<string, string> = {}): Promise<string> => {
  const { status, text } = await relay.get('/imports/shelf.xml', headers)
  return status === 200 ? (/<external_id>(.*)<\/external_id>/.exec(text)?.[1] ?? 'none') : String(status)
}

t.test('a list that gets public is not shown to strangers before it is the new list', async (t) => {
  const shelf = createShelf()
  let closed: () => void = () => {}
  let closing: () => void = () => {}
  const isClosing = new Promise<void>((resolve) => {
    closing = resolve
  })
  let slow = true
  const connector: Connector = {
    ...shelf.connector,
    configure(settings) {
      const inner = configured(shelf.connector, settings)
      return {
        ...inner,
        open: (tools) => ({
          ...inner.open(tools),
          // As one whose deliveries under way take their time.
          close: async () => {
            if (!slow) return
            slow = false
            await new Promise<void>((resolve) => {
              closed = resolve
              closing()
            })
          },
        }),
      }
    },
  }
  const setup = (row: string, access: object) => ({
    connectors: [connector],
    integrations: { shelf: { type: 'shelf', row, import: access } },
  })
  const relay = await startRelay(t, setup('private', { username: 'kirk', password: 'secret-ncc1701-abcdef' }))
  const login = { authorization: `Basic ${Buffer.from('kirk:secret-ncc1701-abcdef').toString('base64')}` }
  shelf.show([[story('SECRET-1')]])
  t.equal(await shown(relay, login), 'SECRET-1')
  t.equal(await shown(relay), '401')
  shelf.show([[story('OPEN-1')]])
  const reloaded = relay.reload(setup('public', { public: true }))
  await isClosing
  t.equal(await shown(relay), '401', 'the old list is behind the old door')
  closed()
  await reloaded
  t.equal(await shown(relay), 'OPEN-1')
})

t.test('a new secret opens the list that is in store already', async (t) => {
  const shelf = createShelf()
  const setup = (secret: string) => ({
    connectors: [shelf.connector],
    integrations: { shelf: { type: 'shelf', row: 'one', import: { secret, cache_seconds: 3600 } } },
  })
  const [first, second] = ['the-first-of-two-secrets-1', 'the-second-of-two-secrets']
  const relay = await startRelay(t, setup(first))
  shelf.show([[story('ENT-1')]])
  t.equal((await relay.get(`/imports/shelf/${first}.xml`)).status, 200)
  await relay.reload(setup(second))
  t.equal((await relay.get(`/imports/shelf/${first}.xml`)).status, 404)
  t.equal((await relay.get(`/imports/shelf/${second}.xml`)).status, 200)
  t.equal(shelf.reads, 1)
})
