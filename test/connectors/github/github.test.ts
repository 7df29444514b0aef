import t, { type Test } from 'tap'
import type { Job } from '../../../src/connectors/contract/connector.ts'
import type { OwnWrite } from '../../../src/connectors/contract/own-write.ts'
import github from '../../../src/connectors/github/index.ts'
import { GITHUB_TOKEN, type GitHubOptions, type GitHubStandIn, startGitHub } from '../../../src/stand-ins/github.ts'
import { failure, type JobParts, jobFor, openSession, problemsOf } from '../../harness.ts'

async function opened(t: Test, settings: object = {}, options: GitHubOptions = {}) {
  const target = await startGitHub(options)
  const given = { base_url: target.url, repository: 'starfleet/enterprise', token: GITHUB_TOKEN, ...settings }
  const limits: [string, number | null][] = []
  const { session, close } = openSession(github, given, {
    limit: (name, { remaining }) => limits.push([name, remaining]),
  })
  t.teardown(async () => {
    await close()
    await target.close()
  })
  const { perform, confirm, check } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('something is missing')
  return { target, given, perform, confirm, check, limits }
}

const ticket = (externalId: string, externalUrl: string | null = null) => ({ externalId, externalUrl })
const comment = (text: string, parts: JobParts = {}): Job =>
  jobFor(
    { kind: 'comment', storyId: '109', author: 'James Kirk', text, commentId: '1' },
    { ticket: ticket('5'), ...parts },
  )
const state = (state: string, parts: JobParts = {}): Job =>
  jobFor({ kind: 'state', storyId: '109', author: 'James Kirk', state, from: null }, { ticket: ticket('5'), ...parts })

const lastWrite = ({ requests }: GitHubStandIn): unknown =>
  JSON.parse(requests.findLast(({ method }) => method !== 'GET')?.body.toString() ?? 'null')
const project = { id: 42, name: 'starfleet/enterprise' }

t.test('a comment is posted with a mark that nobody sees, and its receipt leads to it', async (t) => {
  const { target, perform, limits } = await opened(t)
  target.addIssue({ number: 5 })
  const receipt = await perform(comment('hello'))
  t.match(target.comments(5), [
    { author: 'relay', body: /^James Kirk commented:\n\nhello\n\nhttps:\S+\n\n<!-- \[relay [0-9a-f]{12}\] -->$/ },
  ])
  t.equal(receipt.url, `${target.url}/starfleet/enterprise/issues/5#issuecomment-${receipt.id}`)
  t.strictSame(limits, [['hour', 4999]], 'what is left of the rate limit is reported')
})

t.test('an accepted story closes its issue as completed; any other state opens it again', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ number: 5 })
  await perform(state('accepted'))
  t.strictSame(lastWrite(target), { state: 'closed', state_reason: 'completed' })
  t.match((await perform(state('accepted'))).note, /nothing to do/)
  for (const each of ['started', 'rejected', 'unstarted']) {
    Object.assign(target.issue(5), { state: 'closed', stateReason: 'completed' })
    await perform(state(each))
    t.match(target.issue(5), { state: 'open', stateReason: 'reopened' }, each)
  }
})

t.test('close_as says which states close an issue, and why; another reason is left as it is', async (t) => {
  const { target, perform } = await opened(t, { close_as: { accepted: 'completed', unscheduled: 'not_planned' } })
  target.addIssue({ number: 5 })
  await perform(state('unscheduled'))
  t.match(target.issue(5), { state: 'closed', stateReason: 'not_planned' })
  t.match((await perform(state('accepted'))).note, /nothing to do/)
  t.match(target.issue(5), { stateReason: 'not_planned' })
})

t.test('state and labels change in one update, which keeps the other labels', async (t) => {
  const labels = { started: 'Doing', finished: 'review', delivered: 'review' }
  const { target, perform, confirm } = await opened(t, { labels })
  target.addIssue({ number: 5, labels: ['engine', 'doing'] })
  t.match((await perform(state('started'))).note, /nothing to do/, 'labels are the same in any case')
  await perform(state('finished'))
  t.strictSame(target.issue(5).labels, ['engine', 'review'])
  t.strictSame(lastWrite(target), { labels: ['engine', 'review'] })
  t.match((await perform(state('delivered'))).note, /nothing to do/, 'another state with the same label')
  t.equal(await confirm(state('accepted'), new Date()), 'absent')
  await perform(state('accepted'))
  t.strictSame(target.issue(5).labels, ['engine'])
  t.strictSame(lastWrite(target), { state: 'closed', state_reason: 'completed', labels: ['engine'] })
  t.match(await confirm(state('accepted'), new Date()), { note: 'already there' })
})

t.test('what is about to change is told before it does, and nothing if nothing does', async (t) => {
  const { target, perform } = await opened(t, { labels: { started: 'Doing', finished: 'review' } })
  target.addIssue({ number: 5, labels: ['engine', 'review'] })
  const foretold: OwnWrite[] = []
  const page = `${target.url}/starfleet/enterprise/issues/5`
  await perform(state('started', { foretold }))
  await perform(state('started', { foretold }))
  await perform(state('accepted', { foretold }))
  await perform(comment('hello', { foretold }))
  t.strictSame(foretold, [
    { page, changes: ['+doing', '-review'] },
    { page, changes: ['closed', '-doing'] },
  ])
  const writes = target.requests.filter(({ method }) => method !== 'GET').length
  const refused = { ...state('unstarted'), foretell: () => Promise.reject(new Error('it cannot be stored')) }
  await t.rejects(perform(refused), /cannot be stored/)
  t.equal(
    target.requests.filter(({ method }) => method !== 'GET').length,
    writes,
    'nothing is sent before it is stored',
  )
})

t.test('a pull request gets comments, and is never closed', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ number: 5, isPullRequest: true })
  await perform(comment('hello'))
  t.equal(target.comments(5).length, 1)
  t.match(await failure(perform(state('accepted'))), { verdict: 'dead', message: /pull request/ })
  t.equal(target.issue(5).state, 'open')
})

t.test('an issue is known by its number, by owner/name#number and by its address', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ number: 5 })
  const page = `${target.url}/starfleet/enterprise`
  const links = [
    ticket('5'),
    ticket('#5'),
    ticket('Starfleet/Enterprise#5'),
    ticket(`${page}/issues/5`),
    ticket(`${page}/issues/5#issuecomment-301`),
    ticket('5', 'https://tickets.example/5'),
    ticket('5', `${page}/issues/5`),
  ]
  for (const each of links) await perform(comment('hello', { ticket: each }))
  t.equal(target.comments(5).length, links.length)
})

t.test('a link to another repository, or to no issue, ends the delivery and writes nothing', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ number: 5 })
  const page = `${target.url}/starfleet/enterprise`
  const wrong = [
    ticket('klingon/bird-of-prey#5'),
    ticket('5', `${target.url}/klingon/bird-of-prey/issues/5`),
    ticket('https://elsewhere.example/starfleet/enterprise/issues/5'),
    ticket(`${page}/discussions/5`),
    ticket('5/../../6'),
    ticket('../enterprise#5'),
    ticket('12', `${page}/issues/5`),
    ticket('5', `${page}/issues/5/edit`),
    ticket('0'),
  ]
  for (const each of wrong)
    t.equal((await failure(perform(comment('hello', { ticket: each })))).verdict, 'dead', each.externalId)
  t.equal(target.comments(5).length, 0)
})

t.test('an issue that is missing or deleted ends the delivery; a repository that is not shown holds it', async (t) => {
  const { target, perform } = await opened(t)
  t.match(await failure(perform(state('started'))), { verdict: 'dead', message: /no issue 5/ })
  t.match(await failure(perform(comment('hello'))), { verdict: 'dead' })
  target.addIssue({ number: 5, isDeleted: true })
  t.match(await failure(perform(comment('hello'))), { verdict: 'dead', message: /deleted/ })
  t.match(await failure(perform(state('started'))), { verdict: 'dead', message: /deleted/ })
  const hidden = await opened(t, { repository: 'starfleet/voyager' })
  t.match(await failure(hidden.perform(comment('hello'))), { verdict: 'hold', setting: 'repository' })
  const off = await opened(t, {}, { repositories: [{ ...project, roles: { 7: 'write' }, hasIssues: false }] })
  t.match(await failure(off.perform(comment('hello'))), { verdict: 'hold', message: /switched off/ })
})

t.test('an issue that was transferred ends the delivery with where it is now', async (t) => {
  const repositories = [
    { ...project, roles: { 7: 'write' as const } },
    { id: 43, name: 'klingon/bird', roles: { 7: 'write' as const } },
  ]
  const { target, perform, confirm } = await opened(t, {}, { repositories })
  target.addIssue({ number: 5, transferredTo: { repositoryId: 43, number: 1 } })
  target.addIssue({ number: 1, repositoryId: 43 })
  for (const job of [comment('hello'), state('accepted')])
    t.match(await failure(perform(job)), { verdict: 'dead', message: /transferred to .*klingon\/bird/ })
  t.match(await failure(confirm(comment('hello'), new Date())), { verdict: 'dead', message: /transferred/ })
  t.equal(target.comments(5).length, 0)
})

t.test('a renamed repository holds, and with its new name the links that keep the old one go on', async (t) => {
  const repositories = [
    { id: 42, name: 'starfleet/enterprise-d', formerNames: ['starfleet/enterprise'], roles: { 7: 'write' as const } },
    { id: 43, name: 'klingon/bird', roles: { 7: 'write' as const } },
  ]
  const before = await opened(t, {}, { repositories })
  before.target.addIssue({ number: 5 })
  for (const job of [comment('hello'), state('accepted')])
    t.match(await failure(before.perform(job)), {
      verdict: 'hold',
      setting: 'repository',
      message: /renamed to starfleet\/enterprise-d/,
    })
  t.match(await before.check(), [{ level: 'ok' }, { level: 'error', setting: 'repository', message: /enterprise-d/ }])
  const after = await opened(t, { repository: 'starfleet/enterprise-d' }, { repositories })
  after.target.addIssue({ number: 5 })
  const old = `${after.target.url}/starfleet/enterprise/issues/5`
  await after.perform(comment('hello', { ticket: ticket('5', old) }))
  t.match(await failure(after.perform(comment('hello', { ticket: ticket('klingon/bird#5') }))), { verdict: 'dead' })
  t.equal(after.target.comments(5).length, 1)
})

t.test('a 403 for one issue ends that delivery; for the whole repository or the login it holds', async (t) => {
  const visitor = await opened(t, {}, { repositories: [{ ...project, isPublic: true }] })
  visitor.target.addIssue({ number: 5, isLocked: true })
  t.match(await failure(visitor.perform(comment('hello'))), { verdict: 'dead', message: /locked/ })
  visitor.target.issue(5).isLocked = false
  await visitor.perform(comment('hello'))
  t.match(await failure(visitor.perform(state('accepted'))), { verdict: 'hold', setting: 'token' })

  const member = await opened(t)
  member.target.addIssue({ number: 5 })
  const refuse = (body: object, headers: Record<string, string> = {}): void =>
    member.target.fault(
      { status: 403, headers, body: JSON.stringify(body) },
      { where: ({ method }) => method === 'POST' },
    )
  refuse({ message: 'Forbidden' })
  t.match(await failure(member.perform(comment('hello'))), { verdict: 'dead', message: /may not change issue 5/ })
  refuse(
    { message: 'Resource protected by organization SAML enforcement.' },
    { 'x-github-sso': 'required; url=https://x' },
  )
  t.match(await failure(member.perform(comment('hello'))), {
    verdict: 'hold',
    setting: 'token',
    message: /single sign-on/,
  })

  const archived = await opened(t, {}, { repositories: [{ ...project, roles: { 7: 'write' }, archived: true }] })
  archived.target.addIssue({ number: 5 })
  t.match(await failure(archived.perform(comment('hello'))), { verdict: 'hold', setting: 'repository' })

  const readOnly = await opened(t, {}, { tokens: { [GITHUB_TOKEN]: { userId: 7, issues: 'read' } } })
  readOnly.target.addIssue({ number: 5 })
  t.match(await failure(readOnly.perform(comment('hello'))), {
    verdict: 'hold',
    setting: 'token',
    message: /issues=write/,
  })
})

t.test('labels that GitHub drops because of the role are not taken for set', async (t) => {
  const settings = { labels: { started: 'doing' } }
  const { target, perform } = await opened(t, settings, { repositories: [{ ...project, roles: { 7: 'read' } }] })
  target.addIssue({ number: 5, authorId: 7 })
  t.match(await failure(perform(state('started'))), { verdict: 'dead', message: /labels.*Triage/ })
})

t.test('a rate limit holds until it ends, whether GitHub says 403 or 429, and how it says until when', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ number: 5 })
  const soon = new Date(Date.now() + 45_000)
  const reset = String(Math.ceil(soon.getTime() / 1000))
  const words = '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes"}'
  const table: [status: number, headers: Record<string, string>, body: string, from: number, to: number][] = [
    [403, { 'retry-after': '30' }, '{"message":"slow down"}', 30_000, 30_000],
    [429, { 'retry-after': '30', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }, '', 30_000, 30_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }, '{"message":"over"}', 40_000, 47_000],
    [403, { 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': reset }, words, 60_000, 60_000],
    [429, {}, '', 60_000, 60_000],
  ]
  for (const [status, headers, body, from, to] of table) {
    target.fault({ status, headers, body })
    const { verdict, retryAfterMs } = await failure(perform(comment('hello')))
    t.equal(verdict, 'hold')
    t.ok(
      (retryAfterMs ?? 0) >= from && (retryAfterMs ?? 0) <= to,
      `${status} ${JSON.stringify(headers)}: ${retryAfterMs}`,
    )
  }
  const used = await opened(t, {}, { limit: 1 })
  used.target.addIssue({ number: 5 })
  await used.perform(comment('hello'))
  const { verdict, retryAfterMs } = await failure(used.perform(comment('again')))
  t.equal(verdict, 'hold')
  t.ok((retryAfterMs ?? 0) > 3_500_000, 'an hour')
})

t.test('a comment from before a replay on purpose is not taken for the replay', async (t) => {
  const { target, perform, confirm } = await opened(t)
  target.addIssue({ number: 5 })
  const { id } = await perform(comment('hello'))
  t.match(await confirm(comment('hello'), new Date()), { id, note: 'already there' })
  const replayed = { ...comment('hello'), receipted: async () => new Set([String(id)]) }
  t.equal(await confirm(replayed, new Date()), 'absent')
})

t.test('a mark in a comment by somebody else, or in the middle of one, is not ours', async (t) => {
  const { target, perform, confirm } = await opened(t)
  target.addIssue({ number: 5 })
  await perform(comment('hello'))
  const body = target.comments(5)[0]?.body ?? ''
  target.issue(5).comments.splice(0)
  target.addComment(5, { body })
  target.addComment(5, { body: `${body}\n\nyes`, authorId: 7 })
  t.equal(await confirm(comment('hello'), new Date()), 'absent')
})

t.test('a comment is found behind pages of others, and what was written long before is not asked for', async (t) => {
  const { target, perform, confirm } = await opened(t)
  target.addIssue({ number: 5 })
  for (let count = 0; count < 500; count += 1) target.addComment(5, { body: 'old', createdAt: '2020-01-01T00:00:00Z' })
  for (let count = 0; count < 250; count += 1) target.addComment(5, { body: 'new' })
  const { id } = await perform(comment('hello'))
  const before = target.requests.length
  t.match(await confirm(comment('hello'), new Date()), { id })
  t.equal(target.requests.slice(before).filter(({ path }) => path.endsWith('/comments')).length, 3)
})

t.test('check names the account, the end of its token, the role, and labels that are not there', async (t) => {
  const repositories = [{ ...project, roles: { 7: 'triage' as const }, labels: ['Doing'] }]
  const tokens = { [GITHUB_TOKEN]: { userId: 7, expires: '2027-06-01 00:00:00 UTC' } }
  const labels = { started: 'doing', finished: 'reveiw' }
  const { target, check } = await opened(t, { labels, import_labels: ['customer'] }, { repositories, tokens })
  target.addIssue({ number: 5, labels: ['customer'] })
  target.addIssue({ number: 6, labels: ['customer'], isPullRequest: true })
  t.strictSame(await check(), [
    { level: 'ok', setting: 'token', message: 'the token belongs to relay, and expires on 2027-06-01 00:00:00 UTC' },
    { level: 'ok', setting: 'repository', message: 'the repository is starfleet/enterprise' },
    { level: 'warning', setting: 'labels.finished', message: 'the repository has no label "reveiw"' },
    { level: 'warning', setting: 'import_labels', message: 'the repository has no label "customer"' },
    { level: 'ok', setting: 'import_labels', message: 'issues that an import would find: 1' },
  ])
})

t.test('check finds what the login may not do', async (t) => {
  const errors = async (settings: object, options: GitHubOptions) =>
    (await (await opened(t, settings, options)).check()).filter(({ level }) => level === 'error')
  const classic = (...scopes: string[]) => ({ tokens: { [GITHUB_TOKEN]: { userId: 7, scopes } } })
  t.strictSame(await errors({}, classic('repo')), [])
  t.match(await errors({}, classic('gist')), [
    { setting: 'token', message: /scopes "gist". Give it repo/ },
    { setting: 'repository', message: /no repository/ },
  ])
  t.match(await errors({}, { repositories: [{ ...project, roles: { 7: 'read' } }] }), [
    { setting: 'token', message: /Triage/ },
  ])
  t.strictSame(await errors({ update_state: false }, { repositories: [{ ...project, roles: { 7: 'read' } }] }), [])
  t.match(await errors({}, { repositories: [{ ...project, roles: { 7: 'write' }, archived: true }] }), [
    { setting: 'repository', message: /archived/ },
  ])
  t.match(await errors({}, { repositories: [{ ...project, roles: { 7: 'write' }, hasIssues: false }] }), [
    { setting: 'repository', message: /switched off/ },
    { setting: 'repository', message: /switched off/ },
  ])
  t.match(await errors({ token: 'ghp_wrong' }, {}), [{ setting: 'token', message: /rejects the token/ }])
})

t.test('what is wrong with the settings is said by name, without a secret', async (t) => {
  const right = { repository: 'a/b', token: 'ghp_x' }
  t.strictSame(problemsOf(github, right), [])
  for (const pasted of ['a/b', 'a/b.git', 'a/b/issues', 'a/b/issues/12', 'a/b/tree/main', 'a/.github/projects/1'])
    t.strictSame(problemsOf(github, { ...right, repository: `https://github.com/${pasted}` }), [], pasted)
  t.strictSame(
    problemsOf(github, { ...right, base_url: 'https://git.example/api/v3', repository: 'https://git.example/a/b' }),
    [],
  )
  const table: readonly [object, string][] = [
    [{ base_url: 'git.example' }, 'base_url'],
    [{ base_url: 'https://relay:pw@git.example' }, 'base_url'],
    [{ repository: 'enterprise' }, 'repository'],
    [{ repository: 'https://elsewhere.example/a/b' }, 'repository'],
    [{ repository: 'a/..' }, 'repository'],
    [{ repository: 'a/b/c' }, 'repository'],
    [{ token: 'two words' }, 'token'],
    [{ token: '' }, 'token'],
    [{ app_id: 1 }, 'token'],
    [{ token: '', app_id: 1 }, 'app_private_key'],
    [{ token: '', app_id: 'my app', app_private_key: 'two words' }, 'app_id'],
    [{ token: '', app_id: 1, app_private_key: 'two words' }, 'app_private_key'],
    [{ token: '', app_id: 1, app_private_key: 'two words', app_installation_id: 'x' }, 'app_installation_id'],
    [{ import_query: 'repo:c/d' }, 'import_query'],
    [{ import_query: 'is:pr draft:true' }, 'import_query'],
  ]
  for (const [settings, setting] of table) {
    const problems = problemsOf(github, { ...right, ...settings })
    t.strictSame(
      problems.map((each) => each.setting),
      [setting],
      JSON.stringify(settings),
    )
    t.notOk(JSON.stringify(problems).includes('two words'))
  }
})
