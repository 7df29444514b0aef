import t from 'tap'
import { benderKey, startOnceCampfire } from '../../../src/stand-ins/once-campfire.ts'
import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import { boardConnector, startBoard } from '../board.ts'
import { eventually } from '../eventually.ts'
import { type RunningRelay, startRelay } from '../running-relay.ts'
import { changed, PROJECT } from '../tracker-says.ts'
import { LONG_LEASE_MS } from '../turns.ts'

const MINUTE_MS = 60_000
const HOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

/** A room and a hook that are told, and a board that breaks. */
async function openTeam(t: Parameters<typeof startRelay>[0], folder?: string) {
  const campfire = await startOnceCampfire()
  const receiver = await startWebhookReceiver({ secret: HOOK_SECRET, toleranceMs: 86_400_000 })
  const board = await startBoard(t)
  t.teardown(() => campfire.close())
  t.teardown(() => receiver.close())
  const setup = {
    ...(folder === undefined ? {} : { folder }),
    leaseMs: LONG_LEASE_MS,
    rhythm: { watchMs: 20 },
    connectors: [boardConnector],
    projects: [{ id: PROJECT, secret: 'kobayashi-maru-1701', integrations: ['board'] }],
    integrations: {
      room: { type: 'campfire', url: `${campfire.url}/rooms/1/${benderKey}/messages` },
      hook: { type: 'webhook', url: receiver.url, secret: HOOK_SECRET },
      board: { type: 'board', url: board.url, breaker: { failures: 1, probe_seconds: [60] } },
    },
    notices: { to: ['room', 'hook'], held_minutes: 15 },
  }
  const said = (): string[] => campfire.messages(1).map(({ plainText }) => plainText)
  return { campfire, receiver, board, setup, said }
}

async function says(said: () => string[], count: number): Promise<string[]> {
  return await eventually(said, (all) => all.length >= count, `${count} messages`)
}

const isHeld = async (relay: RunningRelay): Promise<boolean> =>
  (await relay.metrics()).get('relay_breaker_state{integration="board",state="open"}') === 1

t.test('people and programs are told once that a target is down, and once that it works again', async (t) => {
  const { receiver, board, setup, said } = await openTeam(t)
  const relay = await startRelay(t, setup)
  board.down('reset')
  await relay.post(changed(1, { story: '101', state: 'started' }))
  await eventually(() => isHeld(relay), Boolean, 'the board is held')
  // Minutes begin to count once it was looked at.
  const passing = (): string[] => {
    relay.advance(MINUTE_MS)
    return said()
  }
  const [first] = await says(passing, 1)
  t.match(first, /^Tracker Relay: board takes nothing since \d{4}-\d\d-\d\d \d\d:\d\d UTC: /)
  board.down(null)
  // A probe that was under way then may still have failed, so that the next one is a minute later.
  const all = await says(passing, 2)
  t.strictSame(all.slice(1), ['Tracker Relay: board works again.'])
  const accepted = await eventually(
    () => receiver.accepted,
    ({ length }) => length >= 2,
    'two web hooks',
  )
  t.match(
    accepted.map(({ body }) => JSON.parse(body) as object),
    [
      {
        type: 'relay.notice',
        timestamp: /^\d{4}-\d\d-\d\dT.*Z$/,
        data: {
          text: first,
          lines: [{ about: 'board', what: 'held', isOver: false, message: /^board takes nothing/ }],
        },
      },
      { type: 'relay.notice', data: { lines: [{ about: 'board', what: 'held', isOver: true }] } },
    ],
  )
  t.equal(said().length, 2)
  t.equal(accepted.length, 2)
})

t.test('nobody is told through the integration that it is about, and others are', async (t) => {
  const { receiver, setup, said } = await openTeam(t)
  const relay = await startRelay(t, setup)
  await relay.store.savePause('hook', null, 'maintenance', Date.now())
  t.strictSame(await says(said, 1), ['Tracker Relay: hook is paused by an operator: maintenance.'])
  await relay.store.saveResume('hook', Date.now())
  t.strictSame((await says(said, 2)).slice(1), ['Tracker Relay: hook is not paused any more.'])
  const deliveries = await relay.allSettled(2)
  t.strictSame(
    deliveries.map(({ integration, state }) => [integration, state]),
    [
      ['room', 'delivered'],
      ['room', 'delivered'],
    ],
  )
  t.equal(receiver.accepted.length, 0)
})

t.test('two relays on one database tell everything once, and a restart tells nothing again', async (t) => {
  const { setup, said } = await openTeam(t)
  const first = await startRelay(t, setup)
  const second = await startRelay(t, { ...setup, folder: first.folder })
  await first.store.savePause('board', null, 'one\n@all', Date.now())
  await says(said, 1)
  await first.stop()
  const third = await startRelay(t, { ...setup, folder: second.folder })
  await third.store.savePause('hook', null, 'two', Date.now())
  const all = await says(said, 2)
  t.strictSame(all, [
    'Tracker Relay: board is paused by an operator: one @\u200ball.',
    'Tracker Relay: hook is paused by an operator: two.',
  ])
})

t.test('what begins together is one message', async (t) => {
  const { setup, said } = await openTeam(t)
  const quiet = await startRelay(t, { ...setup, rhythm: { watchMs: 86_400_000 } })
  await quiet.store.savePause('board', null, 'one', Date.now())
  await quiet.store.savePause('hook', null, 'two', Date.now())
  await quiet.stop()
  await startRelay(t, { ...setup, folder: quiet.folder })
  t.strictSame(await says(said, 1), [
    'Tracker Relay:\n- hook is paused by an operator: two\n- board is paused by an operator: one',
  ])
})
