import t from 'tap'
import type { Effect, StateEffect } from '../../src/connectors/contract/effect.ts'
import { type Precedence, superseded } from '../../src/queue/supersession.ts'
import type { Breaker } from '../../src/store/breaker.ts'
import type { Taken } from '../../src/store/delivery.ts'

const UP: Breaker = { state: 'closed', failures: 0, recoveredAt: 0 }
const DOWN: Breaker = { state: 'open', until: 9000, openings: 1, reason: 'down' }
const STARTED: StateEffect = { kind: 'state', storyId: '109', author: 'James Kirk', state: 'started', from: null }
const FINISHED: StateEffect = { ...STARTED, state: 'finished' }

const delivery = (effect: Effect, attempts: number, inDoubtSince: number | null): Taken =>
  ({ id: 1, effect, attempts, createdAt: 1000, inDoubtSince }) as unknown as Taken

interface Case {
  readonly name: string
  readonly effect?: Effect
  readonly attempts?: number
  readonly inDoubtSince?: number
  readonly breaker?: Breaker
  readonly coalesce?: boolean
  readonly next?: StateEffect
  readonly delivered?: readonly StateEffect[]
  readonly tickets?: Precedence['tickets']
  readonly expected: RegExp | null
}

const WAITING = /^superseded: a later state of the story was waiting already$/
const CARRIED_ON = /^superseded: a later state of the story was carried on already$/
const onlyItself: Precedence['tickets'] = { supersedes: (later, earlier) => later.state === earlier.state }

const CASES: readonly Case[] = [
  { name: 'while the target is up every state is delivered', next: FINISHED, expected: null },
  { name: 'what waits for a target that is down gives way', breaker: DOWN, next: FINISHED, expected: WAITING },
  {
    name: 'so does what has waited until it recovered',
    breaker: { ...UP, recoveredAt: 1000 },
    next: FINISHED,
    expected: WAITING,
  },
  {
    name: 'but not what arrived afterwards',
    breaker: { ...UP, recoveredAt: 999 },
    next: FINISHED,
    expected: null,
  },
  { name: 'what is tried again has waited', attempts: 2, next: FINISHED, expected: WAITING },
  { name: 'so has what a restored backup has in doubt', inDoubtSince: 500, next: FINISHED, expected: WAITING },
  { name: 'the last state gives way to nothing', breaker: DOWN, expected: null },
  { name: 'unless the settings say otherwise', breaker: DOWN, coalesce: false, next: FINISHED, expected: null },
  {
    name: 'a comment is never superseded',
    effect: { kind: 'forward' },
    attempts: 2,
    breaker: DOWN,
    next: FINISHED,
    delivered: [FINISHED],
    expected: null,
  },
  {
    name: 'a later state that means nothing at the target supersedes nothing',
    breaker: DOWN,
    next: FINISHED,
    tickets: onlyItself,
    expected: null,
  },
  {
    name: 'a replay does not go back behind a delivered state',
    attempts: 2,
    delivered: [FINISHED],
    expected: CARRIED_ON,
  },
  {
    name: 'whatever the settings say of those that wait',
    attempts: 2,
    coalesce: false,
    delivered: [FINISHED],
    expected: CARRIED_ON,
  },
  {
    name: 'nor behind one that means the same',
    attempts: 2,
    delivered: [FINISHED, STARTED],
    tickets: onlyItself,
    expected: CARRIED_ON,
  },
  {
    name: 'a delivered state that means nothing at the target does not count',
    attempts: 2,
    delivered: [FINISHED],
    tickets: onlyItself,
    expected: null,
  },
  { name: 'a first attempt has nothing delivered after it', delivered: [FINISHED], expected: null },
]

t.test('a state is skipped when a later state of its story makes it pointless', async (t) => {
  for (const each of CASES) {
    const {
      name,
      effect = STARTED,
      attempts = 1,
      inDoubtSince = null,
      breaker = UP,
      coalesce = true,
      tickets = null,
      expected,
    } = each
    const states = {
      nextState: async () => each.next ?? null,
      laterStatesDelivered: async () => each.delivered ?? [],
    }
    const why = await superseded(delivery(effect, attempts, inDoubtSince), { states, tickets, coalesce, breaker })
    if (expected === null) t.equal(why, null, name)
    else t.match(why, expected, name)
  }
})
