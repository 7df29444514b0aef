import t from 'tap'
import { markerOf } from '../../../src/connectors/kit/marker.ts'
import { apiToken } from '../../../src/stand-ins/zendesk.ts'
import { failureSeen } from '../../harness.ts'
import { became, byClient, jobOn, opened, remark, TICKET, updates } from './opened.ts'

const KEY = 'dlv_0123456789abcdef'
const LINK =
  '<p><a href="https://www.pivotaltracker.com/story/show/1803">https://www.pivotaltracker.com/story/show/1803</a></p>'
const END = `${LINK}<p>${markerOf(KEY)}</p>`

t.test('a comment becomes one private comment, guarded by the stamp of the ticket', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'open' }] })
  const receipt = await session.perform(jobOn(remark))
  const [comment] = zendesk.comments(TICKET)
  t.strictSame(updates(zendesk), [
    {
      ticket: {
        comment: { html_body: `<p>James Kirk commented: the dilithium is low</p>${END}`, public: false },
        safe_update: true,
        updated_stamp: '2026-11-24T05:00:00Z',
      },
    },
  ])
  t.strictSame(receipt, { id: String(comment?.id), url: `${zendesk.url}/agent/tickets/${TICKET}` })
  t.strictSame(
    zendesk.comments(TICKET).map(({ authorId, public: isPublic }) => ({ authorId, isPublic })),
    [{ authorId: 29, isPublic: false }],
  )
})

const states = {
  started: 'James Kirk started "More power to shields"',
  finished: 'James Kirk finished "More power to shields"',
  delivered: 'James Kirk delivered "More power to shields"',
  accepted: 'James Kirk accepted "More power to shields"',
  rejected: 'James Kirk rejected "More power to shields"',
  unstarted: 'James Kirk changed the state of "More power to shields" to unstarted',
  unscheduled: 'James Kirk changed the state of "More power to shields" to unscheduled',
  planned: 'James Kirk changed the state of "More power to shields" to planned',
}

for (const [state, words] of Object.entries(states))
  t.test(`the state ${state} is told in a private comment and leaves an open ticket's status alone`, async (t) => {
    const { zendesk, session } = await opened(t, { tickets: [{ status: 'pending' }] })
    await session.perform(jobOn(became(state)))
    t.strictSame(updates(zendesk), [
      {
        ticket: {
          comment: { html_body: `<p>${words.replaceAll('"', '&quot;')}</p>${END}`, public: false },
          safe_update: true,
          updated_stamp: '2026-11-24T05:00:00Z',
        },
      },
    ])
    t.equal(zendesk.tickets.get(TICKET)?.status, 'pending')
  })

t.test('a started story opens a new ticket in the same write as the comment', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'new' }] })
  await session.perform(jobOn(became('started')))
  t.equal(updates(zendesk).length, 1)
  t.equal(zendesk.comments(TICKET).length, 1)
  t.equal(zendesk.tickets.get(TICKET)?.status, 'open')
})

t.test('no other state and no comment opens a new ticket', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'new' }] })
  for (const [at, effect] of [
    remark,
    ...Object.keys(states)
      .slice(1)
      .map((state) => became(state)),
  ].entries())
    await session.perform(jobOn(effect, { key: `dlv_${at}` }))
  t.equal(zendesk.comments(TICKET).length, 8)
  t.equal(zendesk.tickets.get(TICKET)?.status, 'new')
})

t.test('a started story does not reopen a ticket that was solved meanwhile', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'solved' }] })
  await session.perform(jobOn(became('started')))
  t.equal(zendesk.tickets.get(TICKET)?.status, 'solved')
})

t.test('every way to log in writes as its user', async (t) => {
  const users = [
    { id: 31, name: 'Uhura', email: 'uhura@acme.example', role: 'agent' as const, password: 'hailing: frequencies' },
    { id: 29, name: 'Tracker Relay', email: 'relay@acme.example', role: 'agent' as const },
  ]
  const ways: [string, object, number][] = [
    ['client credentials', byClient, 29],
    ['API token', { user_email: 'uhura@acme.example', api_token: apiToken }, 31],
    ['password', { user_email: 'uhura@acme.example', user_password: 'hailing: frequencies' }, 31],
  ]
  for (const [name, settings, author] of ways) {
    const { zendesk, session } = await opened(t, { users, passwordAccess: true, settings })
    await session.perform(jobOn(remark))
    t.strictSame(
      zendesk.comments(TICKET).map(({ authorId }) => authorId),
      [author],
      name,
    )
  }
})

t.test('a story text can neither inject markup, call people nor have placeholders filled in', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'open' }] })
  const text =
    '<img src=x onerror=alert(1)> ![](http://evil.example/x.png) {{ticket.id}} {% if %} @jean & co\u202e\u0000'
  await session.perform(jobOn({ kind: 'comment', storyId: '1803', author: '<b>Q</b>', text, commentId: null }))
  const [comment] = zendesk.comments(TICKET)
  t.equal(
    comment?.htmlBody,
    `<div class="zd-comment" dir="auto"><p>&lt;b&gt;Q&lt;/b&gt; commented: &lt;img src=x onerror=alert(1)&gt; ![](http://evil.example/x.png) {\u200b{ticket.id}} {\u200b% if %} @\u200bjean &amp; co</p>${END}</div>`,
  )
})

t.test('the longest comment arrives, cut and with its link', async (t) => {
  const { zendesk, session } = await opened(t, { tickets: [{ status: 'open' }] })
  await session.perform(
    jobOn({ kind: 'comment', storyId: '1803', author: 'Q', text: '<&">\u{1f596}\n'.repeat(20_000), commentId: null }),
  )
  const html = zendesk.comments(TICKET)[0]?.htmlBody ?? ''
  t.match(html, /…<\/p><p><a href="https:\/\/www\.pivotaltracker\.com\/story\/show\/1803">/)
  t.ok(html.includes(END))
})

t.test('an effect that a ticket cannot show, and one without a ticket, never reach Zendesk', async (t) => {
  const { zendesk, session } = await opened(t)
  t.match(await failureSeen(session.perform(jobOn({ kind: 'forward' }))), { verdict: 'dead' })
  t.match(await failureSeen(session.perform({ ...jobOn(remark), ticket: null })), {
    verdict: 'dead',
    message: 'The story is linked to no Zendesk ticket.',
  })
  t.strictSame(await failureSeen(session.perform(jobOn(remark, { ticket: '1/../../users/7' }))), {
    verdict: 'dead',
    message: 'The story\'s link "1/../../users/7" does not name a Zendesk ticket. Correct the link in Tracker.',
    status: null,
    retryAfterMs: null,
  })
  t.strictSame(zendesk.requests, [])
})
