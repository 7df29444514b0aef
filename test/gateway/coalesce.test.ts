import t from 'tap'
import { bug, startBugzilla } from '../../src/stand-ins/bugzilla.ts'
import type { StandIn } from '../../src/stand-ins/stand-in.ts'
import { type JiraOptions, type JiraStandIn, startJira } from '../targets/jira.ts'
import { type Board, boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, runUntilSettled } from './turns.ts'

const STATES = ['started', 'finished', 'delivered', 'accepted']

async function relayBeforeBoard(
  t: { teardown(work: () => Promise<void> | void): void },
  settings: object = {},
): Promise<{ board: Board; relay: RunningRelay }> {
  const board = await startBoard(t)
  const breaker = { failures: 1 }
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, breaker, ...settings } },
  })
  return { board, relay }
}

async function postWhileDown({ board, relay }: { board: Board; relay: RunningRelay }): Promise<void> {
  board.down({ status: 503 })
  let number = 0
  for (const state of STATES) {
    number += 1
    await relay.post(changed(number, { story: '109', state }))
  }
  await relay.post(changed(10, { story: '110', state: 'started' }))
  await eventually(
    () => relay.deliveries(),
    (all) => all.some(({ state }) => state === 'held') && all.every(({ state }) => state !== 'delivering'),
    'the board is held',
  )
  board.down(null)
  relay.advance(11_000)
  await relay.allSettled(5)
}

t.test('of the states that waited while the target was down only the last is carried on', async (t) => {
  const { board, relay } = await relayBeforeBoard(t)
  await postWhileDown({ board, relay })
  t.strictSame([...board.told].sort(), ['109 accepted', '110 started'])
  t.strictSame(
    (await relay.deliveries()).map(({ state, note }) => `${state}: ${note}`),
    [
      ...Array<string>(3).fill('skipped: superseded: a later state of the story was waiting already'),
      'delivered: shows accepted',
      'delivered: shows started',
    ],
  )
})

t.test('with coalesce_states off each of them is carried on, in order', async (t) => {
  const { board, relay } = await relayBeforeBoard(t, { coalesce_states: false })
  await postWhileDown({ board, relay })
  t.strictSame(
    board.told.filter((each) => each.startsWith('109')),
    STATES.map((state) => `109 ${state}`),
  )
})

t.test('while the target is up no state is left out, however fast they come', async (t) => {
  const { board, relay } = await relayBeforeBoard(t)
  const release = board.holdAnswers()
  let number = 0
  for (const state of STATES) {
    number += 1
    await relay.post(changed(number, { story: '109', state }))
  }
  release()
  await relay.allSettled(STATES.length)
  t.strictSame(
    board.told,
    STATES.map((state) => `109 ${state}`),
  )
})

/** Lets the states of a linked story wait until the target is up again; returns what became of each. */
async function outcomesAfterOutage(
  t: { teardown(work: () => Promise<void> | void): void },
  target: StandIn,
  settings: object,
  externalId: string,
  states: readonly string[],
): Promise<string[]> {
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: { tickets: { breaker: { failures: 1 }, ...settings } },
  })
  const link = { projectId: '26', storyId: '109', system: null, integrationId: null, externalId, externalUrl: null }
  await relay.store.setLinks(() => [[link]], Date.now())
  target.down({ status: 503 })
  let number = 0
  for (const state of states) {
    number += 1
    await relay.post(changed(number, { story: '109', state }))
  }
  await eventually(
    relay.deliveries,
    (all) => all.some(({ state }) => state === 'waiting' || state === 'held'),
    'the target was tried',
  )
  target.down(null)
  const settled = await runUntilSettled(relay, (await relay.deliveries()).length)
  return settled.map(({ effect, state }) => `${effect.kind === 'state' ? effect.state : effect.kind}: ${state}`)
}

async function jiraAfterOutage(
  t: { teardown(work: () => Promise<void> | void): void },
  options: JiraOptions,
  settings: object,
  states: readonly string[],
): Promise<{ jira: JiraStandIn; outcomes: string[] }> {
  const jira = await startJira(options)
  t.teardown(jira.close)
  jira.add('TEST-1')
  const login = { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' }
  return { jira, outcomes: await outcomesAfterOutage(t, jira, { ...login, ...settings }, 'TEST-1', states) }
}

t.test('a state that only does something to some tickets leaves out none before it', async (t) => {
  for (const coalesce_states of [true, false]) {
    const states = ['started', 'finished', 'delivered', 'rejected']
    const { jira, outcomes } = await jiraAfterOutage(t, {}, { coalesce_states }, states)
    t.equal(jira.statusOf('TEST-1'), 'In Progress', `coalesce_states: ${coalesce_states}`)
    t.strictSame(
      outcomes,
      states.map((state) => `${state}: delivered`),
    )
  }
})

t.test('a state that is a step on the way is not left out', async (t) => {
  const workflow = {
    statuses: [
      { id: '1', name: 'To Do', category: 'new' },
      { id: '3', name: 'In Progress', category: 'indeterminate' },
      { id: '7', name: 'In Review', category: 'indeterminate' },
      { id: '9', name: 'Done', category: 'done' },
    ],
    actions: [
      { id: '11', name: 'Start', from: ['1'], to: '3' },
      { id: '12', name: 'Review', from: ['3'], to: '7' },
      { id: '13', name: 'Finish', from: ['7'], to: '9' },
    ],
  } as const
  for (const coalesce_states of [true, false]) {
    const settings = { coalesce_states, states: { finished: { status: 'In Review' } } }
    const { jira, outcomes } = await jiraAfterOutage(t, { workflow }, settings, ['started', 'finished', 'accepted'])
    t.equal(jira.statusOf('TEST-1'), 'Done', `coalesce_states: ${coalesce_states}`)
    t.strictSame(outcomes, ['started: delivered', 'finished: delivered', 'accepted: delivered'])
  }
})

t.test('where each state is a comment, none is left out, and the last status is the right one', async (t) => {
  const bugzilla = await startBugzilla({ bugs: [bug(431)] })
  t.teardown(bugzilla.close)
  const settings = {
    type: 'bugzilla',
    url: bugzilla.url,
    api_key: 'Kq3vRelayKey',
    map_status: { started: { status: 'IN_PROGRESS' }, accepted: { status: 'RESOLVED', resolution: 'FIXED' } },
  }
  const outcomes = await outcomesAfterOutage(t, bugzilla, settings, '431', STATES)
  t.strictSame(
    outcomes,
    STATES.map((state) => `${state}: delivered`),
  )
  t.strictSame(
    bugzilla.comments(431).map(({ text }) => STATES.find((state) => text.includes(` ${state} `))),
    STATES,
  )
  t.equal(bugzilla.bugs.get(431)?.status, 'RESOLVED')
})
