import t from 'tap'
import type { Expected } from '../../demo/expected.ts'
import type { Received, Target } from '../../demo/targets.ts'
import { judge, type Tried, type Verdict } from '../../demo/verdict.ts'
import type { Effect } from '../../src/connectors/effect.ts'
import type { Delivery } from '../../src/queue/delivery.ts'

const room: Target = { name: 'room', title: 'A room', start: () => Promise.reject(new Error('not started here')) }

function announced(key: string, what: 'started' | 'accepted', storyId: string): Expected {
  const effect: Effect = { kind: 'announce', what, storyId, author: 'James Kirk', text: null }
  return { key, integration: 'room', effect, lanes: [`26:${storyId}`], subject: `#${storyId}` }
}

function heard(text: string, storyId: string): Received {
  return { key: null, place: 'Bridge', subject: `#${storyId}`, text }
}

function tried({ key, effect, lanes }: Expected, parts: Partial<Delivery> = {}): Tried {
  const delivery: Delivery = {
    id: 1,
    activityId: 1,
    key,
    projectId: '26',
    integration: 'room',
    storyId: null,
    effect,
    lanes,
    state: 'delivered',
    createdAt: 0,
    dueAt: null,
    attempts: 1,
    failures: 0,
    inDoubtSince: null,
    failingSince: null,
    settledAt: 1,
    note: 'accepted',
    ...parts,
  }
  const attempt = { number: 1, startedAt: 0, durationMs: 1, outcome: 'delivered', status: 201, note: null }
  return { delivery, attempts: [{ ...attempt, exchanges: [] }] }
}

const started = announced('one', 'started', '109')
const accepted = announced('two', 'accepted', '109')
const other = announced('three', 'started', '110')
const expected = [started, accepted, other]
const books = expected.map((each) => tried(each))
const inOrder = [
  heard('James Kirk started "Phasers"', '110'),
  heard('James Kirk started "More power to shields"', '109'),
  heard('James Kirk accepted "More power to shields"', '109'),
]

const problems = (verdict: Verdict): readonly string[] => verdict.problems

t.test('all is well when the target holds each thing once, each story in order', async (t) => {
  t.strictSame(problems(judge(room, expected, books, inOrder)), [])
})

t.test('the books alone convince nobody: what the target does not hold is lost', async (t) => {
  t.strictSame(problems(judge(room, expected, books, inOrder.slice(1))), ['1 never arrived'])
})

t.test('what the target holds twice is noticed', async (t) => {
  const verdict = judge(room, expected, books, [...inOrder, ...inOrder.slice(0, 1)])
  t.strictSame(problems(verdict), ['1 arrived twice, or without reason'])
})

t.test('a story out of order is noticed', async (t) => {
  const verdict = judge(room, expected, books, inOrder.toReversed())
  t.strictSame(problems(verdict), ['what belongs to one story arrived out of order'])
})

t.test('a delivery that was never stored, one that waits, and one that was given up are each named', async (t) => {
  const some = [tried(accepted, { state: 'held', note: 'the room answered 503' }), tried(other, { state: 'dead' })]
  t.strictSame(problems(judge(room, expected, some, inOrder)), [
    '1 of its deliveries were never stored',
    '1 of its deliveries still wait (the room answered 503)',
    '1 of its deliveries were given up',
  ])
})

t.test('a linked story that was skipped, as if it had no ticket, is noticed', async (t) => {
  const some = [tried(started, { state: 'skipped', note: 'not linked' }), ...books.slice(1)]
  t.strictSame(problems(judge(room, expected, some, inOrder)), [
    '1 were skipped, but 0 belong to stories without a ticket',
  ])
})

t.test('a ticket that passes through a state on its way to another is no repetition', async (t) => {
  const jira: Target = { ...room, stateWords: { started: 'In Progress' }, onTheWay: 'moved to Reopened' }
  const effect: Effect = { kind: 'state', storyId: '109', author: 'Spock', state: 'started', from: 'accepted' }
  const moved: Expected = { key: 'k', integration: 'room', effect, lanes: ['26:109'], subject: 'TEST-1' }
  const one = tried(moved)
  const exchange = {
    method: 'POST',
    url: 'http://jira.example.com/',
    requestHeaders: {},
    requestBody: '',
    status: 204,
    responseHeaders: {},
    responseBody: '',
    error: null,
    durationMs: 1,
  }
  const wrote = { ...one, attempts: one.attempts.map((each) => ({ ...each, exchanges: [exchange] })) }
  const at = (text: string): Received => ({ key: null, place: 'TEST-1', subject: 'TEST-1', text })
  const way = [at('moved to Reopened'), at('moved to In Progress')]
  t.strictSame(problems(judge(jira, [moved], [wrote], way)), [])
  t.strictSame(problems(judge(jira, [moved], [wrote], way.toReversed())), ['1 arrived twice, or without reason'])
})
