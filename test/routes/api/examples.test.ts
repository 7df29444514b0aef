import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { benderKey, startOnceCampfire } from '../../../src/stand-ins/once-campfire.ts'
import { eventually } from '../../gateway/eventually.ts'
import { freshFolder, SECRET } from '../../gateway/running-relay.ts'
import { commented } from '../../gateway/tracker-says.ts'
import { startJira } from '../../targets/jira.ts'
import { type AdministeredRelay, administeredRelay, OPERATOR } from './administered.ts'

const PAGE = readFileSync('docs/api.md', 'utf8')
const BLOCKS = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)

/** Tells what each call was answered. The stream of events has no end. */
const TELLING = `curl() {
  local most=60
  case "$*" in */events*) most=1 ;; esac
  command curl --silent --max-time $most --output /dev/null --write-out '%{http_code} %{url_effective}\\n' "$@" || true
}
`

const hasCurl = spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0

/** What the examples speak of: a dead delivery of JIRA, one that waits, a refused request, an import. */
async function relayOfThePage(t: Test): Promise<AdministeredRelay> {
  const jira = await startJira({ filters: [{ id: '10000', name: 'All', jql: 'project = ENT', finds: [] }] })
  t.teardown(() => jira.close())
  jira.add('ENT-17')
  const room = await startOnceCampfire()
  t.teardown(() => room.close())
  const integrations = ['room', 'jira']
  const relay = await administeredRelay(t, {
    projects: [
      { id: '26', secret: SECRET, integrations },
      { id: '1234567', secret: SECRET, integrations },
    ],
    integrations: {
      room: { type: 'campfire', url: `${room.url}/rooms/1`, bot_key: benderKey },
      jira: {
        ...{ type: 'jira', base_url: jira.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat', filter_id: 10000 },
        import: { secret: 'an-imports-secret-001' },
      },
    },
  })
  await relay.api('/integrations/room/pause', { method: 'POST' })
  await relay.api('/links/26/109', { method: 'PUT', body: { external_id: 'ENT-404', system: 'jira' } })
  await relay.post(commented(1, { story: '109', text: 'Engage' }))
  const waits = await eventually(
    () => relay.deliveries(),
    (all) => all.some(({ integration, state }) => integration === 'jira' && state === 'dead'),
    'the one of JIRA is dead',
  )
  const [first] = waits
  t.match([first?.id, first?.integration, first?.state], [1, 'room', 'pending'])
  // The example replays it, so it is settled first.
  await relay.api('/deliveries/1/skip', { method: 'POST', body: { reason: 'for the example' } })
  // By a wrong method.
  const body = commented(2, { story: '109', text: 'Make it so' })
  t.equal((await fetch(`${relay.url}/hooks/26/${SECRET}`, { method: 'PUT', body })).status, 405)
  t.match((await relay.api('/rejected/1')).json(), { id: 1 })
  return relay
}

t.test(
  'every call that docs/api.md shows does what it says',
  { skip: hasCurl ? false : 'there is no curl' },
  async (t) => {
    const relay = await relayOfThePage(t)
    const folder = freshFolder(t)
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'admin-token'), `${OPERATOR}\n`)
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    const script = BLOCKS.join('\n')
      .replaceAll('http://127.0.0.1:8080', relay.url)
      .replaceAll(/\d{4}-\d\d-\d\d(?=T)/g, yesterday)
    const { stdout } = await promisify(execFile)('bash', ['-c', TELLING + script], { cwd: folder })
    const answers = stdout.trimEnd().split('\n')
    t.equal(answers.length, PAGE.match(/^curl /gm)?.length)
    t.ok(answers.length > 25)
    for (const answer of answers) {
      // A job with one delivery may have ended before it is cancelled; the project has no token for the API of its tool.
      const wanted = /\/replays\/1\/cancel$|\/catch-ups\/1234567$/.test(answer) ? /^(200|409) / : /^20\d /
      t.match(answer, wanted)
    }
  },
)
