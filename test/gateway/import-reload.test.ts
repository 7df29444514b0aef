import t from 'tap'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { configured } from '../harness.ts'
import { createShelf } from '../imports/shelf.ts'
import { eventually } from './eventually.ts'
import type { RunningRelay } from './running-relay.ts'
import { ask, startRelay } from './running-relay.ts'
import { startSlowReceiver } from './slow-receiver.ts'
import { changed, PROJECT } from './tracker-says.ts'

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

t.test('a list that gets public shows strangers the new list at once, and the old one never', async (t) => {
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
  const first = await eventually(
    () => shown(relay),
    (answer) => answer !== '503',
    'the new list is open',
  )
  t.equal(first, 'OPEN-1', 'while the old integration still closes')
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

t.test(
  'what a reload withdraws opens nothing from then on, also while a delivery that hangs is waited for',
  async (t) => {
    const receiver = await startSlowReceiver(t)
    const shelf = createShelf()
    const setup = (era: 'old' | 'new', url: string) => ({
      connectors: [shelf.connector],
      server: {
        admin_token: `admin-token-${era}-123456`,
        metrics_token: `metrics-token-${era}-123456`,
        stop_timeout_seconds: 600,
      },
      projects: [{ id: PROJECT, secret: `hook-secret-${era}-1701`, integrations: ['slow'] }],
      integrations: {
        slow: { type: 'webhook', url },
        shelf: {
          type: 'shelf',
          row: 'one',
          import: { secret: `import-secret-${era}-1701`, username: 'kirk', password: `import-password-${era}` },
        },
        moved: { type: 'shelf', row: era, import: { secret: `moved-secret-${era}-1701` } },
      },
    })
    const relay = await startRelay(t, setup('old', receiver.url))
    const answers = async (era: 'old' | 'new'): Promise<Record<string, number>> => {
      const status = async (path: string, authorization = ''): Promise<number> =>
        (await relay.get(path, authorization === '' ? {} : { authorization })).status
      const login = Buffer.from(`kirk:import-password-${era}`).toString('base64')
      return {
        hook: (await ask(`${relay.url}/hooks/${PROJECT}/hook-secret-${era}-1701`, { method: 'POST', body: 'x' }))
          .status,
        'import secret': await status(`/imports/shelf/import-secret-${era}-1701.xml`),
        'import login': await status('/imports/shelf.xml', `Basic ${login}`),
        'import whose list changes': await status(`/imports/moved/moved-secret-${era}-1701.xml`),
        metrics: await status('/metrics', `Bearer metrics-token-${era}-123456`),
        administrator: await status('/connect/webhook/slow', `Bearer admin-token-${era}-123456`),
      }
    }
    const open = {
      hook: 400,
      'import secret': 200,
      'import login': 200,
      'import whose list changes': 200,
      metrics: 200,
    }
    const shut = {
      hook: 404,
      'import secret': 404,
      'import login': 401,
      'import whose list changes': 404,
      metrics: 401,
    }
    t.strictSame(await answers('old'), { ...open, administrator: 404 }, 'a web hook has nothing to authorise')
    t.strictSame(await answers('new'), { ...shut, administrator: 401 })
    const release = receiver.holdAnswers()
    const body = changed(1, { story: '109', state: 'accepted' })
    await ask(`${relay.url}/hooks/${PROJECT}/hook-secret-old-1701`, { method: 'POST', body })
    await eventually(
      () => receiver.requests.length,
      (count) => count === 1,
      'the delivery hangs',
    )
    let isReloaded = false
    const reloaded = relay.reload(setup('new', `${receiver.url}/elsewhere`)).then(() => {
      isReloaded = true
    })
    await eventually(
      () => relay.get('/imports/moved/moved-secret-new-1701.xml'),
      ({ status }) => status === 200,
      'the new list is shown',
    )
    t.strictSame(await answers('old'), { ...shut, administrator: 401 })
    t.strictSame(await answers('new'), { ...open, administrator: 404 })
    t.notOk(isReloaded, 'the delivery still hangs')
    release()
    await reloaded
    t.strictSame(await answers('old'), { ...shut, administrator: 401 })
    t.strictSame(relay.lines('these parts of the config take effect at the next start'), [])
  },
)
