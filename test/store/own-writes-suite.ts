import type { Test } from 'tap'
import type { OwnWrite, TicketChange } from '../../src/connectors/contract/own-write.ts'
import type { Store } from '../../src/store/store.ts'
import type { OpenStore } from './database.ts'

const PAGE = 'https://github.com/starfleet/enterprise/issues/5'
const AT = Date.UTC(2026, 10, 24, 12, 0, 0)
const SECOND = 1000
const MINUTE = 60_000

const write = (changes: readonly TicketChange[], page = PAGE): OwnWrite => ({ page, changes })

interface Told {
  readonly key: string
  readonly at?: number
  readonly state?: string
  readonly page?: string
  readonly isOnlyAsked?: true
}

const take = (
  store: Store,
  changes: readonly TicketChange[] | null,
  { key, at = AT + SECOND, state = 'accepted', page = PAGE, ...how }: Told,
): Promise<boolean> =>
  store.takeOwnEvent({
    ...how,
    told: {
      projectId: 'enterprise',
      activity: {
        ...{ key, kind: 'story_update', occurredAt: new Date(at).toISOString() },
        stories: [{ id: '5', change: 'update', name: 'Shields', storyType: null, state }],
      },
      receivedAt: at,
    },
    write: changes === null ? null : write(changes, page),
  })

const stateOf = async (store: Store): Promise<string | null> =>
  (await store.rememberedStories([{ projectId: 'enterprise', storyId: '5' }]))[0]?.state ?? null

/** What the relay wrote into a tool that it follows too, and what the tool tells of it. */
export function testOwnWrites(suite: Test, open: OpenStore): void {
  suite.test('one write is the reason of one event, however often that comes', async (t) => {
    const store = await open(t)
    t.equal(await take(store, ['closed'], { key: 'too early' }), false, 'nothing was written')
    t.equal(await stateOf(store), null, 'of a person’s event nothing is remembered here')
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed', '+doing']), at: AT })
    t.equal(await take(store, ['closed'], { key: 'one' }), true)
    t.equal(await take(store, ['closed'], { key: 'one' }), true, 'the same again')
    t.equal(await take(store, ['closed'], { key: 'two' }), false, 'another one')
    t.equal(await take(store, ['+doing'], { key: 'three' }), true, 'the other change has an event of its own')
    t.equal(await stateOf(store), 'accepted', 'it is known which state the relay has set')
  })

  suite.test('who only asks whether an event is the relay’s changes nothing', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed']), at: AT })
    const asked = { isOnlyAsked: true } as const
    t.equal(await take(store, ['closed'], { key: 'one', ...asked }), true)
    t.equal(await take(store, ['opened'], { key: 'back', at: AT, ...asked }), false)
    t.equal(await stateOf(store), null)
    t.equal(await take(store, ['closed'], { key: 'two' }), true, 'it was neither used up nor taken back')
  })

  suite.test('an event that says more, of another ticket, or of another time is not the relay’s', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed', '+doing']), at: AT })
    const other = 'https://github.com/starfleet/enterprise/issues/6'
    for (const [changes, told] of [
      [['opened'], { key: 'opened', at: AT - MINUTE }],
      [['closed', '+other'], { key: 'more' }],
      [['closed'], { key: 'page', page: other }],
      [['closed'], { key: 'before', at: AT - 3 * SECOND }],
      [['closed'], { key: 'after', at: AT + 3 * MINUTE }],
    ] as const)
      t.equal(await take(store, changes, told), false, told.key)
    const page = 'http://GitHub.com/Starfleet/enterprise/issues/5/'
    t.equal(await take(store, ['closed', '+doing'], { key: 'whole', at: AT - SECOND, page }), true)
  })

  suite.test('once somebody has changed it back, the same change is a person’s', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed']), at: AT })
    t.equal(await take(store, ['opened'], { key: 'back', at: AT + 10 * SECOND, state: 'unstarted' }), false)
    t.equal(await take(store, ['closed'], { key: 'again', at: AT + 20 * SECOND }), false)
    t.equal(await take(store, ['closed'], { key: 'late', at: AT + SECOND }), true, 'its own event may come late')
  })

  suite.test('a status is taken back by any other one', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['=in progress']), at: AT })
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['=done']), at: AT })
    t.equal(await take(store, ['=in progress'], { key: 'on the way' }), true)
    t.equal(await take(store, ['=to do'], { key: 'back', at: AT + 10 * SECOND, state: 'unstarted' }), false)
    t.equal(await take(store, ['=done'], { key: 'by a person', at: AT + 20 * SECOND }), false)
    t.equal(await take(store, ['=done'], { key: 'by the relay', at: AT + SECOND }), true)
  })

  suite.test('what was not written is taken back, but for what the tool has told of', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed', '+doing']), at: AT })
    t.equal(await take(store, ['closed'], { key: 'told' }), true)
    await store.takeBackOwnWrite(1)
    t.equal(await take(store, ['+doing'], { key: 'by hand' }), false)
    t.equal(await take(store, ['closed'], { key: 'told' }), true)
    await store.foretellOwnWrite({ deliveryId: 2, write: write(['-doing']), at: AT })
    await store.foretellOwnWrite({ deliveryId: 2, write: write(['-doing']), at: AT + MINUTE })
    t.equal(await take(store, ['-doing'], { key: 'of the second attempt', at: AT + MINUTE }), true)
    t.equal(await take(store, ['-doing'], { key: 'by a person', at: AT + MINUTE }), false)
  })

  suite.test('what an account of the relay did needs no write, and is remembered', async (t) => {
    const store = await open(t)
    t.equal(await take(store, null, { key: 'own' }), true)
    t.equal(await stateOf(store), 'accepted')
  })

  suite.test('writes are kept for a week', async (t) => {
    const store = await open(t)
    await store.foretellOwnWrite({ deliveryId: 1, write: write(['closed']), at: AT })
    const sweep = (days: number) =>
      store.sweep({ days: 90, rejected_days: 30, rejected_count: 100 }, AT + days * 24 * 60 * MINUTE)
    await sweep(6)
    t.equal(await take(store, ['closed'], { key: 'one' }), true)
    await sweep(8)
    t.equal(await take(store, ['closed'], { key: 'one' }), false)
  })
}
