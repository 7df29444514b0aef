import { readFileSync } from 'node:fs'
import t from 'tap'

t.test('the example activity of the relay is the recorded one', async (t) => {
  t.strictSame(readFileSync('config/example-activity.xml'), readFileSync('test/activities/story_accepted.in.xml'))
})
