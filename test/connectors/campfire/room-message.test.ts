import t from 'tap'
import { timeOf } from '../../../src/connectors/campfire/room-message.ts'

t.test('a time is read in every form in which Campfires have written it', async (t) => {
  const seconds = Date.UTC(2009, 10, 22, 19, 11, 41)
  const cases: [string, number | null][] = [
    ['2009-11-22T19:11:41Z', seconds],
    ['2009/11/22 19:11:41 +0000', seconds],
    ['2009-11-22 19:11:41', seconds],
    ['2009-11-22 20:11:41 +01:00', seconds],
    ['2009-11-22 19:11:41 UTC', seconds],
    ['2009-11-22T19:11:41.250Z', seconds + 250],
    ['2009-11-22T19:11:41.250999Z', seconds + 250],
    ['2009-11-22T19:11:41.2Z', seconds + 200],
    ['2009-11-22T19:61:41Z', null],
    ['yesterday', null],
    ['', null],
  ]
  for (const [text, expected] of cases) t.equal(timeOf(text), expected, text)
})
