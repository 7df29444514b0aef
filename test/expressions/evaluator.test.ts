import t from 'tap'
import { createEvaluator, EVALUATOR_LIMITS } from '../../src/expressions/evaluator.ts'
import { ExpressionError } from '../../src/expressions/expression.ts'

interface Test {
  teardown(work: () => Promise<void>): void
}

function evaluator(t: Test, expression: string, limits: Partial<typeof EVALUATOR_LIMITS> = {}, steady?: () => number) {
  const made = createEvaluator(expression, { ...EVALUATOR_LIMITS, ...limits }, steady)
  t.teardown(() => made.close())
  return made
}

/** What a value in the other process waits for: a second regular expression that never ends. */
const ENDLESS = '$contains(text, /^(a+)+$/)'
const ENDLESS_INPUT = { text: `${'a'.repeat(40)}!` }

t.test('values are evaluated in order, with names, as JSON keeps them', async (t) => {
  const { evaluate } = evaluator(t, '{ "sum": $sum(numbers), "by": $who, "nothing": missing }')
  const results = await Promise.all([1, 2, 3].map((each) => evaluate({ numbers: [each, each] }, { who: `w${each}` })))
  t.strictSame(results, [
    { sum: 2, by: 'w1' },
    { sum: 4, by: 'w2' },
    { sum: 6, by: 'w3' },
  ])
  t.equal(await evaluator(t, 'missing').evaluate({}, {}), null)
})

t.test('a mistake is told with its line and column, and the next value is evaluated all the same', async (t) => {
  const { evaluate } = evaluator(t, '{\n  "n": $number(text)\n}')
  await t.rejects(evaluate({ text: 'x' }, {}), {
    name: 'ExpressionError',
    message: 'cannot be evaluated: Unable to cast value to a number: "x"',
    problem: 'cannot be evaluated: Unable to cast value to a number: "x"',
    place: { line: 2, column: 15 },
  })
  t.strictSame(await evaluate({ text: '7' }, {}), { n: 7 })
})

t.test('what never ends is ended, and holds up neither the next value nor another expression', async (t) => {
  const looping = evaluator(t, '($f := function($n) { $f($n + 1) }; text = "on" ? $f(0) : "done")', { longestMs: 600 })
  const matching = evaluator(t, ENDLESS, { longestMs: 600 })
  const other = evaluator(t, 'text')
  await Promise.all([looping.evaluate({}, {}), matching.evaluate({ text: 'a' }, {}), other.evaluate({}, {})])
  const ended: string[] = []
  const noting = (name: string, work: Promise<unknown>) => work.finally(() => ended.push(name))
  const stuck = [
    t.rejects(noting('looping', looping.evaluate({ text: 'on' }, {})), /Evaluation timeout after 600 milliseconds/),
    t.rejects(noting('matching', matching.evaluate(ENDLESS_INPUT, {})), new ExpressionError('takes longer than 0.6 s')),
  ]
  t.equal(await noting('other', other.evaluate({ text: 'quick' }, {})), 'quick')
  t.strictSame(ended, ['other'], 'before those that never end')
  await Promise.all(stuck)
  t.equal(await looping.evaluate({}, {}), 'done')
  t.equal(await matching.evaluate({ text: 'aaa' }, {}), true, 'in a new process')
})

t.test('too much memory or too long a result is refused, and the next value is evaluated', async (t) => {
  const big = evaluator(t, '$sum(items) > 0 ? $string([1..$sum(items)]) : "small"', { longestResult: 1000 })
  await t.rejects(
    big.evaluate({ items: [100_000] }, {}),
    new ExpressionError('gives more than 1000 characters of JSON'),
  )
  t.equal(await big.evaluate({ items: [0] }, {}), 'small')
  const full = evaluator(t, '$count([1..n].{ "list": [1..100000] })', { mostMemoryMib: 32, longestMs: 10_000 })
  await t.rejects(full.evaluate({ n: 500 }, {}), /takes more than 32 MiB of memory/)
  t.equal(await full.evaluate({ n: 2 }, {}), 2)
})

t.test('a text or a list far beyond the memory ends its evaluation, and not the relay', async (t) => {
  const ways = {
    padded: '$pad(text, 500000000)',
    doubled: '($f := function($t, $n) { $n = 0 ? $t : $f($t & $t, $n - 1) }; $length($f(text, 28)))',
    replaced: '($a := $pad("", 20000, "a"); $length($replace($a, "a", $a)))',
    joined: '$length($join([1..1000000].($pad("", 1000, "a"))))',
    written: '$length($string([1..1000].[1..100000]))',
    listed: '[1..10000000]',
    split: '$count($split($pad("", 100000000, "a"), ""))',
  }
  const choice = Object.entries(ways).map(([way, expression]) => `way = "${way}" ? ${expression}`)
  const { evaluate } = evaluator(t, `${choice.join(' : ')} : text`, { mostMemoryMib: 64, longestMs: 5000 })
  for (const way of Object.keys(ways)) {
    await t.rejects(evaluate({ way, text: 'a' }, {}), { name: 'ExpressionError' }, way)
    t.equal(await evaluate({ text: 'next' }, {}), 'next', `after ${way}`)
  }
})

t.test('a value that has waited too long for those before it is not evaluated', async (t) => {
  let now = 0
  const { evaluate } = evaluator(t, 'text', { longestWaitMs: 1000 }, () => now)
  const first = evaluate({ text: 'a' }, {})
  const second = evaluate({ text: 'b' }, {})
  await first
  // The second has begun, or it begins after this.
  await second.catch(() => {})
  const third = evaluate({ text: 'c' }, {})
  now += 1001
  await t.rejects(third, new ExpressionError('was not evaluated within 1 s, since others were before it'))
  t.equal(await evaluate({ text: 'd' }, {}), 'd')
})

t.test('closing waits for what was asked, and what comes later is evaluated all the same', async (t) => {
  const made = createEvaluator('text')
  const asked = made.evaluate({ text: 'a' }, {})
  await made.close()
  t.equal(await asked, 'a')
  t.equal(await made.evaluate({ text: 'b' }, {}), 'b')
})
