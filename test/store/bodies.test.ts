import { join } from 'node:path'
import knex from 'knex'
import t from 'tap'
import { activityPage } from '../../src/store/activity-pages.ts'
import { deliveryPage } from '../../src/store/delivery-pages.ts'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder } from './database.ts'

const MIB = 1024 * 1024
const ACTIVITIES = 13

const body = (number: number): Buffer =>
  Buffer.from(`<activity><id>${number}</id><version>1</version><event_type>story_update</event_type>
<occurred_at>2026/09/01 00:00:00 UTC</occurred_at><author>James Kirk</author><project_id>26</project_id>
<description>James Kirk edited number ${number}</description><note>${'.'.repeat(MIB)}</note>
<stories><story><id>109</id></story></stories></activity>`)

t.test('a list reads few long bodies at a time, and one that does not show them reads none', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  for (let number = 1; number <= ACTIVITIES; number += 1)
    await store.append({ ...entry(number, ['room', 'hook']), raw: body(number) })
  const reader = knex({ client: 'sqlite3', useNullAsDefault: true, connection: { filename: file } })
  t.teardown(() => reader.destroy())
  let most = 0
  let all = 0
  reader.on('query-response', (rows: readonly { raw?: Buffer }[] | undefined) => {
    const bytes = (rows ?? []).reduce((sum, { raw }) => sum + (raw?.length ?? 0), 0)
    most = Math.max(most, bytes)
    all += bytes
  })
  async function read<T>(work: () => Promise<T>): Promise<{ found: T; most: number; all: number }> {
    most = 0
    all = 0
    return { found: await work(), most, all }
  }
  const listed = await read(() => activityPage(reader, { limit: 200 }))
  t.strictSame(
    listed.found.activities.map(({ id, sentence, bytes }) => [id, sentence, bytes]),
    Array.from({ length: ACTIVITIES }, (_, at) => ACTIVITIES - at).map((number) => [
      number,
      `James Kirk edited number ${number}`,
      body(number).length,
    ]),
  )
  t.ok(listed.most <= 4 * MIB && listed.all > ACTIVITIES * MIB, `${listed.most} of ${listed.all} bytes at once`)
  const ofStory = await read(() => activityPage(reader, { limit: 200, storyId: '109', words: ['kirk', '7'] }))
  t.strictSame(
    ofStory.found.activities.map(({ id }) => id),
    [7],
  )
  t.ok(ofStory.most <= 4 * MIB, `${ofStory.most} bytes at once`)
  const deliveries = await read(() => deliveryPage(reader, { limit: 200, words: ['number', '7'] }))
  t.strictSame(
    deliveries.found.deliveries.map(({ activityId, integration }) => [activityId, integration]),
    [
      [7, 'hook'],
      [7, 'room'],
    ],
  )
  t.ok(deliveries.most <= 4 * MIB && deliveries.all > 0, `${deliveries.most} bytes at once`)
  t.equal((await read(() => deliveryPage(reader, { limit: 200 }))).all, 0, 'deliveries show no bodies')
})
