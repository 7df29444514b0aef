import t from 'tap'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { simplified } from '../../../src/stand-ins/jira-workflows.ts'
import { failure } from '../../harness.ts'
import { relayUser } from '../../targets/jira.ts'
import { commentJob, isWrite, open } from './setup.ts'

/** The mark as JIRA's markup has it. */
const mark = (key: string): string => markerOf(key).replace('[', '\\[').replace(']', '\\]')
const BODY = `Scotty commented:\n\nI need more power\n\nhttps://www.pivotaltracker.com/story/show/109\n\n${mark('dlv_1')}`

const CLOUD = { deployment: 'Cloud', workflow: simplified } as const
const CLOUD_LOGIN = { api_username: 'relay', api_password: 'correct horse' }

t.test("a story's comment is posted to its ticket, with a property that says which delivery it was", async (t) => {
  const { target, perform } = await open(t, { contextPath: '/jira' })
  const receipt = await perform(commentJob())
  const [comment] = target.comments('TEST-1')
  t.strictSame(
    { ...comment, id: '', created: null },
    {
      id: '',
      author: 'relay',
      body: BODY,
      document: null,
      created: null,
      visibility: null,
      properties: [
        { key: 'tracker-relay', value: { key: 'dlv_1' } },
        { key: 'sd.public.comment', value: { internal: true } },
      ],
    },
  )
  t.strictSame(receipt, {
    id: comment?.id,
    url: `${target.url}/jira/browse/TEST-1?focusedCommentId=${comment?.id}`,
  })
  const post = target.requests.find(isWrite)
  t.equal(post?.path, '/jira/rest/api/2/issue/TEST-1/comment')
  t.equal(post?.headers.authorization, 'Bearer NjUwMjE5MTk3NTY3Oq-pat')
  t.equal(post?.headers['x-atlassian-token'], 'no-check')
  t.equal(target.requests.filter(isWrite).length, 1)
})

t.test('a comment is for customers of the portal too where internal_comments is switched off', async (t) => {
  const { target, perform } = await open(t, {}, { internal_comments: false })
  await perform(commentJob())
  t.strictSame(target.comments('TEST-1')[0]?.properties, [{ key: 'tracker-relay', value: { key: 'dlv_1' } }])
})

t.test('the login is proven once, not before every comment', async (t) => {
  const { target, perform } = await open(t)
  await perform(commentJob({ key: 'a' }))
  await perform(commentJob({ key: 'b' }))
  t.strictSame(
    target.requests.map(({ method, path }) => `${method} ${path}`),
    [
      'GET /rest/api/2/myself',
      'GET /rest/api/2/serverInfo',
      'POST /rest/api/2/issue/TEST-1/comment',
      'POST /rest/api/2/issue/TEST-1/comment',
    ],
  )
})

t.test('nobody is mentioned by what a comment says', async (t) => {
  const { target, perform } = await open(t)
  target.comment('TEST-1', 'human', 'hello [~kirk]')
  await perform(commentJob({ author: '[~spock]', text: 'ask [~kirk] or \\[~bones]' }))
  t.strictSame(target.mentioned, ['kirk'])
})

t.test('a comment goes only to the role that comment_visibility names', async (t) => {
  const visibility = { type: 'role', value: 'Developers' }
  const { target, perform } = await open(t, {}, { comment_visibility: visibility })
  await perform(commentJob())
  t.strictSame(target.comments('TEST-1')[0]?.visibility, visibility)
})

t.test('a comment that the role may not get is not posted for all to see', async (t) => {
  const settings = { comment_visibility: { type: 'role', value: 'Administrators' } }
  const { target, perform } = await open(t, {}, settings)
  const error = await failure(perform(commentJob()))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /comment_visibility: the account must be a member/)
  t.strictSame(target.comments('TEST-1'), [])
})

t.test('a comment is cut to what JIRA takes', async (t) => {
  const { target, perform } = await open(t)
  await perform(commentJob({ text: '*\n'.repeat(12000).concat('*'.repeat(12000)) }))
  t.match(target.comments('TEST-1')[0]?.body, /…\n\nhttps:/)
})

t.test('of a long comment Cloud gets all words, and a shorter one only if it refuses that', async (t) => {
  const text = 'one\n'.repeat(5000)
  for (const countsWords of [true, false]) {
    const { target, perform } = await open(t, { ...CLOUD, countsWords }, CLOUD_LOGIN)
    await perform(commentJob({ text }))
    const [comment, ...others] = target.comments('TEST-1')
    t.equal(others.length, 0)
    const words = comment?.body.match(/one/g)?.length ?? 0
    if (countsWords) t.equal(words, 5000)
    else t.ok(words > 300 && words < 1000, 'as a document it is longer')
    t.match(comment?.body, countsWords ? /one\n\nhttps:/ : /…\n\nhttps:/)
  }
})

t.test('a lower limit than comment_limit is reported with the setting to change', async (t) => {
  const { perform } = await open(t, { commentLimit: 1000 })
  const error = await failure(perform(commentJob({ text: 'x'.repeat(2000) })))
  t.strictSame([error.verdict, error.status], ['dead', 400])
  t.match(error.message, /lower comment_limit, now 32767/)
})

t.test('a comment is posted without the property where a server does not know it', async (t) => {
  const { target, perform } = await open(t, { commentProperties: 'refused' })
  await perform(commentJob())
  t.strictSame(
    target.comments('TEST-1').map(({ body }) => body),
    [BODY],
  )
})

t.test('a missing permission names the permission', async (t) => {
  const { target, perform } = await open(t, { users: [relayUser({ permissions: ['BROWSE_PROJECTS'] })] })
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.status], ['dead', 400])
  t.match(error.message, /do not have the permission to comment.*"Add comments" in the project of TEST-1/)
  t.strictSame(target.comments('TEST-1'), [])
})

t.test('a ticket that is gone or cannot be seen is not tried again', async (t) => {
  const { perform, confirm } = await open(t)
  for (const work of [
    () => perform(commentJob({ ticket: 'TEST-404' })),
    () => confirm(commentJob({ ticket: 'TEST-404' }), new Date()),
  ]) {
    const error = await failure(work())
    t.strictSame([error.verdict, error.status], ['dead', 404])
    t.match(error.message, /"Browse projects"/)
  }
})

t.test('text that is not a ticket key never becomes part of a URL', async (t) => {
  const { target, perform } = await open(t)
  for (const ticket of ['..', '../../myself', 'TEST-1/comment', 'TEST-1?x', '', 'TEST'])
    t.equal((await failure(perform(commentJob({ ticket })))).verdict, 'dead', ticket)
  t.strictSame(target.requests, [])
  t.equal((await failure(perform({ ...commentJob(), ticket: null }))).verdict, 'dead')
})

t.test('a ticket can be named by its id', async (t) => {
  const { target, perform } = await open(t)
  await perform(commentJob({ ticket: target.ticket('TEST-1').id }))
  t.equal(target.comments('TEST-1').length, 1)
})

t.test('a refusal that no rule knows is passed on in one short line without control characters', async (t) => {
  const { target, perform } = await open(t)
  const words = `no\u001b[31m\r\nNjUwMjE5MTk3NTY3Oq-pat ${'x'.repeat(500)}`
  target.fault(
    { status: 422, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ errorMessages: [words] }) },
    { where: isWrite },
  )
  const error = await failure(perform(commentJob()))
  t.equal(error.verdict, 'dead')
  t.match(error.message, /^JIRA answered 422: no \[31m \[secret\] x+…$/)
  t.ok(error.message.length < 250)
})

t.test('the limit of comments on a ticket is no reason to try again', async (t) => {
  const { target, perform } = await open(t)
  target.fault({ status: 413, headers: { 'content-type': 'application/json' }, body: '{}' }, { where: isWrite })
  const error = await failure(perform(commentJob()))
  t.strictSame([error.verdict, error.status], ['dead', 413])
})

t.test('after a lost answer the comment is found, and not posted again', async (t) => {
  for (const commentProperties of ['kept', 'dropped'] as const) {
    const { target, perform, confirm } = await open(t, { commentProperties })
    const since = new Date()
    target.fault('lose the answer', { where: isWrite })
    t.equal((await failure(perform(commentJob()))).verdict, 'in doubt')
    const [comment] = target.comments('TEST-1')
    t.strictSame(
      await confirm(commentJob(), since),
      {
        id: comment?.id,
        url: `${target.url}/browse/TEST-1?focusedCommentId=${comment?.id}`,
        note: 'already there',
      },
      `properties are ${commentProperties}`,
    )
    t.equal(target.comments('TEST-1').length, 1)
  }
})

t.test(
  'the same words from before, from somebody else or from another delivery do not confirm a comment',
  async (t) => {
    const { target, perform, confirm } = await open(t)
    const since = new Date()
    target.comment('TEST-1', 'human', BODY)
    target.comment('TEST-1', 'relay', BODY.replace(/\\\[relay.*/, ''))
    await perform(commentJob({ key: 'another' }))
    t.equal(await confirm(commentJob(), since), 'absent')
    target.comment('TEST-1', 'relay', BODY, new Date(since.getTime() - 60_000))
    const id = target.comments('TEST-1').at(-1)?.id ?? ''
    const replayed = { ...commentJob(), receipted: async () => new Set([id]) }
    t.equal(await confirm(replayed, since), 'absent', 'it is from before a replay')
    t.match(await confirm(commentJob(), since), { id }, 'the clocks may differ, so the marker counts')
  },
)

t.test('a comment is found whatever the clock of the server shows', async (t) => {
  for (const aheadMs of [3 * 60 * 60 * 1000, -3 * 60 * 60 * 1000]) {
    const now = (): Date => new Date(Date.now() + aheadMs)
    const { target, confirm } = await open(t, { now, commentProperties: 'dropped' })
    const since = new Date()
    t.equal(await confirm(commentJob(), since), 'absent')
    target.comment('TEST-1', 'relay', BODY, now())
    t.match(await confirm(commentJob(), since), { note: 'already there' })
  }
})

t.test('a comment is found behind many newer ones, in whatever order the server lists them', async (t) => {
  for (const honoursOrder of [true, false]) {
    const { target, perform, confirm } = await open(t, { honoursOrder })
    for (let index = 0; index < 180; index += 1)
      target.comment('TEST-1', 'human', `old ${index}`, new Date(Date.now() - 1e9 + index * 1000))
    const since = new Date()
    await perform(commentJob())
    for (let index = 0; index < 120; index += 1) target.comment('TEST-1', 'human', `new ${index}`)
    t.match(await confirm(commentJob(), since), { note: 'already there' }, `order is honoured: ${honoursOrder}`)
    const before = target.requests.length
    t.equal(await confirm(commentJob({ key: 'never posted' }), since), 'absent')
    t.ok(target.requests.length - before <= 5, 'older pages are not read')
  }
})

t.test('on Cloud a comment is a document, and no markup in it means anything', async (t) => {
  const { target, perform } = await open(t, CLOUD, CLOUD_LOGIN)
  await perform(commentJob({ text: '[~kirk] *so* :)' }))
  const [comment] = target.comments('TEST-1')
  t.equal(
    comment?.body,
    `Scotty commented:\n\n[~kirk] *so* :)\n\nhttps://www.pivotaltracker.com/story/show/109\n\n${markerOf('dlv_1')}`,
  )
  t.strictSame(target.mentioned, [])
  t.equal(target.requests.find(isWrite)?.path, '/rest/api/3/issue/TEST-1/comment')
  t.strictSame(comment?.properties[0], { key: 'tracker-relay', value: { key: 'dlv_1' } })
})

t.test('on Cloud a comment is found after a lost answer, also one of an earlier release', async (t) => {
  for (const commentProperties of ['kept', 'dropped'] as const) {
    const { target, perform, confirm } = await open(t, { ...CLOUD, commentProperties }, CLOUD_LOGIN)
    const since = new Date()
    target.fault('lose the answer', { where: isWrite })
    t.equal((await failure(perform(commentJob()))).verdict, 'in doubt')
    t.match(await confirm(commentJob(), since), { note: 'already there' }, commentProperties)
    t.equal(await confirm(commentJob({ key: 'another' }), since), 'absent')
    // As release 0.1 wrote it: wiki markup with other escapes.
    target.comment('TEST-1', 'relay', `Scotty commented:\n\nDone \\:)\n\n${mark('old')}`)
    t.match(await confirm(commentJob({ key: 'old', text: 'Done :)' }), since), { note: 'already there' })
  }
})

t.test('a JIRA that does not say what it is gets wiki markup, which each understands', async (t) => {
  const { target, perform } = await open(t)
  target.fault(
    { status: 403, headers: { 'content-type': 'application/json' }, body: '{"errorMessages":["no"]}' },
    { where: ({ path }) => path.endsWith('/serverInfo') },
  )
  await perform(commentJob())
  t.equal(target.comments('TEST-1')[0]?.body, BODY)
})

t.test('the mark can be left out where a property carries it', async (t) => {
  for (const [options, login] of [
    [{}, {}],
    [CLOUD, CLOUD_LOGIN],
  ] as const) {
    const { target, perform, confirm } = await open(t, options, { ...login, visible_marker: false })
    const since = new Date()
    target.fault('lose the answer', { where: isWrite })
    t.equal((await failure(perform(commentJob()))).verdict, 'in doubt')
    t.notMatch(target.comments('TEST-1')[0]?.body, /\[relay/)
    t.match(await confirm(commentJob(), since), { note: 'already there' })
    t.equal(await confirm(commentJob({ key: 'another' }), since), 'absent', 'the same words of another delivery')
  }
  const dropping = { commentProperties: 'dropped' } as const
  const { target, perform, confirm } = await open(t, dropping, { visible_marker: false })
  const since = new Date()
  const kept: string[] = []
  target.fault('lose the answer', { where: isWrite })
  await failure(perform({ ...commentJob(), keep: async (words) => void kept.push(words) }))
  const later = { ...commentJob({ text: 'as another release words it' }), kept: kept[0] ?? null }
  t.match(await confirm(later, since), { note: 'already there' }, 'a server without it is asked for the words sent')
  const old = await open(t, { commentProperties: 'refused' }, { visible_marker: false })
  await old.perform(commentJob())
  t.equal(old.target.comments('TEST-1')[0]?.body, BODY, 'a server without properties gets the mark')
})
