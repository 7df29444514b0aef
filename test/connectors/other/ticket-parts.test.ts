import t from 'tap'
import { settingError } from '../../../src/connectors/kit/setting-error.ts'
import { type Parts, storyOf } from '../../../src/connectors/other/ticket-parts.ts'
import { createTimeReader, USUAL_TIMES } from '../../../src/connectors/other/times.ts'

const story = (parts: Parts, number = 1) =>
  storyOf(parts, number, (part, problem) => settingError(`columns.${part}`, problem), createTimeReader(USUAL_TIMES))

t.test('an id that lost digits as a number is refused', async (t) => {
  for (const external_id of [2 ** 53, -(2 ** 53), 1e20])
    t.throws(() => story({ external_id, name: 'N' }, 7), {
      name: 'DeliveryError',
      setting: 'columns.external_id',
      message: 'the external_id of ticket 7 is too long for a number: let it be text',
    })
  t.equal(story({ external_id: 2 ** 53 - 1, name: 'N' }).externalId, '9007199254740991')
})

t.test('values become text, and an object is reported', async (t) => {
  const cases: [unknown, string][] = [
    [42, '42'],
    [9007199254740993n, '9007199254740993'],
    [false, 'false'],
    [['a', null, 1, ['b']], 'a, 1, b'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [Buffer.from('\u00e9'), '\u00e9'],
    [null, ''],
    [undefined, ''],
  ]
  for (const [description, expected] of cases)
    t.equal(story({ external_id: 1, name: 'N', description }).description, expected)
  for (const description of [{}, [{ a: 1 }], () => {}])
    t.throws(() => story({ external_id: 1, description }, 7), {
      setting: 'columns.description',
      message: 'the description of ticket 7 must be text, but has parts of its own',
    })
})

t.test('a story without a name is named after its text, or its id', async (t) => {
  const cases: [string, string][] = [
    ['\n  first line \nsecond', 'first line'],
    ['x'.repeat(101), `${'x'.repeat(99)}\u2026`],
    [' ', 'A-1'],
  ]
  for (const [description, name] of cases) t.equal(story({ external_id: ' A-1 ', description }).name, name)
})

t.test('only a number that is not negative is an estimate', async (t) => {
  const cases: [unknown, number | null][] = [
    [0, 0],
    ['3', 3],
    [' 0.5 ', 0.5],
    ['', null],
    [' ', null],
    [-1, null],
    ['many', null],
    [Number.POSITIVE_INFINITY, null],
    [true, null],
    [[1], null],
  ]
  for (const [estimate, expected] of cases)
    t.equal(story({ external_id: 1, name: 'N', estimate }).estimate, expected, String(estimate))
})
