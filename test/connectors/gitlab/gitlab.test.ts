import t, { type Test } from 'tap'
import type { Job } from '../../../src/connectors/contract/connector.ts'
import type { OwnWrite } from '../../../src/connectors/contract/own-write.ts'
import gitlab from '../../../src/connectors/gitlab/index.ts'
import { literal, MAX_NOTE, noteOf } from '../../../src/connectors/gitlab/message.ts'
import { GITLAB_TOKEN, type GitLabOptions, type GitLabStandIn, startGitLab } from '../../../src/stand-ins/gitlab.ts'
import { failure, type JobParts, jobFor, openSession, problemsOf } from '../../harness.ts'
import { reading } from '../reading.ts'

async function opened(t: Test, settings: object = {}, options: GitLabOptions = {}) {
  const target = await startGitLab(options)
  const given = { base_url: target.address, project: 'starfleet/enterprise', token: GITLAB_TOKEN, ...settings }
  const { session, close } = openSession(gitlab, given)
  t.teardown(async () => {
    await close()
    await target.close()
  })
  const { perform, confirm, check } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('something is missing')
  return { target, given, perform, confirm, check }
}

const ticket = (externalId: string, externalUrl: string | null = null) => ({ externalId, externalUrl })
const comment = (text: string, parts: JobParts = {}): Job =>
  jobFor(
    { kind: 'comment', storyId: '109', author: 'James Kirk', text, commentId: '1' },
    { ticket: ticket('5'), ...parts },
  )
const state = (state: string, parts: JobParts = {}): Job =>
  jobFor({ kind: 'state', storyId: '109', author: 'James Kirk', state, from: null }, { ticket: ticket('5'), ...parts })

const lastWrite = ({ requests }: GitLabStandIn): unknown =>
  JSON.parse(requests.findLast(({ method }) => method !== 'GET')?.body.toString() ?? 'null')

t.test('what is about to change is told before it does, and nothing if nothing does', async (t) => {
  const { target, perform } = await opened(t, { labels: { started: 'Doing', finished: 'review' } })
  target.addIssue({ iid: 5, labels: ['engine', 'review'] })
  const foretold: OwnWrite[] = []
  const page = `${target.address}/starfleet/enterprise/-/issues/5`
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
  t.equal(target.requests.filter(({ method }) => method !== 'GET').length, writes)
})

t.test('no line of a comment is carried out as a quick action', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5 })
  const text = '/close\nplease\n/label ~urgent\r\n  /reopen\n\t/close\n/shrug'
  await perform(comment(text))
  t.equal(target.issue(5).state, 'opened')
  const [note] = target.comments(5)
  t.equal(note?.body.replace(/[\u200b\u00a0]/g, ' ').match(/\/(close|label|reopen|shrug)/g)?.length, 5)
})

t.test('markup and references are shown as they were typed', async (t) => {
  const table: readonly [string, string][] = [
    ['*bold* _em_ `code` [a](b) a|b', '\\*bold\\* \\_em\\_ \\`code\\` \\[\u200ba\\](b) a\\|b'],
    ['<script> & &lt;', '&lt;script&gt; &amp; &amp;lt;'],
    ['# no heading', '\u200b# no heading'],
    ['1. first', '\u200b1. first'],
    ['- item', '\u200b- item'],
    ['a - b', 'a - b'],
    ['/close', '\u200b/close'],
    ['@kirk and a@b.example', '@\u200bkirk and a@b.example'],
    ['see #12 !7 &3 (# 1)', 'see #\u200b12 !\u200b7 &amp;\u200b3 (# 1)'],
    ['a ~bug ~"two words" ~~x~~', 'a \\~\u200bbug \\~\u200b"two words" \\~\u200b\\~\u200bx\\~\u200b\\~\u200b'],
    ['%v1 50 %', '%\u200bv1 50 %'],
    ['$12 and $x$', '\\$\u200b12 and \\$\u200bx\\$'],
    ['a :smile: :100: :8ball: 10:20:30', 'a :\u200bsmile: :\u200b100: :\u200b8ball: 10:20:30'],
    ['GL-12 [work_item:12]', 'GL-\u200b12 \\[\u200bwork\\_item:12\\]'],
    ['[TOC] {+in+} [-out-]', '\\[\u200bTOC\\] \\{\u200b+in+\\} \\[\u200b-out-\\]'],
    ['see https://x.example/a_b?c=1&d=2.', 'see https://x.example/a_b?c=1&d=2.'],
    [
      '[https://x.example/?a&b], (https://x.example/)',
      '\\[\u200b<https://x.example/?a&amp;b>\\], (https://x.example/)',
    ],
    ['**https://x.example/a.**', '\\*\\*<https://x.example/a>.\\*\\*'],
    ['one\ntwo\n\nthree', 'one  \ntwo\n\nthree'],
    ['    code', '\u00a0\u00a0\u00a0\u00a0code'],
    ['a\u202eb\u0007c', 'abc'],
  ]
  for (const [typed, shown] of table) t.equal(literal(typed), shown, JSON.stringify(typed))
})

t.test('a comment that is too long is cut, and keeps its address and its mark', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5 })
  await perform(comment(`${'*'.repeat(MAX_NOTE)}end`))
  const [note] = target.comments(5)
  t.ok((note?.body.length ?? 0) <= MAX_NOTE)
  t.match(
    note?.body.slice(-120),
    /\\\*…\n\nhttps:\/\/www\.pivotaltracker\.com\/story\/show\/109\n\n\[relay [0-9a-f]{12}\]$/,
  )
})

t.test('a person without a name is Someone', async (t) => {
  t.match(noteOf({ author: ' ', text: 'x' }, 'no address', '[m]'), /^Someone commented:\n\nx\n\n\[m\]$/)
})

t.test('Markdown of a comment becomes GitLab’s, and nothing in it acts', async (t) => {
  const z = '\u200b'
  const table: [typed: string, note: string][] = [
    ['a **b** *c* ~~d~~ `e` ``f`g``', 'a **b** *c* ~~d~~ `e` ``f`g``'],
    ['*a*_b_ **c**_d_', `*a*${z}*b* **c**${z}*d*`],
    ['one\ntwo', 'one  \ntwo'],
    ['- a\n- b\n  - c\n\n3. d', '- a\n- b\n  - c\n\n3. d'],
    ['> a\n>\n> - b', '> a\n>\n> - b'],
    ['# Title', '**Title**'],
    [
      '[a_b](https://x.example/c_(d)) https://y.example/?e&f',
      '[a\\_b](https://x.example/c_%28d%29) https://y.example/?e&f',
    ],
    ['https://y.example\\*', '<https://y.example\\>\\*'],
    ['**https://y.example**!', '**<https://y.example>**!'],
    ['<https://y.example/a.>', '<https://y.example/a.>'],
    ['[https://y.example](https://y.example)', 'https://y.example'],
    ['![a](https://x.example/b.png)', '[a](https://x.example/b.png)'],
    ['**@kirk** #12 !3 :rocket: ~bug', `**@${z}kirk** #${z}12 !${z}3 :${z}rocket: \\~${z}bug`],
    ['/close', `${z}/close`],
    ['a\n/close', `a  \n${z}/close`],
    ['- /close', `- ${z}/close`],
    ['````\n```\n/close\n```\n````', `\`\`\`\`\n\`\`\`\n${z}/close\n\`\`\`\n\`\`\`\``],
    ['\\- \\*\\*one\\*\\*', `${z}- \\*\\*one\\*\\*`],
    ['<script>&lt;</script>', '&lt;script&gt;&lt;&lt;/script&gt;'],
    ['```js\na\n```', '```js\na\n```'],
  ]
  for (const [typed, note] of table)
    t.equal(
      noteOf({ author: 'Kirk', text: typed, markup: 'markdown' }, '', '[m]'),
      `Kirk commented:\n\n${note}\n\n[m]`,
      JSON.stringify(typed),
    )
})

t.test('a note says files, edits and deletions', async (t) => {
  const attachments = [{ name: 'a_b.png', url: null }]
  t.equal(noteOf({ author: 'Kirk', text: '', attachments }, '', '[m]'), 'Kirk commented:\n\nAttached: a\\_b.png\n\n[m]')
  t.equal(noteOf({ author: 'Kirk', text: 'x', change: 'update' }, '', '[m]'), 'Kirk edited a comment:\n\nx\n\n[m]')
  t.equal(noteOf({ author: 'Kirk', text: '', change: 'delete' }, '', '[m]'), 'Kirk deleted a comment\n\n[m]')
})

t.test('an accepted story closes its issue; any other state opens it again', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5 })
  await perform(state('accepted'))
  t.equal(target.issue(5).state, 'closed')
  t.strictSame(lastWrite(target), { state_event: 'close' })
  t.match((await perform(state('accepted'))).note, /nothing to do/)
  for (const each of ['started', 'rejected', 'unstarted']) {
    target.issue(5).state = 'closed'
    await perform(state(each))
    t.equal(target.issue(5).state, 'opened', each)
  }
})

t.test('state and labels change in one update, which leaves other labels alone', async (t) => {
  const labels = { started: 'doing', finished: 'review', delivered: 'review' }
  const { target, perform, confirm } = await opened(t, { labels })
  target.addIssue({ iid: 5, labels: ['engine', 'doing'] })
  await perform(state('finished'))
  t.strictSame(target.issue(5).labels, ['engine', 'review'])
  t.strictSame(lastWrite(target), { add_labels: 'review', remove_labels: 'doing' })
  t.match((await perform(state('delivered'))).note, /nothing to do/, 'another state with the same label')
  t.equal(await confirm(state('accepted'), new Date()), 'absent')
  await perform(state('accepted'))
  t.strictSame(target.issue(5).labels, ['engine'])
  t.strictSame(lastWrite(target), { state_event: 'close', remove_labels: 'review' })
  t.match(await confirm(state('accepted'), new Date()), { note: 'already there' })
})

t.test('comments can be internal notes', async (t) => {
  const { target, perform } = await opened(t, { internal_comments: true })
  target.addIssue({ iid: 5 })
  await perform(comment('secret'))
  t.equal(target.comments(5)[0]?.internal, true)
})

t.test('an issue is known by its number, by project#number and by its address', async (t) => {
  const { target, perform } = await opened(t, {}, { root: '/gitlab' })
  target.addIssue({ iid: 5 })
  const page = `${target.address}/starfleet/enterprise`
  const links = [
    ticket('5'),
    ticket('#5'),
    ticket('Starfleet/Enterprise#5'),
    ticket('42#5'),
    ticket(`${page}/-/issues/5`),
    ticket(`${page}/issues/5#note_301`),
    ticket(`${page}/-/work_items/5`),
    ticket(`${page}/-/issues/incident/5`),
    ticket('5', 'https://tickets.example/5'),
    ticket('5', `${page}/-/issues/5`),
  ]
  for (const each of links) await perform(comment('hello', { ticket: each }))
  t.equal(target.comments(5).length, links.length)
})

t.test('a link to another project, or to no issue, ends the delivery and writes nothing', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5 })
  const wrong = [
    ticket('klingon/bird-of-prey#5'),
    ticket('5', `${target.address}/klingon/bird-of-prey/-/issues/5`),
    ticket('https://elsewhere.example/starfleet/enterprise/-/issues/5'),
    ticket(`${target.address}/starfleet/enterprise/-/merge_requests/5`),
    ticket(`${target.address}/%E0%A4%A/-/issues/5`),
    ticket('5/../../6'),
    ticket('5', `${target.address}/starfleet/enterprise/-/merge_requests/5`),
    ticket('12', `${target.address}/starfleet/enterprise/-/issues/5`),
    ticket('5', `${target.address}/starfleet/enterprise/-/issues/5/designs`),
    ticket('0'),
  ]
  for (const each of wrong)
    t.equal((await failure(perform(comment('hello', { ticket: each })))).verdict, 'dead', each.externalId)
  t.equal(target.comments(5).length, 0)
})

t.test('a missing issue ends the delivery, a project that is not shown holds it', async (t) => {
  const { perform } = await opened(t)
  t.match(await failure(perform(state('started'))), { verdict: 'dead', message: /no issue 5/ })
  t.match(await failure(perform(comment('hello'))), { verdict: 'dead' })
  const hidden = await opened(t, { project: 'starfleet/voyager' })
  t.match(await failure(hidden.perform(comment('hello'))), { verdict: 'hold', setting: 'project' })
})

t.test('a 403 for one issue ends that delivery; for the whole project or the token it holds', async (t) => {
  const project = { id: 42, path: 'starfleet/enterprise' }
  const visitor = await opened(t, {}, { projects: [{ ...project, isPublic: true }] })
  visitor.target.addIssue({ iid: 5, isLocked: true })
  t.match(await failure(visitor.perform(comment('hello'))), { verdict: 'dead', message: /locked/ })

  const member = await opened(t)
  member.target.addIssue({ iid: 5 })
  member.target.fault(
    { status: 403, body: '{"message":"403 Forbidden"}' },
    { where: ({ method }) => method === 'POST' },
  )
  t.match(await failure(member.perform(comment('hello'))), { verdict: 'dead', message: /may not change issue 5/ })

  const archived = await opened(t, {}, { projects: [{ ...project, members: { 7: 30 }, archived: true }] })
  archived.target.addIssue({ iid: 5 })
  t.match(await failure(archived.perform(comment('hello'))), { verdict: 'hold', setting: 'token' })

  const guest = await opened(t, {}, { projects: [{ ...project, members: { 7: 10 } }] })
  guest.target.addIssue({ iid: 5 })
  await guest.perform(comment('hello'))
  t.match(await failure(guest.perform(state('accepted'))), { verdict: 'hold', setting: 'token' })

  const readOnly = await opened(t, {}, { tokens: { [GITLAB_TOKEN]: { userId: 7, scopes: ['read_api'] } } })
  readOnly.target.addIssue({ iid: 5 })
  t.match(await failure(readOnly.perform(comment('hello'))), { verdict: 'hold', message: /scope api/ })
})

t.test('a locked issue that cannot be reopened ends the delivery with what to do', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5, state: 'closed', isLocked: true })
  t.match(await failure(perform(state('started'))), { verdict: 'dead', message: /Unlock its discussion/ })
})

t.test('a renamed project holds, and with its new path the links that keep the old one go on', async (t) => {
  const projects = [
    { id: 42, path: 'starfleet/enterprise-d', formerPaths: ['starfleet/enterprise'], members: { 7: 30 } },
    { id: 43, path: 'klingon/bird', members: { 7: 30 } },
  ]
  const before = await opened(t, {}, { projects })
  before.target.addIssue({ iid: 5 })
  t.match(await failure(before.perform(comment('hello'))), { verdict: 'hold', setting: 'project' })
  t.match(await failure(before.perform(state('accepted'))), { verdict: 'hold' })
  const after = await opened(t, { project: 'starfleet/enterprise-d' }, { projects })
  after.target.addIssue({ iid: 5 })
  const old = `${after.target.address}/starfleet/enterprise/-/issues/5`
  await after.perform(comment('hello', { ticket: ticket('5', old) }))
  await after.perform(comment('hello', { ticket: ticket('42#5') }))
  t.match(await failure(after.perform(comment('hello', { ticket: ticket('klingon/bird#5') }))), { verdict: 'dead' })
  t.equal(after.target.comments(5).length, 2)
})

t.test('an internal note that GitLab made public pauses the integration before the next one', async (t) => {
  const projects = [{ id: 42, path: 'starfleet/enterprise', members: { 7: 10 } }]
  const { target, perform } = await opened(t, { internal_comments: true }, { projects })
  target.addIssue({ iid: 5 })
  t.match(await perform(comment('secret')), { note: /public/ })
  t.match(await failure(perform(comment('another'))), { verdict: 'pause', setting: 'internal_comments' })
  t.equal(target.comments(5).length, 1)
})

t.test('an update that GitLab ignores because of the role is not taken for done', async (t) => {
  const projects = [{ id: 42, path: 'starfleet/enterprise', members: { 7: 10 } }]
  const { target, perform } = await opened(t, {}, { projects })
  target.addIssue({ iid: 5, authorId: 7 })
  t.match(await failure(perform(state('accepted'))), { verdict: 'dead', message: /state_event.*Planner/ })
})

t.test('the end of a rate limit is read from RateLimit-Reset where there is no Retry-After', async (t) => {
  const { target, perform } = await opened(t)
  target.addIssue({ iid: 5 })
  const headers = { 'ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 45) }
  target.fault({ status: 429, headers, body: 'Retry later' })
  const { verdict, retryAfterMs } = await failure(perform(comment('hello')))
  t.equal(verdict, 'hold')
  t.ok((retryAfterMs ?? 0) > 40_000 && (retryAfterMs ?? 0) <= 46_000)
})

t.test('a note from before a replay on purpose is not taken for the replay', async (t) => {
  const { target, perform, confirm } = await opened(t)
  target.addIssue({ iid: 5 })
  const { id } = await perform(comment('hello'))
  const replayed = { ...comment('hello'), receipted: async () => new Set([String(id)]) }
  t.equal(await confirm(replayed, new Date()), 'absent')
})

t.test('a mark in a note by somebody else, or in the middle of one, is not ours', async (t) => {
  const { target, perform, confirm } = await opened(t)
  target.addIssue({ iid: 5 })
  await perform(comment('hello'))
  const body = target.comments(5)[0]?.body ?? ''
  target.issue(5).notes.splice(0)
  target.addNote(5, { body })
  target.addNote(5, { body: `${body}\n\nyes`, authorId: 7 })
  t.equal(await confirm(comment('hello'), new Date()), 'absent')
})

t.test(
  'all open issues with the labels are listed over several pages, also when one is closed meanwhile',
  async (t) => {
    const target = await startGitLab()
    t.teardown(target.close)
    const start = Date.parse('2026-01-01T00:00:00.000Z')
    for (let iid = 1; iid <= 350; iid += 1) {
      // More of the same moment than a page holds, as an import into GitLab makes them.
      const at = iid > 80 && iid <= 250 ? start + 80_000 : start + iid * 1000
      target.addIssue({
        iid,
        labels: iid % 50 === 0 ? ['other'] : ['bug', 'customer'],
        createdAt: new Date(at).toISOString(),
      })
    }
    target.addIssue({ iid: 400, state: 'closed', labels: ['bug', 'customer'] })
    target.beforeList((requests) => {
      if (requests === 1) for (const iid of [1, 2, 3]) target.issue(iid).state = 'closed'
    })
    const settings = {
      base_url: target.address,
      project: 'starfleet/enterprise',
      token: GITLAB_TOKEN,
      import_labels: ['bug', ' customer '],
    }
    const ids = await reading(t, gitlab, settings).ids()
    const wanted = Array.from({ length: 350 }, (_, index) => String(index + 1)).filter((iid) => Number(iid) % 50 !== 0)
    t.strictSame(ids, wanted)
  },
)

t.test('an issue becomes a story with its type, estimate and requester', async (t) => {
  const target = await startGitLab()
  t.teardown(target.close)
  target.addIssue({
    iid: 7,
    title: 'Cloak',
    description: 'a\r\nb',
    labels: ['x', 'type::Bug'],
    weight: 5,
    createdAt: '2026-11-20T08:00:00.000+01:00',
  })
  target.addIssue({ iid: 8, description: null })
  const settings = { base_url: target.address, project: 'starfleet/enterprise', token: GITLAB_TOKEN }
  t.strictSame(await reading(t, gitlab, settings).stories(), [
    {
      externalId: '7',
      name: 'Cloak',
      description: 'a\nb',
      requestedBy: 'grace',
      createdAt: new Date('2026-11-20T07:00:00.000Z'),
      type: 'Bug',
      estimate: 5,
    },
    {
      externalId: '8',
      name: 'Issue 8',
      description: '',
      requestedBy: 'grace',
      createdAt: new Date('2026-11-20T08:00:00.000Z'),
      type: null,
      estimate: null,
    },
  ])
})

t.test('check names the account, the scopes, the role, and labels that are not there', async (t) => {
  const projects = [{ id: 42, path: 'starfleet/enterprise', members: { 7: 30 }, labels: ['doing'] }]
  const labels = { started: 'doing', finished: 'reveiw' }
  const { target, check } = await opened(t, { labels, import_labels: ['customer'] }, { projects })
  target.addIssue({ iid: 5, labels: ['customer'] })
  t.strictSame(await check(), [
    { level: 'ok', setting: 'token', message: 'the token belongs to relay' },
    { level: 'ok', setting: 'token', message: 'the token has the scopes api, and expires on 2027-06-01' },
    { level: 'ok', setting: 'project', message: 'the project is starfleet/enterprise' },
    { level: 'warning', setting: 'labels.finished', message: 'the project has no label "reveiw"' },
    { level: 'warning', setting: 'import_labels', message: 'the project has no label "customer"' },
    { level: 'ok', setting: 'import_labels', message: 'open issues that an import would find: 1' },
  ])
})

t.test(
  'check finds a token without the scope, a role that is too low, an archived project and a wrong one',
  async (t) => {
    const readOnly = { tokens: { [GITLAB_TOKEN]: { userId: 7, scopes: ['read_api'] } } }
    const levels = async (settings: object, options: GitLabOptions) =>
      (await (await opened(t, settings, options)).check()).filter(({ level }) => level === 'error')
    t.match(await levels({}, readOnly), [{ setting: 'token', message: /scope api/ }])
    t.strictSame(await levels({ update_comments: false, update_state: false }, readOnly), [])
    const project = { id: 42, path: 'starfleet/enterprise' }
    t.match(await levels({}, { projects: [{ ...project, members: { 7: 10 } }] }), [
      { setting: 'token', message: /Planner/ },
    ])
    t.match(await levels({}, { projects: [{ ...project, members: { 7: 30 }, archived: true }] }), [
      { setting: 'project', message: /archived/ },
    ])
    t.match(await levels({ project: 'starfleet/voyager' }, {}), [{ setting: 'project', message: /no project/ }])
  },
)

t.test('what is wrong with the settings is said by name, without the token', async (t) => {
  const right = { project: 'a/b', token: 'glpat-x' }
  t.strictSame(problemsOf(gitlab, right), [])
  t.strictSame(
    problemsOf(gitlab, {
      ...right,
      base_url: 'https://git.example/gitlab/',
      project: 'https://git.example/gitlab/a/b/c/-/issues',
    }),
    [],
  )
  for (const pasted of ['a/b', 'a/b.git', 'a/b/-/issues', 'a/b/issues/12', 'a/b/tree/main', 'a/.github/-/boards'])
    t.strictSame(problemsOf(gitlab, { ...right, project: `https://gitlab.com/${pasted}` }), [], pasted)
  const table: readonly [object, string][] = [
    [{ base_url: 'git.example' }, 'base_url'],
    [{ base_url: 'https://relay:pw@git.example' }, 'base_url'],
    [{ project: 'enterprise' }, 'project'],
    [{ project: 'https://elsewhere.example/a/b' }, 'project'],
    [{ project: 'https://gitlab.com/groups/foo/-/work_items' }, 'project'],
    [{ project: 'gitlab.com/a/b' }, 'project'],
    [{ project: 'a/..' }, 'project'],
    [{ import_labels: ['None'] }, 'import_labels'],
    [{ token: 'two words' }, 'token'],
  ]
  for (const [settings, setting] of table) {
    const problems = problemsOf(gitlab, { ...right, ...settings })
    t.strictSame(
      problems.map((each) => each.setting),
      [setting],
    )
    t.notOk(JSON.stringify(problems).includes('two words'))
  }
})

t.test('a list of a project whose issues are switched off is an error, and not empty', async (t) => {
  const projects = [{ id: 42, path: 'starfleet/enterprise', members: { 7: 30 }, issuesEnabled: false }]
  const target = await startGitLab({ projects })
  t.teardown(target.close)
  const settings = { base_url: target.address, project: 'starfleet/enterprise', token: GITLAB_TOKEN }
  t.match(await failure(reading(t, gitlab, settings).ids()), { verdict: 'pause', setting: 'project' })
})
