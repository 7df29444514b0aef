import t from 'tap'
import { openDatabase } from '../../../src/store/database.ts'
import { eventually } from '../../gateway/eventually.ts'
import { bytesRead } from '../../store/bytes-read.ts'
import { freshFolder, writeMigratedDatabase } from '../../store/database.ts'
import { DELIVERIES, fill } from '../../store/lists-suite.ts'
import { statementsOf } from '../../store/statements.ts'
import { administeredRelay } from '../api/administered.ts'
import { type Page, signedIn } from './signed-in.ts'

t.setTimeout(300_000)

/** For one page: statements, and bytes read, most of them from the database, of which they are a small part. */
const MOST_STATEMENTS = 120
const MOST_READ = 8_000_000
/** Of HTML, so that the page with its style sheet and its scripts stays below 100 KB. */
const MOST_BYTES = 75_000

t.test(`every page is shown with little work among ${DELIVERIES} deliveries of a day`, async (t) => {
  const folder = freshFolder(t)
  const file = `${folder}/relay.db`
  await writeMigratedDatabase(file)
  const database = openDatabase({ client: 'sqlite', file })
  const everyMs = 860
  const startedAt = Date.now() - (DELIVERIES / 2) * everyMs
  await fill(database.writer, false, { startedAt, everyMs })
  await database.writer.raw(
    `insert into links (project_id, story_id, system, external_id, source, learned_at)
     with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < 4999)
     select '26', '' || n, 'jira', 'TEST-' || n, 'activity', ${startedAt} from numbers`,
  )
  await database.close()
  const closed = 'http://127.0.0.1:9'
  const relay = await administeredRelay(t, {
    folder,
    integrations: {
      jira: { type: 'jira', base_url: closed, personal_access_token: 'a-token', breaker: { failures: 1 } },
      hook: { type: 'webhook', url: `${closed}/`, breaker: { failures: 1 } },
    },
  })
  for (let number = 0; number < 60; number += 1) await relay.post(`no activity, for the ${number}th time`)
  await relay.api('/stats/rebuild', { method: 'POST' })
  await relay.api('/replays', {
    method: 'POST',
    body: { deliveries: { states: ['dead'], integration: 'hook' }, per_second: 1 },
  })
  const browser = await signedIn(relay.url)
  await eventually(
    () => browser.get('/'),
    ({ text }) => text.includes('hook is held'),
    'nobody answers there',
  )
  const paths = [
    ...['/', '/?period=hour', '/?period=week', '/integrations', '/integrations/jira', '/integrations/hook'],
    ...['/activities', '/activities?text=torpedoes', '/activities?text=klingon', '/activities?state=dead'],
    ...['/activities?integration=hook&state=open', '/activities?story=109', '/activities?from=2026-01-01'],
    ...['/activities/99999', '/activities/5003', '/activities/send-again?state=dead', '/activities/skip?state=open'],
    ...['/links', '/links?ticket=TEST-109', '/rejected', '/rejected/7', '/replays', '/replays/1', '/set-up', '/audit'],
  ]
  for (const path of paths) {
    const pages: Page[] = []
    const before = bytesRead()
    const statements = await statementsOf(async () => void pages.push(await browser.get(path)))
    const read = bytesRead() - before
    t.match(pages, [{ status: 200 }], path)
    const size = Buffer.byteLength(pages[0]?.html ?? '')
    t.ok(statements.length < MOST_STATEMENTS, `${path}: ${statements.length} statements`)
    t.ok(read < MOST_READ, `${path}: ${read} bytes are read`)
    t.ok(size < MOST_BYTES, `${path}: ${size} bytes`)
  }
})
