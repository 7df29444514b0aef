import t from 'tap'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { failure } from '../../harness.ts'
import { commentJob, confirmBy, openAccount, performBy, STORY_URL, TOKEN } from './lighthouse-account.ts'

const isPut = ({ method }: { method: string }): boolean => method === 'PUT'

t.test('a comment becomes one note, and nothing else of the ticket changes', async (t) => {
  for (const omitted of ['kept', 'cleared'] as const) {
    const { target, perform } = await openAccount(t, {}, { omitted })
    target.addTicket({
      number: 5,
      state: 'open',
      title: 'Broken',
      assigned_user_id: 2,
      milestone_id: 7,
      tag: '"two words" high',
    })
    const job = commentJob('Raise the shields')
    t.strictSame(await perform(job), { url: `${target.url}/projects/54448/tickets/5` })
    const note = `Kirk commented: Raise the shields\n\n${STORY_URL}\n\n${markerOf(job.key)}`
    t.strictSame(target.comments(5), [{ author: 'Relay', body: note }])
    const { state, title, assigned_user_id, milestone_id, tag } = target.ticket(5)
    t.strictSame(
      { state, title, assigned_user_id, milestone_id, tag },
      { state: 'open', title: 'Broken', assigned_user_id: 2, milestone_id: 7, tag: '"two words" high' },
      `where fields that are not named are ${omitted}`,
    )
    const [write] = target.writes()
    t.equal(target.writes().length, 1)
    t.strictSame(JSON.parse(write?.body.toString() ?? ''), {
      ticket: {
        title: 'Broken',
        state: 'open',
        assigned_user_id: 2,
        milestone_id: 7,
        tag: '"two words" high',
        body: note,
      },
    })
    t.strictSame(
      target.requests.map(({ headers }) => [headers['x-lighthousetoken'], headers['content-type'], headers.accept]),
      target.requests.map(() => [TOKEN, 'application/json', 'application/json']),
    )
  }
})

t.test("the ticket's own text is never sent back", async (t) => {
  const { target, perform } = await openAccount(t)
  target.addTicket({ number: 5, body: 'The secret description' })
  target.edit(5, 2, { body: 'An older note' })
  await perform(commentJob('New'))
  t.notMatch(target.writes()[0]?.body.toString(), /secret description|older note/)
  t.equal(target.comments(5).length, 2)
})

t.test('without full_update only the note is sent, and nothing is read first', async (t) => {
  const { target, perform } = await openAccount(t, { full_update: false })
  target.addTicket({ number: 5 })
  const job = commentJob('Hello')
  await perform(job)
  t.strictSame(
    target.requests.map(({ method, path }) => `${method} ${path}`),
    ['PUT /projects/54448/tickets/5.json'],
  )
  t.strictSame(JSON.parse(target.writes()[0]?.body.toString() ?? ''), {
    ticket: { body: `Kirk commented: Hello\n\n${STORY_URL}\n\n${markerOf(job.key)}` },
  })
})

t.test('after a lost answer the note is found, and is not written twice', async (t) => {
  const { target, perform, confirm } = await openAccount(t)
  target.addTicket({ number: 5 })
  target.fault('lose the answer', { where: isPut })
  const job = commentJob('Once')
  t.equal((await failure(perform(job))).verdict, 'in doubt')
  t.strictSame(await confirm(job), { url: `${target.url}/projects/54448/tickets/5`, note: 'already there' })
  t.equal(target.comments(5).length, 1)
})

t.test('a note that did not arrive is known to be absent, and is then written once', async (t) => {
  for (const full_update of [true, false]) {
    const { target, perform, confirm } = await openAccount(t, { full_update })
    target.addTicket({ number: 5 })
    target.fault('reset', { where: isPut })
    const job = commentJob('Once')
    t.equal((await failure(perform(job))).verdict, 'in doubt')
    t.equal(await confirm(job), 'absent')
    await perform(job)
    t.equal(target.comments(5).length, 1)
  }
})

t.test('neither an earlier equal comment nor a quotation by another user counts as our note', async (t) => {
  const { target, perform, confirm, session } = await openAccount(t)
  target.addTicket({ number: 5 })
  await perform(commentJob('Me too', { key: 'earlier' }))
  const job = commentJob('Me too', { key: 'later' })
  t.equal(await confirm(job), 'absent', 'the same words of another delivery')
  target.edit(5, 2, { body: `Kirk commented: Me too\n\n${STORY_URL}\n\n${markerOf('later')}` })
  t.equal(await confirm(job), 'absent', 'the mark in the text of somebody else')
  target.edit(5, 1, { body: `> ${markerOf('later')}\n\nI agree` })
  t.equal(await confirm(job), 'absent', 'the mark not at the end')
  await performBy(session, job)
  t.strictSame(await confirmBy(session, job), { url: `${target.url}/projects/54448/tickets/5`, note: 'already there' })
})

t.test('a token that may not ask for its user still finds its note', async (t) => {
  const { target, perform, confirm } = await openAccount(t, {}, { tellsOfProfile: false })
  target.addTicket({ number: 5 })
  await perform(commentJob('Hello'))
  t.strictSame(await confirm(commentJob('Hello')), {
    url: `${target.url}/projects/54448/tickets/5`,
    note: 'already there',
  })
})

t.test('a note on a ticket with a long history is written and found', async (t) => {
  const { target, perform, confirm } = await openAccount(t)
  target.addTicket({ number: 5 })
  for (let i = 0; i < 40; i += 1) target.edit(5, 2, { body: 'lorem ipsum '.repeat(2000) })
  await perform(commentJob('Short'))
  t.match(await confirm(commentJob('Short')), { note: 'already there' })
})

t.test('anybody with a token may comment in a public project, though not edit', async (t) => {
  const { target, perform } = await openAccount(t, {}, { projects: [{ id: 54448, public: true, members: [2] }] })
  target.addTicket({ number: 5 })
  await perform(commentJob('Hello'))
  t.equal(target.comments(5).length, 1)
})
