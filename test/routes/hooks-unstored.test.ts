import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { startRelayProcess } from '../gateway/relay-process.ts'
import {
  type Answer,
  ask,
  freshFolder,
  rowsOf,
  SECRET,
  seriesOf,
  startRelay,
  writeConfig,
} from '../gateway/running-relay.ts'
import { commented, PROJECT } from '../gateway/tracker-says.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const HOOK = `/hooks/${PROJECT}/${SECRET}`
const PADDING = 'x'.repeat(40_000)
const large = (number: number): string => commented(number, { story: '109', text: PADDING })
const post = (url: string, number: number): Promise<Answer> =>
  ask(`${url}${HOOK}`, { method: 'POST', body: large(number) })

/** Posts until one is refused. @returns how many were taken, and the refusal */
async function postUntilRefused(url: string): Promise<{ taken: number; refusal: Answer }> {
  for (let number = 1; number < 200; number += 1) {
    const answer = await post(url, number)
    if (answer.status !== 202) return { taken: number - 1, refusal: answer }
  }
  throw new Error('the disk has no end')
}

async function stored(url: string): Promise<number | undefined> {
  const series = seriesOf((await ask(`${url}/metrics`, {})).text)
  return series.get(`relay_activities_received_total{project="${PROJECT}",format="xml"}`)
}

const isPosix = process.platform === 'linux'

t.test(
  'when the disk takes no more, activities are answered 503, nothing acknowledged is lost, and it goes on by itself',
  { skip: isPosix ? false : 'needs limits on the size of files' },
  async (t) => {
    const folder = freshFolder(t)
    const relay = await startRelay(t, { folder, integrations: {} })
    await relay.stop()
    const config = writeConfig(folder, { integrations: {} })
    // A soft limit of 2048 blocks of 512 bytes on each file: the write that crosses it fails. Node ignores the signal
    // that comes with it; what the test runner preloads does not.
    const limit = 'unset NODE_OPTIONS; ulimit -S -f 2048; exec "$@"'
    const process = await startRelayProcess(t, config, ['sh', '-c', limit, 'sh'])
    const { taken, refusal } = await postUntilRefused(process.url)
    t.equal(refusal.status, 503)
    t.equal(refusal.headers.get('retry-after'), '5')
    t.match(refusal.headers.get('content-type'), 'application/problem+json')
    t.match(refusal.json(), { type: /^urn:tracker-relay:store-(unavailable|full)$/, detail: /send it again$/ })
    t.ok(taken > 5, `${taken} were taken`)
    t.equal((await rowsOf(folder, 'activities')).length, taken, 'each that was acknowledged is there, and no other')
    t.equal(await stored(process.url), taken)
    await eventually(
      () => ask(`${process.url}/readyz`, {}),
      ({ status }) => status === 503,
      'it is not ready',
    )
    t.equal((await ask(`${process.url}/healthz`, {})).status, 200, 'and alive')

    const lifted = spawnSync('prlimit', ['--pid', String(process.child.pid), '--fsize=unlimited:'])
    t.equal(lifted.status, 0, String(lifted.stderr))
    t.equal((await post(process.url, taken + 1)).status, 202, 'sent again, it is taken')
    await eventually(
      () => ask(`${process.url}/readyz`, {}),
      ({ status }) => status === 200,
      'it is ready again',
    )
    t.equal((await rowsOf(folder, 'activities')).length, taken + 1)
  },
)

const mounts = (size: string, at: string): string[] => [
  ...['unshare', '-rm', 'sh', '-c', `mount -t tmpfs -o size=${size} none "$0" && exec "$@"`, at],
]
const mayMount = isPosix && spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0

t.test(
  'a full disk is called full',
  { skip: mayMount ? false : 'no disk of our own can be mounted here' },
  async (t) => {
    const folder = freshFolder(t)
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    const config = writeConfig(folder, { integrations: {}, databaseFile: join(disk, 'relay.db') })
    const process = await startRelayProcess(t, config, mounts('1m', disk))
    const { taken, refusal } = await postUntilRefused(process.url)
    t.ok(taken > 2, `${taken} were taken`)
    t.equal(refusal.status, 503)
    t.match(refusal.json(), {
      type: 'urn:tracker-relay:store-full',
      detail: 'the disk or the database is full; send it again',
    })
    const series = seriesOf((await ask(`${process.url}/metrics`, {})).text)
    t.equal(series.get('relay_activities_unstored_total{reason="full"}'), 1)
  },
)

t.test('when the database file is taken away, nothing is acknowledged into the void', async (t) => {
  const relay = await startRelay(t, { integrations: {} })
  t.equal((await relay.post(large(1))).status, 202)
  t.equal((await relay.get('/readyz')).status, 200)
  const file = join(relay.folder, 'relay.db')
  renameSync(file, `${file}.away`)
  const refused = await relay.post(large(2))
  t.equal(refused.status, 503)
  t.match(refused.json(), { type: 'urn:tracker-relay:store-unavailable', detail: /database file/ })
  t.match(relay.lines('not stored'), [{ level: 'error', project: PROJECT, reason: 'unavailable' }])
  await eventually(
    () => relay.get('/readyz'),
    ({ status }) => status === 503,
    'it is not ready',
  )
  renameSync(`${file}.away`, file)
  t.equal((await relay.post(large(2))).status, 202, 'put back, it is used again')
  await eventually(
    () => relay.get('/readyz'),
    ({ status }) => status === 200,
    'it is ready again',
  )
  t.equal((await rowsOf(relay.folder, 'activities')).length, 2)
})
