import t from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createJournal } from '../../src/queue/journal.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { BEACON_PROJECT, beacon, beaconRequest } from '../sources/beacon.ts'
import { configuredSource } from '../sources/recorded.ts'
import { freshStore } from '../store/database.ts'

const MIB = 1024 * 1024

t.test('of a project whose tool is slow, what is too much is refused unread; others are stored', async (t) => {
  const store = await freshStore(t)
  const journal = createJournal({
    ...{ append: store.append, appendTogether: store.appendTogether, rememberedStories: store.rememberedStories },
    ...{ takeOwnEvent: store.takeOwnEvent, knownKeys: store.knownKeys, reject: async () => {} },
    wake() {},
    metrics: createMetrics({ version: '0.0.0', words: METRIC_WORDS }),
    log: createLogger('error', { write: (line) => void line }),
    now: () => 1,
  })
  const source = configuredSource(beacon, { signing_secret: BEACON_PROJECT.source.signing_secret })
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  let asked = 0
  const slow = {
    state: async () => null,
    async person() {
      asked += 1
      await answered
      return null
    },
  }
  const accept = (id: string, number: number, name: string) => {
    const event = { id: String(number), at: '2026-11-24T12:00:00Z', by: 'Nyota Uhura', story: { id: '1', name } }
    return journal.accept({
      project: { id, integrations: [], ignoreAuthors: [], source, ...(id === 'slow' ? { directory: slow } : {}) },
      ...{ body: Buffer.from(beaconRequest([event]).body), contentType: null, head: () => ({}) },
    })
  }
  const long = 'x'.repeat(MIB)
  const waiting = Array.from({ length: 50 }, (_, number) =>
    accept('slow', number, long).catch((error: unknown) => error),
  )
  t.match(await Promise.race(waiting), { name: 'StoreError', reason: 'overloaded', message: /project slow/ })
  t.ok(asked < 40, `${asked} of 50 were read`)
  t.match(await accept('other', 99, long), { stored: [{ duplicate: false }] })
  answer()
  const ended = await Promise.all(waiting)
  t.equal(ended.filter((each) => !(each instanceof StoreError)).length, asked, 'all that waited are stored')
  t.match(await accept('slow', 100, long), { stored: [{ duplicate: false }] }, 'and there is room again')
})
