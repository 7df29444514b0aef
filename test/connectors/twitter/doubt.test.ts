import t from 'tap'
import type { Job, StoryRef } from '../../../src/connectors/contract/connector.ts'
import { announcing, clockAt, failureSeen } from '../../harness.ts'
import { credentialStore, opened, sessionOn } from './opened.ts'

t.test('a refused connection is tried again, and a lost answer is in doubt', async (t) => {
  const { target, session, settings, clock } = await opened(t, { timeoutMs: 300 })
  for (const fault of ['lose the answer', 'hang', 'garbage'] as const) {
    target.fault(fault)
    t.match(await failureSeen(session.perform(announcing({ text: fault }))), { verdict: 'in doubt' }, fault)
  }
  const nobody = sessionOn(t, { url: 'http://127.0.0.1:9' }, { settings, clock })
  t.match(await failureSeen(nobody.perform(announcing())), { verdict: 'retry' })
})

t.test("after a lost answer the post is found among the account's own posts", async (t) => {
  const { target, session, clock } = await opened(t, { settings: { include_link: true } })
  const job = announcing({ what: 'commented', text: 'a < b & c > d, see @kirk' }, { inDoubt: true })
  const since = clock.now()
  target.fault('lose the answer')
  await failureSeen(session.perform(job))
  clock.pass(30_000)
  const found = await session.confirm(job, since)
  t.strictSame(found, {
    id: '1445880548472328192',
    url: 'https://x.com/i/web/status/1445880548472328192',
    note: 'already there',
  })
  t.equal(await session.confirm(announcing({ what: 'rejected' }), since), 'absent')
})

t.test('a post of another delivery, or from before the attempt, is not mistaken for it', async (t) => {
  const { target, session, settings, clock } = await opened(t)
  await session.perform(announcing())
  t.equal(
    await session.confirm(announcing({}, { inDoubt: true }), clock.now()),
    'absent',
    'it belongs to the other delivery',
  )
  clock.pass(10 * 60_000)
  const restarted = sessionOn(t, target, { settings, clock })
  t.equal(
    await restarted.confirm(announcing({}, { inDoubt: true }), clock.now()),
    'absent',
    'it is older than the attempt',
  )
})

t.test('a post is found whatever the clock of X shows, or the question is left open', async (t) => {
  for (const aheadMs of [4 * 60_000, -60_000, -4 * 60_000]) {
    const clock = clockAt()
    const now = (): Date => new Date(clock.now().getTime() + aheadMs)
    const { target, settings } = await opened(t, { now })
    const again = () => sessionOn(t, target, { settings, clock })
    await again().perform(announcing())
    clock.pass(60_000)
    const since = clock.now()
    const isSeen = aheadMs > -2 * 60_000
    const before = await again().confirm(announcing({}, { inDoubt: true }), since)
    t.equal(before, isSeen ? 'absent' : 'cannot tell', 'the same words were posted before the attempt')
    const job = announcing({ what: 'rejected' }, { inDoubt: true })
    target.fault('lose the answer')
    await failureSeen(again().perform(job))
    const found = await again().confirm(job, since)
    if (isSeen) t.match(found, { note: 'already there' }, `${aheadMs} ms ahead`)
    else t.equal(found, 'cannot tell', `${aheadMs} ms ahead: X was not asked for so early a time`)
  }
})

t.test('the same words about another story are another post, if the link tells them apart', async (t) => {
  const { target, session, settings, clock } = await opened(t, { settings: { include_link: true } })
  const about = (id: string): Job =>
    announcing({ storyId: id }, { inDoubt: true, story: { url: `https://www.pivotaltracker.com/story/show/${id}` } })
  const since = clock.now()
  await session.perform(about('109'))
  const restarted = () => sessionOn(t, target, { settings, clock })
  t.equal(await restarted().confirm(about('110'), since), 'absent')
  t.match(await restarted().confirm(about('109'), since), { note: 'already there' })
  const [post] = target.posts
  const untold = { id: post?.id, text: 'James Kirk accepted "More power to shields" https://t.co/AbCdEfGhIj' }
  target.fault({
    status: 200,
    headers: { date: clock.now().toUTCString() },
    body: JSON.stringify({ data: [{ ...untold, created_at: since.toISOString() }] }),
  })
  t.match(await restarted().confirm(about('109'), since), { note: 'already there' }, 'a link that X does not tell')
})

t.test('an answer from a server other than X is in doubt, and then held', async (t) => {
  const { target, session, clock } = await opened(t)
  target.down({ status: 200, body: '<html>Sign in</html>' })
  const job = announcing({}, { inDoubt: true })
  t.match(await failureSeen(session.perform(job)), { verdict: 'in doubt', message: /api_base_url/ })
  t.match(await failureSeen(session.confirm(job, clock.now())), { verdict: 'hold', message: /api_base_url/ })
})

t.test('more posts than X shows at once leave the question open', async (t) => {
  const { target, session, clock } = await opened(t)
  for (let index = 0; index < 101; index += 1)
    target.posts.push({ id: String(index), text: `post ${index}`, at: clock.now() })
  t.equal(await session.confirm(announcing(), clock.now()), 'cannot tell')
})

t.test('if the plan does not let the relay read, the repeat relies on the refusal of the same words', async (t) => {
  const { target, session, clock } = await opened(t)
  const job = announcing({}, { inDoubt: true })
  target.fault('lose the answer')
  await failureSeen(session.perform(job))
  target.state.mayRead = false
  t.equal(await session.confirm(job, clock.now()), 'cannot tell')
  t.match(await session.perform(job), { note: /already there/ })
  t.equal(target.posts.length, 1)
  for (const status of [401, 402, 429]) {
    target.fault({ status, body: '{}' })
    t.equal(await session.confirm(job, clock.now()), 'cannot tell', String(status))
  }
  target.fault({ status: 503 })
  t.match(
    await failureSeen(session.confirm(job, clock.now())),
    { verdict: 'retry' },
    'a question leaves nothing in doubt',
  )
})

t.test('a post in doubt that never arrived is written by the repeat', async (t) => {
  const { target, session, clock } = await opened(t)
  const job = announcing({}, { inDoubt: true })
  target.fault('reset')
  t.match(await failureSeen(session.perform(job)), { verdict: 'in doubt' })
  t.equal(await session.confirm(job, clock.now()), 'absent')
  await session.perform(job)
  t.equal(target.posts.length, 1)
})

t.test('an answer that breaks off counts as written once X has said 201', async (t) => {
  const { target, session } = await opened(t)
  target.fault({ status: 201, body: '{"data":{"i' })
  t.match(await session.perform(announcing()), { id: null, note: /not where/ })
})

t.test('a repeat uses the words of the attempt in doubt, even if the story was renamed since', async (t) => {
  for (const restart of [false, true]) {
    const { target, session, settings, clock } = await opened(t)
    const credentials = credentialStore()
    const first = sessionOn(t, target, { settings, clock, credentials })
    const job = announcing({ what: 'created' })
    const since = clock.now()
    target.fault('lose the answer')
    t.match(await failureSeen(first.perform(job)), { verdict: 'in doubt' })
    const renamed: Job = { ...job, inDoubt: true, story: { ...storyOf(job), name: 'Renamed shields', type: 'bug' } }
    const changed = { ...settings, templates: { created: '{story} is new' } }
    const later = restart ? sessionOn(t, target, { settings: changed, clock, credentials }) : first
    target.state.mayRead = false
    t.equal(await later.confirm(renamed, since), 'cannot tell')
    t.match(await later.perform(renamed), { note: /already there/ }, 'X knows the words')
    t.equal(target.posts.length, 1)
    t.strictSame([...credentials.kept], [], 'nothing is kept once the result is certain')
    target.state.mayRead = true
    t.match(await session.confirm(job, since), { note: 'already there' })
  }
})

t.test('the words of a post in doubt are found after a restart, and sent again if it never arrived', async (t) => {
  const { target, settings, clock } = await opened(t)
  const credentials = credentialStore()
  const open = () => sessionOn(t, target, { settings, clock, credentials })
  const since = clock.now()
  const [written, unwritten] = [announcing(), announcing({ what: 'rejected' })]
  const renamed = (job: Job): Job => ({ ...job, inDoubt: true, story: { ...storyOf(job), name: 'Renamed shields' } })
  target.fault('lose the answer')
  await failureSeen(open().perform(written))
  t.match(await open().confirm(renamed(written), since), { note: 'already there' })
  target.fault('reset')
  await failureSeen(open().perform(unwritten))
  t.equal(await open().confirm(renamed(unwritten), since), 'absent')
  target.fault({ status: 429 })
  t.match(
    await failureSeen(open().perform(renamed(unwritten))),
    { verdict: 'hold' },
    'which says nothing about the first try',
  )
  await open().perform(renamed(unwritten))
  t.strictSame(
    target.posts.map(({ text }) => text),
    ['James Kirk accepted "More power to shields"', 'James Kirk rejected "More power to shields"'],
  )
  t.equal(credentials.kept.size, 0)
})

t.test('refused words are not kept, and without a store the words are remembered', async (t) => {
  const { target, session, settings, clock } = await opened(t)
  const credentials = credentialStore()
  const keeping = sessionOn(t, target, { settings, clock, credentials })
  const job = announcing()
  for (const status of [400, 401, 402, 403, 404]) {
    target.fault({ status, body: '{}' })
    await failureSeen(keeping.perform(job))
    t.equal(credentials.kept.size, 0, String(status))
  }
  const renamed = (inDoubt: boolean): Job => ({ ...job, inDoubt, story: { ...storyOf(job), name: 'Renamed shields' } })
  await keeping.perform(renamed(false))
  t.equal(target.posts[0]?.text, 'James Kirk accepted "Renamed shields"')
  target.posts.length = 0
  target.fault('lose the answer')
  await failureSeen(session.perform(job))
  t.match(await session.confirm(renamed(true), clock.now()), { note: 'already there' })
})

t.test('nothing is sent if its words cannot be kept', async (t) => {
  const { target, settings, clock } = await opened(t)
  const credentials = credentialStore()
  const session = sessionOn(t, target, { settings, clock, credentials })
  credentials.fail(true)
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'hold', message: /words to post/ })
  t.equal(target.requests.length, 0)
})

function storyOf({ story }: Job): StoryRef {
  if (story === null) throw new Error('this job has no story')
  return story
}
