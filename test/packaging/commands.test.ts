import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { changed, created } from '../gateway/tracker-says.ts'
import { administeredRelay, OPERATOR } from '../routes/api/administered.ts'
import { startJira } from '../targets/jira.ts'
import { blocks, pages, text } from './pages.ts'

const run = promisify(execFile)

// Each command is a process of its own.
t.setTimeout(180_000)
/** `curl` that prints what was asked and the status in place of the answer. */
const CURL = `curl() { command curl --silent --show-error --max-time 5 --write-out '\\n%{http_code} %{method} %{url}\\n' "$@" | tail -1; }\n`

/** The commands of all such blocks, without comments; those that go on over several lines are one. */
function commandsOf(page: string): string[] {
  const commands: string[] = []
  for (const line of blocks(page, 'sh')
    .join('')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')) {
    const open = commands.at(-1)
    if (open !== undefined && (open.split("'").length % 2 === 0 || open.endsWith('|')))
      commands[commands.length - 1] = `${open} ${line.trim()}`
    else commands.push(line.replace(/ +#.*$|^#.*$/, '').trim())
  }
  return commands.filter((command) => command !== '')
}

t.test("each request that the API's page shows is one that the API takes", async (t) => {
  const jira = await startJira({ filters: [{ id: '10000', name: 'All open', jql: 'project = ENT', finds: [] }] })
  const room = await startCampfire()
  t.teardown(async () => void (await Promise.all([jira.close(), room.close()])))
  const project = { id: '1234567', secret: 'kobayashi-maru-1701', integrations: ['jira', 'room'] }
  const relay = await administeredRelay(t, {
    projects: [project],
    integrations: {
      jira: {
        ...{ type: 'jira', base_url: jira.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat', filter_id: 10000 },
        import: { secret: 'a-long-import-secret-of-jira' },
      },
      room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
    },
  })
  const ours = (body: string): string => body.replace('>26</project_id>', '>1234567</project_id>')
  const post = (body: string) =>
    fetch(`${relay.url}/hooks/1234567/kobayashi-maru-1701`, {
      method: 'POST',
      headers: { 'content-type': 'application/xml' },
      body,
    })
  const gone = { external_id: 'ENT-999', integration: 'jira' }
  await relay.api('/links/1234567/109', { method: 'PUT', body: gone })
  t.equal((await post(ours(created(1, { story: '109', name: 'Photon' })))).status, 202)
  await post(ours(changed(2, { story: '109', state: 'started' })))
  await post('no activity')
  await eventually(
    relay.deliveries,
    (all) => all[0]?.state === 'delivered' && all.some(({ state }) => state === 'dead'),
    'the room has the first one, and JIRA has no such ticket',
  )
  const folder = t.testdir({ data: { 'admin-token': OPERATOR } })
  const script = commandsOf('docs/api.md').join('\n').replace('http://127.0.0.1:8080', relay.url)
  const { stdout } = await run('bash', ['-c', CURL + script], { cwd: folder })
  const asked = stdout.trim().split('\n')
  t.equal(asked.length, script.match(/^curl /gm)?.length, 'each has an answer')
  for (const line of asked) {
    t.match(line, AWAITED.find(([of]) => of.test(line))?.[1] ?? /^2\d\d /)
  }
})

/** Of commands that cannot do here what they are for. */
const AWAITED: readonly (readonly [of: RegExp, answer: RegExp])[] = [
  // The body is still no activity.
  [/hand-in$/, /^400 /],
  // The project has no token for the API of its tool.
  [/\/catch-ups\/1234567$/, /^409 /],
  // What was skipped or sent again a moment ago cannot be again.
  [/\/(skip|cancel|replay)$/, /^(2\d\d|409) /],
]

t.test('the commands of the README do what it says', async (t) => {
  const relay = await administeredRelay(t, {
    projects: [{ id: 'demo', secret: 'demo-secret', integrations: ['log'] }],
  })
  const folder = relay.folder
  mkdirSync(join(folder, 'dist'))
  symlinkSync(MAIN, join(folder, 'dist', 'main.js'))
  symlinkSync(resolve('config'), join(folder, 'config'))
  const { RELAY_CONFIG: _, ...inherited } = process.env
  const options = { cwd: folder, env: { ...inherited, RELAY_CONFIG: join(folder, 'relay.yaml'), NO_COLOR: '1' } }
  const all = commandsOf('README.md')
  const send = all.find((command) => command.startsWith('curl ')) ?? ''
  const sent = await run('bash', ['-c', send.replace('http://127.0.0.1:8080', relay.url)], options)
  t.match(text('README.md'), `\`${sent.stdout.trim()}\``, 'the answer is the one that it shows')
  await fetch(`${relay.url}/hooks/demo/demo-secret`, { method: 'POST', body: 'no activity' })
  await relay.allSettled(1)
  const commands = all.filter((command) => /^node dist\/main\.js (?!check)/.test(command))
  t.ok(commands.length > 10)
  for (const command of commands) {
    const done = await run('bash', ['-c', command], options).catch((error: { stdout: string; stderr: string }) => error)
    const said = `${done.stdout}${done.stderr}`
    // The body is still no activity; the others have nothing to refuse.
    if (command.includes('rejected replay')) t.match(said, /not an activity/i, command)
    else if ('code' in done) t.fail(`${command}: ${said}`)
    else t.pass(command)
  }
})

/** They need what a test does not have: root, a container engine, a network, or an hour. */
const ELSEWHERE =
  /^(npm (ci|test|run)|npm ci|docker |bash \.ci\/run|systemctl |journalctl |install |cp \/opt|set -a|curl https:\/\/(auth\.atlassian|matrix\.example)|curl -H "X-TrackerToken)/

t.test('no page shows a command that nothing runs or knows', async (t) => {
  const run = new Set(['docs/api.md', 'README.md', 'docs/getting-started.md', 'docs/from-linear-or-shortcut.md'])
  const named = /(?:^|\s)(?:tracker-relay|node \S*dist\/main\.js) [a-z]/
  // That each of these exists is tested along with the operations page.
  for (const page of pages.filter((each) => !run.has(each)))
    for (const command of commandsOf(page)) t.ok(ELSEWHERE.test(command) || named.test(command), `${page}: ${command}`)
})
