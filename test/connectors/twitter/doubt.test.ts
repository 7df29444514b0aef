import t from 'tap'
import type { Job, StoryRef } from '../../../src/connectors/contract/connector.ts'
import { announcing, createLedger, failureSeen } from '../../harness.ts'
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
  const id = String(target.posts[0]?.id)
  t.strictSame(found, {
    id,
    url: `https://x.com/i/web/status/${id}`,
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
  const receipted = [String(target.posts[0]?.id)]
  const restarted = sessionOn(t, target, { settings, clock })
  t.equal(
    await restarted.confirm(announcing({}, { inDoubt: true, receipted }), clock.now()),
    'absent',
    'also after a restart',
  )
  clock.pass(2 * 3_600_000)
  t.equal(
    await restarted.confirm(announcing({}, { inDoubt: true }), clock.now()),
    'absent',
    'it is older than the attempt',
  )
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

t.test('a post is found below a thousand later ones, and X shows no more than 3,200', async (t) => {
  const { target, session, clock } = await opened(t)
  const job = announcing({}, { inDoubt: true })
  const since = clock.now()
  target.fault('lose the answer')
  await failureSeen(session.perform(job))
  const later = (count: number): void => {
    for (let index = 0; index < count; index += 1)
      target.posts.push({ id: String(index), text: `post ${index}`, at: clock.now() })
  }
  later(1000)
  t.match(await session.confirm(job, since), { note: 'already there' })
  t.equal(await session.confirm(announcing({ what: 'rejected' }), since), 'absent', 'all of them are read')
  later(2200)
  t.equal(await session.confirm(job, since), 'cannot tell')
})

t.test('a question for fields that X has renamed is asked without them, and an id tells the time', async (t) => {
  const { target, session, clock } = await opened(t, { settings: { include_link: true } })
  target.state.fieldsParameter = 'post.fields'
  const job = announcing({}, { inDoubt: true })
  const since = clock.now()
  target.fault('lose the answer')
  await failureSeen(session.perform(job))
  const [post] = target.posts
  t.match(await session.confirm(job, since), { id: post?.id, note: 'already there' })
  target.down({ status: 400, body: '{"title":"Invalid Request"}' })
  t.equal(await session.confirm(job, since), 'cannot tell', 'a question that X does not understand holds nothing')
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

t.test('an answer that breaks off counts as written once X has said 201', async (t) => {
  const { target, session } = await opened(t)
  target.fault({ status: 201, body: '{"data":{"i' })
  t.match(await session.perform(announcing()), { id: null, note: /not where/ })
})

t.test('a repeat uses the words of the attempt in doubt, even if the story was renamed since', async (t) => {
  for (const restart of [false, true]) {
    const { target, session, settings, clock } = await opened(t)
    const ledger = createLedger()
    const first = sessionOn(t, target, { settings, clock, ledger })
    const job = announcing({ what: 'created' })
    const since = clock.now()
    target.fault('lose the answer')
    t.match(await failureSeen(first.perform(job)), { verdict: 'in doubt' })
    const renamed: Job = { ...job, inDoubt: true, story: { ...storyOf(job), name: 'Renamed shields', type: 'bug' } }
    const changed = { ...settings, templates: { created: '{story} is new' } }
    const later = restart ? sessionOn(t, target, { settings: changed, clock, ledger }) : first
    target.state.mayRead = false
    t.equal(await later.confirm(renamed, since), 'cannot tell')
    t.match(await later.perform(renamed), { note: /already there/ }, 'X knows the words')
    t.equal(target.posts.length, 1)
    t.strictSame([...ledger.kept], [], 'nothing is kept once the result is certain')
    target.state.mayRead = true
    t.match(await session.confirm(job, since), { note: 'already there' })
  }
})

t.test('the words of a post in doubt are found after a restart, and sent again if it never arrived', async (t) => {
  const { target, settings, clock } = await opened(t)
  const ledger = createLedger()
  const open = () => sessionOn(t, target, { settings, clock, ledger })
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
  t.equal(ledger.kept.size, 0)
})

t.test('refused words are not kept', async (t) => {
  const { target, settings, clock } = await opened(t)
  const ledger = createLedger()
  const keeping = sessionOn(t, target, { settings, clock, ledger })
  const job = announcing()
  for (const status of [400, 401, 402, 403, 404]) {
    target.fault({ status, body: '{}' })
    await failureSeen(keeping.perform(job))
    t.equal(ledger.kept.size, 0, String(status))
  }
  await keeping.perform({ ...job, story: { ...storyOf(job), name: 'Renamed shields' } })
  t.equal(target.posts[0]?.text, 'James Kirk accepted "Renamed shields"')
})

t.test('nothing is sent if its words cannot be kept', async (t) => {
  const { target, settings, clock } = await opened(t)
  const session = sessionOn(t, target, { settings, clock, ledger: { ...createLedger(), unwritable: true } })
  t.match(await failureSeen(session.perform(announcing())), { verdict: 'retry', message: /nothing was sent/ })
  t.equal(target.requests.length, 0)
})

t.test('words that version 0.1.0 kept are still sought', async (t) => {
  const { target, settings, clock } = await opened(t)
  const credentials = credentialStore()
  const job = announcing({}, { inDoubt: true })
  const name = `twitter/news/words/${job.key}`
  credentials.kept.set(name, 'James Kirk hat es angenommen')
  target.posts.push({ id: '9', text: 'James Kirk hat es angenommen', at: clock.now() })
  const session = sessionOn(t, target, { settings, clock, credentials })
  t.match(await session.confirm(job, clock.now()), { id: '9', note: 'already there' })
  credentials.loseKeyOf([name])
  t.equal(await session.confirm(job, clock.now()), 'absent', 'words that no key opens are composed anew')
  t.match(session.warnings, [{ job: job.key }])
})

function storyOf({ story }: Job): StoryRef {
  if (story === null) throw new Error('this job has no story')
  return story
}
