import { readFileSync } from 'node:fs'
import t from 'tap'
import { generatedFiles } from '../../src/commands/schema.ts'

t.test('the files that are made from the code are current (npm run schema)', async (t) => {
  for (const [path, text] of Object.entries(generatedFiles())) t.equal(readFileSync(path, 'utf8'), text, path)
})

t.test('the activity that comes with the relay is the recorded one', async (t) => {
  t.strictSame(readFileSync('config/example-activity.xml'), readFileSync('test/activities/story_accepted.in.xml'))
})
