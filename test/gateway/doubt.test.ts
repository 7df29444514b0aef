import t, { type Test } from 'tap'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed, commented, created } from './tracker-says.ts'

async function relayWithRoom(t: Test, schedule_seconds: readonly number[]) {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const settings = { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 }
  const retry = { schedule_seconds, jitter: 0 }
  const relay = await startRelay(t, { integrations: { room: { ...settings, retry, breaker: { failures: 100 } } } })
  return { room, relay }
}

t.test('what may have happened is looked up in the room, and said once', async (t) => {
  const { room, relay } = await relayWithRoom(t, [1, 1, 1, 1])
  const isWrite = ({ method }: { method: string }): boolean => method === 'POST'
  await relay.post(created(1, { story: '109', name: 'More power to shields' }))
  await relay.allSettled(1)
  for (const fault of ['lose the answer', 'reset mid-body', 'reset', { status: 502 }] as const)
    room.fault(fault, { where: isWrite })
  await relay.post(changed(2, { story: '109', state: 'delivered' }))
  await relay.post(commented(3, { story: '109', text: 'Aye' }))
  await relay.post(changed(4, { story: '109', state: 'rejected' }))
  await relay.post(changed(5, { story: '109', state: 'accepted' }))
  const deliveries = await relay.allSettled(5)
  const link = 'https://www.pivotaltracker.com/story/show/109'
  t.strictSame(
    room.messages(42).map(({ body }) => body),
    [
      `James Kirk added feature "More power to shields" ${link}`,
      `James Kirk delivered "More power to shields" ${link}`,
      `James Kirk commented on "More power to shields": "Aye" ${link}`,
      `James Kirk rejected "More power to shields" ${link}`,
      `James Kirk accepted "More power to shields" ${link}`,
    ],
  )
  t.ok(deliveries.every(({ state }) => state === 'delivered'))
  const words = await Promise.all(
    deliveries.map(async ({ id }) => (await relay.store.delivery(id))?.attempts.map(({ outcome }) => outcome)),
  )
  const [first, second, ...others] = words
  t.strictSame([first, second], [['delivered'], ['in doubt', 'confirmed']], 'its answer was lost, its message is there')
  t.strictSame(others.flat().filter((word) => word === 'in doubt').length, 2)
  t.strictSame((await relay.metrics()).get('relay_delivery_attempts_total{integration="room",outcome="in doubt"}'), 3)
})

t.test('a room is asked early about what is in doubt, so that others need not wait for its retry', async (t) => {
  const { room, relay } = await relayWithRoom(t, [3600])
  const said = (): (string | undefined)[] => room.messages(42).map(({ body }) => body?.replace(/ http.*/, ''))
  room.fault({ status: 502 }, { where: ({ method }) => method === 'POST' })
  await relay.post(created(1, { story: '109', name: 'More power to shields' }))
  const [doubtful] = await eventually(relay.deliveries, ([one]) => one?.state === 'waiting', 'a message in doubt')
  await relay.post(created(2, { story: '110', name: 'Cloak' }))
  t.strictSame(said(), [], 'what was sent may still arrive')
  relay.advance(10_000)
  await eventually(relay.deliveries, ([, two]) => two?.state === 'delivered', 'the others go on')
  t.strictSame(said(), ['James Kirk added feature "Cloak"'])
  const [waiting] = await relay.deliveries()
  t.match(waiting, { state: 'waiting', dueAt: doubtful?.dueAt, failures: 1, note: /was asked and does not have it/ })
  relay.advance(3_600_000)
  await relay.allSettled(2)
  t.strictSame(said(), ['James Kirk added feature "Cloak"', 'James Kirk added feature "More power to shields"'])
})
