import t from 'tap'
import { createRecentActivities } from '../../src/queue/recent-activities.ts'
import { parseActivity } from '../../src/tracker/parse.ts'

const stored = (raw: Buffer) => ({ raw, normalised: null })

const body = (author: string): Buffer =>
  Buffer.from(`<activity><id type="integer">1</id><version type="integer">1</version><event_type>story_update</event_type>
    <occurred_at type="datetime">2009/12/14 14:12:09 PST</occurred_at><author>${author}</author>
    <project_id type="integer">26</project_id><description>${author} edited "More power"</description></activity>`)

t.test('an activity that was just read is not read again', async (t) => {
  const recent = createRecentActivities()
  const raw = body('James Kirk')
  const activity = parseActivity(raw)
  recent.keep(1, raw, activity)
  t.equal(recent.read(1, stored(Buffer.from(raw))), activity, 'the same one')
  t.same(recent.read(2, stored(raw)), activity, 'another one is read')
  t.not(recent.read(2, stored(raw)), activity)
})

t.test('an activity whose body was erased meanwhile is what the store says', async (t) => {
  const recent = createRecentActivities()
  const raw = body('James Kirk')
  recent.keep(1, raw, parseActivity(raw))
  t.equal(recent.read(1, stored(body('someone'))).author, 'someone')
})

t.test('only some short ones are kept', async (t) => {
  const recent = createRecentActivities()
  const raw = body('James Kirk')
  const activity = parseActivity(raw)
  for (let id = 1; id <= 65; id += 1) recent.keep(id, raw, activity)
  t.not(recent.read(1, stored(raw)), activity, 'the oldest is forgotten')
  t.equal(recent.read(2, stored(raw)), activity)
  const long = body('James Kirk'.repeat(2000))
  recent.keep(600, long, activity)
  t.not(recent.read(600, stored(long)), activity)
})
