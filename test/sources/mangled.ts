import fc from 'fast-check'
import t from 'tap'
import { Value } from 'typebox/value'
import { type ConfiguredSource, NO_DIRECTORY } from '../../src/sources/contract/source.ts'
import { Activity } from '../../src/tracker/activity.ts'
import { ParseError } from '../../src/tracker/parse-error.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const ODD: readonly Json[] = [
  null,
  true,
  -1,
  1e300,
  '',
  '\0',
  '\ud800',
  'x'.repeat(300),
  [],
  {},
  [null],
  [[]],
  ['a'],
  { id: [] },
  // Every object has something of these names.
  'constructor',
  'toString',
  '__proto__',
]

/** Whatever the tool changes in its events, what is read is an activity, ignored with a reason, or refused with one. */
export function testMangled(source: ConfiguredSource, bodies: readonly Buffer[]): void {
  t.test('a recorded event of which any value is another is read, ignored or refused, and never fails', async (t) => {
    const events = bodies.map((body) => JSON.parse(body.toString()) as Json)
    const mangled = fc
      .tuple(
        fc.constantFrom(...events),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ODD)), { minLength: 1, maxLength: 3 }),
      )
      .map(([event, changes]) => changes.reduce<Json>((value, [at, odd]) => replaced(value, at, odd), event))
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(mangled, async (event) => {
        try {
          const reading = await source.read({ headers: {}, body: Buffer.from(JSON.stringify(event)) }, NO_DIRECTORY)
          seen.add(Object.keys(reading)[0] ?? '')
          if (!('activities' in reading)) return true
          // It is also copied to the store's thread, which takes no function.
          const copied = structuredClone(reading.activities)
          return copied.every(({ activity }) => Value.Check(Activity, activity))
        } catch (error) {
          seen.add('refused')
          return error instanceof ParseError
        }
      }),
      { numRuns: 1000, seed: 17 },
    )
    t.strictSame([...seen].sort(), ['activities', 'ignored', 'refused'])
  })
}

/** With another value in place of the one that comes as the `at`th, counted around. */
function replaced(value: Json, at: number, odd: Json): Json {
  let left = at % Math.max(1, count(value))
  const walk = (each: Json): Json => {
    if (left === 0) {
      left -= 1
      return odd
    }
    left -= 1
    if (Array.isArray(each)) return each.map(walk)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([key, one]) => [key, walk(one as Json)]))
  }
  return walk(value)
}

function count(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, each) => sum + count(each as Json), 1)
}
