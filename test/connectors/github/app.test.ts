import t, { type Test } from 'tap'
import github from '../../../src/connectors/github/index.ts'
import { type GitHubApp, type GitHubOptions, githubApp, startGitHub } from '../../../src/stand-ins/github.ts'
import { failure, jobFor, openSession, problemsOf } from '../../harness.ts'

const { app, privateKey } = githubApp()
const NOW = Date.parse('2026-11-24T06:00:00.000Z')
const MINUTE_MS = 60_000

async function opened(t: Test, settings: object = {}, options: GitHubOptions = {}, aheadMs = 0) {
  let at = NOW
  const target = await startGitHub({ now: () => new Date(at), app, ...options })
  target.addIssue({ number: 5 })
  const given = {
    ...{ base_url: target.url, repository: 'starfleet/enterprise', app_id: app.id, app_private_key: privateKey },
    ...settings,
  }
  const { session, close } = openSession(github, given, { now: () => new Date(at + aheadMs) })
  t.teardown(async () => {
    await close()
    await target.close()
  })
  const { perform, confirm, check } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('something is missing')
  const pass = (ms: number): void => {
    at += ms
  }
  return { target, perform, confirm, check, pass }
}

const comment = (key = 'dlv_0123456789abcdef') =>
  jobFor(
    { kind: 'comment', storyId: '109', author: 'James Kirk', text: 'hello', commentId: '1' },
    { key, ticket: { externalId: '5', externalUrl: null } },
  )
const withInstallation = (parts: Partial<GitHubApp['installations'][number]>): GitHubApp => ({
  ...app,
  installations: [{ id: 501, repositories: [42], permissions: { issues: 'write', metadata: 'read' }, ...parts }],
})

t.test('an App comments as itself, with one token for as long as that lasts, and finds its comment', async (t) => {
  const { target, perform, confirm, pass } = await opened(t)
  await Promise.all([perform(comment('dlv_1')), perform(comment('dlv_2'))])
  t.strictSame(
    target.comments(5).map(({ author }) => author),
    ['tracker-relay[bot]', 'tracker-relay[bot]'],
  )
  pass(58 * MINUTE_MS)
  await perform(comment('dlv_3'))
  t.equal(target.issued.length, 1)
  pass(1.5 * MINUTE_MS)
  await perform(comment('dlv_4'))
  t.equal(target.issued.length, 2, 'replaced before it ends')
  t.match(await confirm(comment('dlv_4'), new Date(NOW)), { note: 'already there' })
  t.equal(await confirm(comment('dlv_5'), new Date(NOW)), 'absent')
})

t.test('its tokens are good for the repository and for issues alone', async (t) => {
  const { target, perform } = await opened(t)
  await perform(comment())
  const asked = target.requests.find(({ path }) => path.endsWith('/access_tokens'))
  t.strictSame(JSON.parse(asked?.body.toString() ?? ''), {
    repositories: ['enterprise'],
    permissions: { issues: 'write', metadata: 'read' },
  })
})

t.test('a token that GitHub no longer takes is replaced, once, and the comment posted once', async (t) => {
  const { target, perform } = await opened(t)
  await perform(comment('dlv_1'))
  target.revoke()
  await perform(comment('dlv_2'))
  t.equal(target.issued.length, 2)
  t.equal(target.comments(5).length, 2)
})

t.test('a clock that is far off is made up for', async (t) => {
  for (const aheadMs of [-40 * MINUTE_MS, 40 * MINUTE_MS]) {
    const { target, perform, pass } = await opened(t, {}, {}, aheadMs)
    await perform(comment('dlv_1'))
    pass(50 * MINUTE_MS)
    await perform(comment('dlv_2'))
    t.equal(target.comments(5).length, 2)
    t.equal(target.issued.length, 1, 'its end is counted from GitHub’s time')
  }
})

t.test('the installation can be named, and the key can stand in one line', async (t) => {
  const { target, perform } = await opened(t, {
    app_installation_id: 501,
    app_private_key: privateKey.replace(/\n/g, '\\n'),
  })
  await perform(comment())
  t.notOk(target.requests.some(({ path }) => path.endsWith('/installation')))
})

t.test('what keeps an App from a token holds, with the setting to correct', async (t) => {
  const table: [options: GitHubOptions, settings: object, setting: string, message: RegExp][] = [
    [{ app: withInstallation({ repositories: [] }) }, {}, 'repository', /not installed on starfleet\/enterprise/],
    [{}, { app_installation_id: 777 }, 'app_installation_id', /no installation 777/],
    [{ app: withInstallation({ permissions: { metadata: 'read' } }) }, {}, 'app_id', /Issues: read and write/],
    [{ app: withInstallation({ suspended: true }) }, {}, 'app_id', /suspended/],
    [{}, { app_private_key: githubApp().privateKey }, 'app_private_key', /app_id and app_private_key/],
    [{}, { app_id: 1 }, 'app_private_key', /app_id and app_private_key/],
  ]
  for (const [options, settings, setting, message] of table) {
    const { target, perform } = await opened(t, settings, options)
    t.match(await failure(perform(comment())), { verdict: 'hold', setting, message })
    t.equal(target.comments(5).length, 0)
  }
})

t.test('an App for an import alone asks for no right to write', async (t) => {
  const onlyRead = withInstallation({ permissions: { issues: 'read', metadata: 'read' } })
  const settings = { update_comments: false, update_state: false }
  const { check } = await opened(t, settings, { app: onlyRead })
  t.strictSame(await check(), [
    {
      level: 'ok',
      setting: 'app_id',
      message: 'the App is tracker-relay, its installation 501 with the permission Issues: read',
    },
    { level: 'ok', setting: 'repository', message: 'the repository is starfleet/enterprise' },
    { level: 'ok', setting: 'import_labels', message: 'issues that an import would find: 1' },
  ])
})

t.test('check says what the App lacks', async (t) => {
  const { check } = await opened(
    t,
    {},
    { app: withInstallation({ permissions: { issues: 'read', metadata: 'read' } }) },
  )
  t.match(await check(), [
    { level: 'ok' },
    { level: 'error', setting: 'app_id', message: /read and write/ },
    { level: 'error', setting: 'app_id', message: /no token/ },
  ])
})

t.test('no message shows the key', async (t) => {
  const [, line = ''] = privateKey.split('\n')
  const problems = problemsOf(github, { repository: 'a/b', app_id: 1, app_private_key: `${line}\n${line}` })
  t.equal(problems.length, 1)
  t.notOk(JSON.stringify(problems).includes(line))
})
