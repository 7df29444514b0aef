import t from 'tap'
import { SECRET } from '../gateway/running-relay.ts'
import { commented } from '../gateway/tracker-v5-says.ts'
import { startTracker } from '../targets/tracker.ts'
import { steeredRelay, WAYS } from './ways.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const HOUR_MS = 3_600_000

for (const way of WAYS)
  t.test(`${way}, what a hook missed is counted, then stored, and how far it is can be seen`, async (t) => {
    const tracker = await startTracker()
    t.teardown(tracker.close)
    const access = { api_url: `${tracker.url}/services/{version}`, token: tracker.token }
    const off = { every_minutes: 0 }
    const { relay, who, run, objects } = await steeredRelay(t, way, {
      integrations: { log: { type: 'log' } },
      projects: [
        { id: '26', secret: SECRET, integrations: ['log'], tracker: access, catch_up: off },
        { id: '27', secret: `${SECRET}-27`, integrations: ['log'] },
      ],
    })
    t.match(await run('catch-up'), {
      code: 1,
      stderr: /^project 26: nothing has come to project 26 yet; say since when/m,
    })
    const begin = Date.now() - 2 * HOUR_MS
    const told = commented(1, { story: 1, at: begin, text: 'the hook told this' })
    tracker.activity(told)
    await relay.post(JSON.stringify(told), { 'content-type': 'application/json' })
    tracker.activity(commented(2, { story: 1, at: begin - HOUR_MS, text: 'long before' }))
    for (let number = 3; number < 8; number += 1)
      tracker.activity(commented(number, { story: 1, at: begin + number * 1000, text: `note ${number}` }))
    t.match(await objects('catch-up', '--dry-run'), [{ project: '26', dry_run: true, told: 6, missed: 5, refused: 0 }])
    await relay.allSettled(1)
    const asked = await run('catch-up', '26')
    t.match(asked, { code: 0, stdout: /^26 +20\S+ +20\S+ +6 +5 +0 +nothing$/m })
    await relay.allSettled(6)
    t.match(await objects('catch-up', '26', '--since', '6h'), [{ told: 7, missed: 1, more: false, too_old: false }])
    await relay.allSettled(7)
    t.match(await objects('audit', '--action', 'catch up'), [{ who }, { who }, { who, detail: { dry_run: true } }])
    const status = await objects('catch-up', '--status')
    t.match(status, [
      { project: '26', tool: 'Tracker', askable: true, every_minutes: 0, more: false, failing: null },
      { project: '27', askable: false, asked_at: null },
    ])
    tracker.fault({ status: 503 }, { where: ({ path }) => path.endsWith('/activity'), times: 20 })
    t.match(await run('catch-up'), { code: 1, stderr: /^project 26: .*503/m })
    t.match(await run('catch-up', '--status'), { code: 1, stdout: /^26 .*fails since/m })
    t.match(await run('catch-up', '27'), { code: 1, stderr: /^project 27: Tracker cannot be asked/m })
    t.match(await run('catch-up', '28'), { code: 2, stderr: /there is no project "28"; the config has 26, 27/ })
    t.match(await run('catch-up', '26', '--since', '30d'), {
      code: 2,
      stderr: /^--since must be a time of the last 7 /,
    })
    t.match(await run('catch-up', '--status', '--dry-run'), { code: 2, stderr: /^--status asks nothing/ })
  })
