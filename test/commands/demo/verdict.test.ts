import t from 'tap'
import type { Tried } from '../../../src/commands/demo/ending.ts'
import type { Expected } from '../../../src/commands/demo/expected.ts'
import type { Received, Target } from '../../../src/commands/demo/target.ts'
import { judge, type Verdict } from '../../../src/commands/demo/verdict.ts'
import type { Effect } from '../../../src/connectors/contract/effect.ts'
import type { Delivery } from '../../../src/store/delivery.ts'

const room: Target = { name: 'room', title: 'A room', start: () => Promise.reject(new Error('not started here')) }

function announced(key: string, what: 'started' | 'accepted', storyId: string): Expected {
  const effect: Effect = { kind: 'announce', what, storyId, author: 'James Kirk', text: null }
  return {
    key,
    activity: `recording_${key}`,
    integration: 'room',
    effect,
    lanes: [`26:${storyId}`],
    subject: `#${storyId}`,
    names: storyId === '109' ? ['Power to shields', 'More power to shields'] : ['Phasers'],
    end: 'delivered',
  }
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
    replayedAt: null,
    dueAt: null,
    attempts: 1,
    failures: 0,
    inDoubtSince: null,
    failingSince: null,
    firstFailedAt: null,
    lastFailedAt: null,
    kept: null,
    targetTime: null,
    digest: null,
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

t.test('where the words alone tell the story, one of its names must be read there', async (t) => {
  const posts = inOrder.map((each) => ({ ...each, subject: null }))
  t.strictSame(problems(judge(room, expected, books, posts)), [])
  const [first, ...rest] = posts
  if (first === undefined) throw new Error('there is no post')
  const wrong = [{ ...first, text: 'James Kirk started "More power to shields"' }, ...rest]
  t.strictSame(problems(judge(room, expected, books, wrong)), ['1 never arrived', '1 arrived twice, or without reason'])
})

t.test('a delivery that was never stored, one that waits, and one that was given up are each named', async (t) => {
  const some = [tried(accepted, { state: 'held', note: 'the room answered 503' }), tried(other, { state: 'dead' })]
  t.strictSame(problems(judge(room, expected, some, inOrder)), [
    '1 of its deliveries were never stored',
    '1 of its deliveries still wait (the room answered 503)',
    '1 of its deliveries given up, not delivered',
  ])
})

t.test('a linked story that was skipped, as if it had no ticket, is noticed', async (t) => {
  const some = [tried(started, { state: 'skipped', note: 'not linked' }), ...books.slice(1)]
  t.strictSame(problems(judge(room, expected, some, inOrder)), [
    '1 of its deliveries skipped as not linked, not delivered',
  ])
})

t.test('a ticket that passes through a state on its way to another is not counted as a repetition', async (t) => {
  const jira: Target = { ...room, stateWords: { started: 'In Progress' }, onTheWay: 'moved to Reopened' }
  const effect: Effect = { kind: 'state', storyId: '109', author: 'Spock', state: 'started', from: 'accepted' }
  const moved: Expected = { ...started, effect, subject: 'TEST-1' }
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

const TOLD = 'superseded: a later state of the story was waiting already'

t.test(
  'a state that must give way to a later one is nothing lost, and may neither arrive nor die instead',
  async (t) => {
    const strict: Target = { ...room, exceptions: { recording_one: 'superseded' } }
    const due = [{ ...started, end: 'superseded' as const }, accepted, other]
    const told = [tried(started, { state: 'skipped', note: TOLD }), ...books.slice(1)]
    const without = inOrder.filter(({ text }) => !text.includes('started "More'))
    t.strictSame(problems(judge(strict, due, told, without)), [])
    t.match(judge(strict, due, told, without), { superseded: 1, delivered: 2, due: 2, lost: 0 })
    t.strictSame(problems(judge(strict, due, told, inOrder)), ['1 arrived twice, or without reason'])
    t.strictSame(problems(judge(strict, due, books, without)), ['1 of its deliveries delivered, not superseded'])
    const died = [tried(started, { state: 'dead' }), ...books.slice(1)]
    t.strictSame(problems(judge(strict, due, died, without)), ['1 of its deliveries given up, not superseded'])
  },
)

t.test('a state that gave way without need is lost', async (t) => {
  const told = [tried(started, { state: 'skipped', note: TOLD }), ...books.slice(1)]
  const without = inOrder.filter(({ text }) => !text.includes('started "More'))
  t.strictSame(problems(judge(room, expected, told, without)), [
    '1 of its deliveries superseded, not delivered',
    '1 never arrived',
  ])
})

t.test('what is for a deleted ticket must die, and nothing else may', async (t) => {
  const strict: Target = { ...room, exceptions: { recording_three: 'dead' } }
  const due = [started, accepted, { ...other, end: 'dead' as const }]
  const died = [...books.slice(0, 2), tried(other, { state: 'dead', note: 'there is no ticket 110' })]
  t.strictSame(problems(judge(strict, due, died, inOrder.slice(1))), [])
  t.match(judge(strict, due, died, inOrder.slice(1)), { dead: 1, delivered: 2, lost: 0 })
  const both = [...died.slice(0, 1), tried(accepted, { state: 'dead' }), ...died.slice(2)]
  t.strictSame(problems(judge(strict, due, both, inOrder.slice(1))), ['1 of its deliveries given up, not delivered'])
})

t.test('what the target must refuse a part of has arrived, and is told apart from what it took whole', async (t) => {
  const strict: Target = { ...room, exceptions: { recording_three: 'in part' } }
  const due = [started, accepted, { ...other, end: 'in part' as const }]
  const partly = [...books.slice(0, 2), tried(other, { note: "the comment alone: the workflow doesn't allow it" })]
  t.strictSame(problems(judge(strict, due, partly, inOrder)), [])
  t.strictSame(problems(judge(strict, due, partly, inOrder.slice(1))), ['1 never arrived'])
  t.strictSame(problems(judge(strict, due, books, inOrder)), ['1 of its deliveries delivered, not delivered in part'])
  t.strictSame(problems(judge(room, expected, partly, inOrder)), [
    '1 of its deliveries delivered in part, not delivered',
  ])
})

t.test('an exception that the day never put to the test is noticed', async (t) => {
  const strict: Target = { ...room, exceptions: { recording_four: 'dead' } }
  t.strictSame(problems(judge(strict, expected, books, inOrder)), [
    'recording_four should have been dead, but caused nothing',
  ])
})

t.test('a trouble that must have been, and was not, is noticed', async (t) => {
  const strict: Target = { ...room, troubles: { found: 1, held: 1 } }
  t.strictSame(problems(judge(strict, expected, books, inOrder)), [
    'of the answers that were lost 0 were found at the target, not 1',
    'it was never held back, but it had trouble',
  ])
  const [one, ...rest] = books
  const attempt = one?.attempts[0]
  if (one === undefined || attempt === undefined) throw new Error('there is nothing to try')
  const attempts = [
    { ...attempt, outcome: 'in doubt' },
    { ...attempt, number: 2, outcome: 'hold' },
    { ...attempt, number: 3, outcome: 'confirmed' },
  ]
  const verdict = judge(strict, expected, [{ ...one, attempts }, ...rest], inOrder)
  t.strictSame(problems(verdict), [])
  t.match(verdict, { attempts: 5, again: 2, held: 1, found: 1 })
})

t.test('a ticket that ends in another state, or is gone, is noticed', async (t) => {
  const strict: Target = { ...room, tickets: { 43: 'resolved', 44: 'open' } }
  t.strictSame(problems(judge(strict, expected, books, inOrder, { 43: 'resolved', 44: 'open', 45: 'new' })), [])
  t.strictSame(problems(judge(strict, expected, books, inOrder, { 43: 'open' })), [
    'ticket 43 should be resolved in the end, and is open',
    'ticket 44 should be open in the end, and is gone',
  ])
})

t.test('what must be private and is not counts as lost, and as something that should not be there', async (t) => {
  const secret: Target = { ...room, marked: 'private' }
  const seen = inOrder.map((each, index) => ({ ...each, text: `${index === 0 ? 'PUBLIC' : 'private'}: ${each.text}` }))
  t.strictSame(problems(judge(secret, expected, books, seen)), [
    '1 never arrived',
    '1 arrived twice, or without reason',
  ])
})
