import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { startBugzilla } from '../../src/stand-ins/bugzilla.ts'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { freshFolder, SECRET, writeConfig } from '../gateway/running-relay.ts'
import { startTracker } from '../targets/tracker.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('check --offline looks at the config alone', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    integrations: { builds: { type: 'webhook', url: 'https://builds.invalid/hook', secret: 'x'.repeat(24) } },
  })
  t.strictSame(await tracker(['check', '--offline', '-c', config]), {
    code: 0,
    stdout: 'RESULT  WHERE   FOUND\nok      config  1 project, 1 integration\nall is well\n',
    stderr: '',
  })
  t.notOk(existsSync(join(folder, 'relay.db')), 'not even a database is made')
})

t.test('check ends with how much is wrong, says each thing once, and gives the same as JSON', async (t) => {
  const settings = { type: 'campfire', subdomain: 'enterprise', api_token: 'token', room_id: 42 }
  const config = writeConfig(freshFolder(t), {
    integrations: { room: settings, other: { ...settings, api_token: 'Kq3vRelayKey' } },
    projects: [{ id: '26', secret: 'a-secret-of-some-length', integrations: ['room'] }],
  })
  const { code, stdout, stderr } = await tracker(['check', '--offline', '-c', config])
  t.equal(code, 0)
  t.equal(stderr, '')
  const lines = stdout.trimEnd().split('\n')
  t.equal(lines.length, 5, stdout)
  t.match(lines[2], /^WARNING {2}config +.*relay\.yaml:\d+:\d+ integrations\.other is not used by any project$/)
  t.match(lines[3], /^WARNING {2}room\.api_token \(campfire\) {2}is a secret that may be a word or a number/)
  t.equal(lines[4], 'no errors, 2 warnings')
  const json = JSON.parse((await tracker(['check', '--offline', '--json', '-c', config])).stdout)
  t.match(json, { ok: true, errors: 0, warnings: 2, findings: [{ subject: 'config', level: 'ok' }, {}, {}] })
  t.match(json.findings[2], { subject: 'room', setting: 'api_token', level: 'warning' })
})

t.test('check --json tells what is wrong with a config too', async (t) => {
  const config = join(freshFolder(t), 'relay.yaml')
  writeFileSync(config, 'server: { prot: 1 }\nlog: { level: loud }\n')
  const ran = await tracker(['check', '--json', '-c', config])
  t.equal(ran.code, 1)
  t.match(JSON.parse(ran.stdout), {
    ok: false,
    errors: 2,
    findings: [{ level: 'error', message: /:1:11 server\.prot / }, {}],
  })
})

t.test('check lists what the states of another tool mean, and says that a token is rejected', async (t) => {
  const right = 'lin_api_0123456789'
  const graphql = await startStandIn(({ headers }) => {
    const nodes = [{ id: 's1', name: 'QA', type: 'started', team: { key: 'WEB', name: 'Webhooks' } }]
    const errors = [{ message: 'Authentication required, not lin_api_wrong_key' }]
    const isRight = headers.authorization === right
    return {
      status: isRight ? 200 : 401,
      body: JSON.stringify(isRight ? { data: { workflowStates: { nodes, pageInfo: {} } } } : { errors }),
    }
  })
  t.teardown(graphql.close)
  const project = (id: string, source: object) => ({
    ...{ id, secret: 'a-secret-of-some-length', integrations: ['log'] },
    source: { type: 'linear', signing_secret: 'lin_wh_0123456789', api_url: graphql.url, ...source },
  })
  const config = writeConfig(freshFolder(t), {
    projects: [
      project('right', { token: right, states: { qa: 'delivered', Nope: 'started' } }),
      project('wrong', { token: 'lin_api_wrong_key' }),
      project('without', {}),
      {
        ...project('board', {}),
        source: {
          type: 'mapped',
          expression: '{ "occurredAt": $headers."X-At" }',
          states: { QA: 'delivered', Old: 'announce' },
        },
      },
    ],
  })
  const { code, stdout } = await tracker(['check', '--json', '-c', config])
  t.equal(code, 1)
  const { findings } = JSON.parse(stdout) as { findings: readonly { subject: string }[] }
  const of = (id: string) => findings.filter(({ subject }) => subject === `project ${id}`)
  t.strictSame(of('right'), [
    { subject: 'project right', setting: 'source.states', level: 'ok', message: 'Webhooks (WEB): QA is delivered' },
    { subject: 'project right', setting: 'source.states', level: 'warning', message: 'no state is called "Nope"' },
  ])
  t.match(of('wrong'), [{ setting: 'source.token', level: 'error', message: /rejects the token/ }])
  t.notMatch(stdout, /lin_api_wrong_key/)
  t.match(of('without'), [{ level: 'ok', message: /no token/ }])
  t.match(of('board'), [
    { setting: 'source.signing_secret', level: 'warning', message: /only the secret in the URL protects the hook/ },
    { setting: 'source.expression', level: 'ok', message: 'the expression runs, and reads the header X-At' },
    { setting: 'source.states', level: 'ok', message: /^QA is delivered, Old is only announced; any other/ },
  ])
  t.equal(of('board').length, 3)
})

t.test('check says where v5 could not tell the tickets of a project apart', async (t) => {
  const folder = freshFolder(t)
  const jira = { type: 'jira', base_url: 'http://127.0.0.1:9', personal_access_token: 'x' }
  const checked = async (integrations: Record<string, object>): Promise<string> =>
    (await tracker(['check', '-c', writeConfig(folder, { integrations })])).stdout
  const both = await checked({ one: jira, two: { ...jira, integration_id: 12 }, log: { type: 'log' } })
  t.match(both, /^WARNING +one\.integration_id \(jira\) +project 26 has tickets in two too, .*set integration_id here/m)
  t.notMatch(both, /two\.integration_id/)
  t.notMatch(await checked({ one: jira, log: { type: 'log' } }), /integration_id/)
})

t.test('check tries the database, and makes none', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const file = join(folder, 'relay.db')
  const said = async (path = config): Promise<[number | null, string]> => {
    const { code, stdout } = await tracker(['check', '-c', path])
    const lines = stdout.split('\n').filter((line) => / database /.test(line))
    return [code, lines.map((line) => line.replaceAll(/ {2,}/g, ' ')).join('\n')]
  }
  t.strictSame(await said(), [0, `ok database ${file} is not there yet; "tracker-relay start" makes it`])
  t.notOk(existsSync(file))
  t.equal((await tracker(['migrate', '-c', config])).code, 0)
  t.strictSame(await said(), [0, `ok database ${file}`])
  chmodSync(file, 0o644)
  const [code, warned] = await said()
  t.equal(code, 0)
  t.match(warned, /^WARNING database other users of this machine may use .* \(mode 644\): chmod 600 '/)
  const below = await said(writeConfig(folder, { databaseFile: join(file, 'folder', 'relay.db') }))
  t.strictSame(below, [
    1,
    `ERROR database ${join(file, 'folder', 'relay.db')} cannot be made, since ${file} is not a folder`,
  ])
  writeFileSync(
    join(folder, 'letter'),
    'this is a letter to my aunt, not a database at all; it is long enough'.repeat(20),
  )
  const [none, error] = await said(writeConfig(folder, { databaseFile: join(folder, 'letter') }))
  t.match([none, error], [1, /^ERROR database the database cannot be used: SQLITE_NOTADB/m])
})

t.test('check asks Tracker which of its integrations lead nowhere', async (t) => {
  const folder = freshFolder(t)
  const standIn = await startTracker()
  t.teardown(standIn.close)
  standIn.integration('26', { id: '33', kind: 'jira', baseUrl: 'http://127.0.0.1:9' })
  standIn.integration('26', { id: '34', kind: 'other', baseUrl: '' })
  standIn.integration('26', { id: '35', kind: 'zendesk', baseUrl: '' })
  const access = { api_url: `${standIn.url}/services/{version}`, token: standIn.token }
  const jira = { type: 'jira', base_url: 'http://127.0.0.1:9', personal_access_token: 'x' }
  const bugs = { type: 'bugzilla', url: 'http://127.0.0.1:9', api_key: 'Kq3vRelayKey' }
  const checked = async (integrations: Record<string, object>): Promise<string[]> => {
    const projects = [
      { id: '26', secret: 'a-secret-of-some-length', tracker: access, integrations: Object.keys(integrations) },
    ]
    const { stdout } = await tracker(['check', '-c', writeConfig(folder, { projects, integrations })])
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' '))
    return lines.filter((line) => line.startsWith('WARNING project 26.tracker'))
  }
  t.strictSame(await checked({ jira, bugs }), [
    'WARNING project 26.tracker Tracker\'s integration 34 (other) does not match exactly one of jira, bugs; set integration_id: "34" at the one that it belongs to',
  ])
  t.strictSame(await checked({ jira, bugs: { ...bugs, integration_id: 34 } }), [])
  t.strictSame(await checked({ jira }), [])
})

t.test('check tries each integration, writes nothing, and names the setting that is wrong', async (t) => {
  const room = await startCampfire()
  t.teardown(() => room.close())
  const folder = freshFolder(t)
  const campfire = { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 }
  const good = await tracker(['check', '-c', writeConfig(folder, { integrations: { room: campfire } })])
  t.equal(good.code, 0)
  t.match(good.stdout, /^ok +room\.room_id \(campfire\) +speaks in "Bridge"$/m)
  t.strictSame(room.messages(42), [])

  const wrong = `${jamesToken.slice(0, -4)}ffff`
  const bad = await tracker([
    'check',
    '-c',
    writeConfig(folder, {
      integrations: { room: campfire, wrong: { ...campfire, api_token: wrong }, log: { type: 'log' } },
    }),
  ])
  t.equal(bad.code, 1)
  t.match(bad.stdout, /^ERROR +wrong\.api_token \(campfire\) /m)
  t.match(bad.stdout, /^ok +log \(log\) /m, 'the others are tried all the same')
  t.notMatch(bad.stdout + bad.stderr, wrong)
  t.ok(room.requests.every(({ method }) => method === 'GET'))
})

t.test('check says what to look at if a target does not answer', async (t) => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as { port: number }
  await new Promise((resolve) => gone.close(resolve))
  const config = writeConfig(freshFolder(t), {
    integrations: { builds: { type: 'webhook', url: `http://127.0.0.1:${port}/hook?token=letmein` } },
  })
  const ran = await tracker(['check', '-c', config])
  t.equal(ran.code, 1)
  t.match(ran.stdout, /^ERROR +builds\.url \(webhook\) .*127\.0\.0\.1/m)
  t.notMatch(ran.stdout + ran.stderr, 'letmein')
})

t.test(
  'checks with a wrong password do not lock the account, however often and over however many integrations',
  async (t) => {
    const target = await startBugzilla()
    t.teardown(() => target.close())
    const folder = freshFolder(t)
    const settings = { type: 'bugzilla', url: target.url, username: 'relay@relay.test', password: 'Wrong-Passw0rd' }
    const config = writeConfig(folder, { integrations: { a: settings, b: settings, c: settings } })
    for (const expected of [1, 2, 3, 3]) {
      const { code, stdout } = await tracker(['check', '-c', config])
      t.equal(code, 1)
      t.equal(stdout.match(/^ERROR +[abc]\.password \(bugzilla\) +Bugzilla /gm)?.length, 3)
      t.equal(target.requests.filter(({ body }) => body.includes('Wrong-Passw0rd')).length, expected)
    }
  },
)

t.test('a broken config shows every problem with its place, and nothing is started', async (t) => {
  const folder = freshFolder(t)
  const config = join(folder, 'relay.yaml')
  writeFileSync(
    config,
    `server:
  prot: 8080
  host: 127.0.0.1
projects:
  - id: 26
    secret: abc
    integrations: [rooom]
integrations:
  room:
    type: campfyre
  builds:
    type: webhook
    url: nowhere
`,
  )
  for (const args of [['check', '--offline'], ['start'], ['deliveries']]) {
    const ran = await tracker([...args, '-c', config])
    t.equal(ran.code, 1, args.join(' '))
    t.equal(ran.stdout, '')
    const lines = ran.stderr.trimEnd().split('\n')
    t.strictSame(lines.at(-1), `${config} has ${lines.length - 1} problems`)
    const problems = lines.slice(0, -1)
    for (const place of [':2:3 server.prot', ':6:13 projects[0].secret', ':7:20 projects[0].integrations[0]'])
      t.ok(
        problems.some((line) => line.startsWith(`${config}${place} `)),
        `${place} of ${problems.join('\n')}`,
      )
    t.ok(problems.some((line) => line.includes('did you mean "campfire"?')))
    t.notMatch(ran.stderr, /\n\s+at /, 'no stack')
  }
  t.notOk(existsSync(join(folder, 'relay.db')))
})

t.test('a config that does not exist, is a folder, a named pipe or not YAML is named', async (t) => {
  const folder = freshFolder(t)
  const missing = join(folder, 'missing.yaml')
  t.match(await tracker(['check', '-c', missing]), {
    code: 1,
    stdout: '',
    stderr: `${missing}: the file does not exist\n${missing} has a problem\n`,
  })
  t.match(await tracker(['check', '-c', folder]), { code: 1, stderr: /: the file is a folder$/m })
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const command of ['check', 'hooks'])
    t.match(await tracker([command, '-c', pipe]), {
      code: 1,
      stderr: `${pipe}: the file is a named pipe, not a regular file\n`,
    })
})

t.test('the config is found: the option, then RELAY_CONFIG, then config/relay.yaml', async (t) => {
  const folder = freshFolder(t)
  const named = writeConfig(folder, {
    projects: [
      { id: '1', secret: 'secret-one' },
      { id: '2', secret: 'secret-two' },
    ],
  })
  const projects = async (args: string[], env: Record<string, string>): Promise<string> =>
    (await tracker(['check', '--offline', ...args], { cwd: folder, env })).stdout
  mkdirSync(join(folder, 'config'))
  writeFileSync(join(folder, 'config', 'relay.yaml'), 'integrations: { log: { type: log } }\n')
  t.match(await projects([], {}), /^ok +config +no projects, 1 integration$/m)
  t.match(await projects([], { RELAY_CONFIG: named }), /^ok +config +2 projects, 1 integration$/m)
  t.match(await projects(['-c', named], { RELAY_CONFIG: '/nowhere' }), /^ok +config +2 projects, 1 integration$/m)
})

t.test('a secret in the environment is used and never shown', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    projects: [{ id: '26', secret: `\${HOOK_SECRET}` }],
  })
  const good = await tracker(['check', '--offline', '-c', config], { env: { HOOK_SECRET: SECRET } })
  t.equal(good.code, 0, good.stderr)
  const bad = await tracker(['check', '--offline', '-c', config], { env: { HOOK_SECRET: 'with blanks in it' } })
  t.equal(bad.code, 1)
  t.match(bad.stderr, /HOOK_SECRET/)
  t.notMatch(bad.stderr, 'with blanks')
  const none = await tracker(['check', '--offline', '-c', config])
  t.match(none, { code: 1, stderr: /HOOK_SECRET/ })
})
