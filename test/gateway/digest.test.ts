import { join } from 'node:path'
import t, { type Test } from 'tap'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshPostgres } from '../store/postgres.ts'
import { headerNamed, type Mailbox, startMailbox } from '../targets/smtp.ts'
import { eventually } from './eventually.ts'
import { freshFolder, type RelaySetup, startRelay } from './running-relay.ts'
import { changed, commented, created } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

function setupFor({ port }: Mailbox, settings: object = {}): RelaySetup {
  const mail = {
    ...{ type: 'email', host: 'localhost', port, security: 'none', from: 'tracker@ship.example' },
    ...{ to: ['crew@ship.example'], digest: { every_minutes: 60 } },
  }
  return { leaseMs: LONG_LEASE_MS, integrations: { crew: { ...mail, ...settings } } }
}

/** One minute into an hour, so that no test runs into the next digest by itself. */
function untilNextHour(): number {
  return HOUR_MS - (Date.now() % HOUR_MS) + MINUTE_MS
}

async function opened(t: Test, settings: object = {}, more: RelaySetup = {}) {
  const mailbox = await startMailbox({ security: 'none' })
  t.teardown(() => mailbox.close())
  const setup = { ...setupFor(mailbox, settings), ...more }
  const relay = await startRelay(t, setup)
  relay.advance(untilNextHour())
  return { mailbox, relay, setup }
}

async function mailsIn({ mails }: Mailbox, count: number): Promise<Mailbox['mails']> {
  return await eventually(
    () => mails,
    ({ length }) => length >= count,
    `${count} mails`,
  )
}

const idOf = ({ headers }: Mailbox['mails'][number]): string => headerNamed(headers, 'message-id')
const subjectOf = ({ headers }: Mailbox['mails'][number]): string => headerNamed(headers, 'subject')
const comment = (number: number, story = '109'): string => commented(number, { story, text: `note ${number}.` })

/** The numbers of the comments that a mail has, in its order. */
function notesIn({ text }: Mailbox['mails'][number]): number[] {
  return [...text.matchAll(/note (\d+)\./g)].map(([, number]) => Number(number))
}

t.test(
  'what happens within an hour is one mail, story by story in order, and an hour without news has none',
  async (t) => {
    const { mailbox, relay } = await opened(t)
    await relay.post(created(1, { story: '109', name: 'More power' }))
    await relay.post(created(2, { story: '110', name: 'Phasers', author: 'Spock' }))
    await relay.post(comment(3))
    await relay.post(changed(4, { story: '109', state: 'started' }))
    await relay.post(changed(5, { story: '109', state: 'delivered' }))
    await oneTurn(relay)
    relay.advance(58 * MINUTE_MS - 1000)
    await oneTurn(relay)
    t.strictSame(mailbox.mails, [], 'nothing before its time')
    relay.advance(2 * MINUTE_MS)
    const found = await relay.allSettled(4)
    const [mail] = await mailsIn(mailbox, 1)
    if (mail === undefined) throw new Error('there is no mail')
    t.equal(subjectOf(mail), '[Tracker] Digest: 4 activities in 2 stories')
    const link = (story: string): string => `https://www.pivotaltracker.com/story/show/${story}`
    t.equal(
      mail.text.trim().replaceAll('\r\n', '\n'),
      `4 activities in 2 stories, 14 Dec 22:12 (UTC).

More power (#109)
${link('109')}
- 14 Dec 22:12 James Kirk added feature "More power"
- 14 Dec 22:12 James Kirk commented on "More power": note 3.
- 14 Dec 22:12 James Kirk delivered "More power"

Phasers (#110)
${link('110')}
- 14 Dec 22:12 Spock added feature "Phasers"`,
    )
    t.match(
      mail.html,
      `<p><strong><a href="${link('109')}">More power (#109)</a></strong></p><ul><li>14 Dec 22:12 James Kirk`,
    )
    t.match(mail.html, '<blockquote><p>note 3.</p></blockquote>')
    t.equal(new Set(found.map(({ digest }) => digest)).size, 1)
    t.match(found[0], { state: 'delivered', attempts: 1, note: /^4 activities in one mail: .*queued as 1/ })
    t.match(found[3], { state: 'delivered', attempts: 0, note: /^in one digest with delivery 1: .*queued as 1/ })
    for (let hours = 0; hours < 3; hours += 1) {
      relay.advance(HOUR_MS)
      await oneTurn(relay)
    }
    t.equal(mailbox.mails.length, 1)
  },
)

t.test('an operator sees what waits for which digest, that nothing is late, and what was sent in it', async (t) => {
  const { mailbox, relay } = await opened(t, {}, { adminToken: 'a-token-for-this-test-only' })
  const api = async (path: string) =>
    (await relay.get(`/api/v1${path}`, { authorization: 'Bearer a-token-for-this-test-only' })).json()
  const gauge = 'relay_delivery_oldest_pending_timestamp_seconds{integration="crew"}'
  for (const number of [1, 2]) await relay.post(comment(number))
  await oneTurn(relay)
  const due = /^\d{4}-\d\d-\d\dT\d\d:00:00.000Z$/
  t.match(await api('/deliveries'), {
    items: [
      { state: 'pending', digest: 'next', due_at: null },
      { state: 'pending', digest: 'next', attempts: 0, due_at: due },
    ],
  })
  t.match(await api('/integrations/crew'), {
    next_digest_at: due,
    due: 0,
    standing: { state: 'running', sentence: /^Running; what waits goes into the digest at .*:00:00 UTC\.$/ },
  })
  t.match(await api('/activities/1'), {
    integrations: [{ integration: 'crew', why: '1 delivery: pending (it goes into the next digest).' }],
  })
  t.equal((await relay.metrics()).get(gauge), 0)
  mailbox.state.refuse = { at: 'to', code: 450, words: '4.2.1 later' }
  relay.advance(2 * HOUR_MS)
  await eventually(
    () => api('/deliveries'),
    (found) => (found.items as { attempts: number }[]).some(({ attempts }) => attempts > 0),
    'an attempt',
  )
  t.ok((await relay.metrics()).get(gauge), 'what is tried and waits is late')
  mailbox.state.refuse = null
  relay.advance(HOUR_MS)
  const [first] = await relay.allSettled(2)
  t.match(await api(`/deliveries?digest=${first?.digest}`), { items: [{ id: 2 }, { id: 1 }] })
  t.match(await api('/deliveries?digest=dgst_000000000000000000000000'), { items: [] })
  t.match(await api('/activities/2'), {
    integrations: [{ integration: 'crew', why: `1 delivery: delivered (in digest ${first?.digest}).` }],
  })
})

t.test('a repeat is the same mail, whatever came meanwhile; that is in the next digest', async (t) => {
  const { mailbox, relay } = await opened(t)
  for (const number of [1, 2]) await relay.post(comment(number))
  mailbox.state.trouble = 'lose the answer'
  relay.advance(HOUR_MS)
  await mailsIn(mailbox, 1)
  await eventually(
    () => relay.deliveries(),
    (found) => found[0]?.inDoubtSince !== null,
    'the first is in doubt',
  )
  await relay.post(comment(3))
  relay.advance(HOUR_MS)
  await eventually(
    () => {
      relay.advance(MINUTE_MS)
      return mailbox.mails.length
    },
    (count) => count >= 3,
    'three mails',
  )
  await relay.allSettled(3)
  const [first, again, next] = mailbox.mails
  t.equal(again && idOf(again), first && idOf(first))
  t.not(next && idOf(next), first && idOf(first))
  t.strictSame(mailbox.mails.map(notesIn), [[1, 2], [1, 2], [3]])
})

t.test(
  'a digest that was cut off by the end of the process, before or after its time, loses and doubles nothing',
  async (t) => {
    const mailbox = await startMailbox({ security: 'none' })
    t.teardown(() => mailbox.close())
    const setup = { ...setupFor(mailbox), folder: freshFolder(t), server: { stop_timeout_seconds: 0 } }
    const ahead = untilNextHour()
    const first = await startRelay(t, setup)
    first.advance(ahead)
    for (const number of [1, 2]) await first.post(comment(number))
    await oneTurn(first)
    await first.stop()
    const second = await startRelay(t, setup)
    second.advance(ahead)
    await second.post(comment(3))
    await oneTurn(second)
    t.equal(mailbox.mails.length, 0, 'a start is no time for a digest')
    mailbox.state.trouble = 'hang'
    second.advance(HOUR_MS)
    await mailsIn(mailbox, 1)
    await second.post(comment(4))
    await second.stop()
    const third = await startRelay(t, setup)
    third.advance(ahead + HOUR_MS)
    await oneTurn(third)
    // Nobody has extended the lease of the second one.
    third.advance(LONG_LEASE_MS + HOUR_MS)
    await third.allSettled(4)
    t.strictSame(mailbox.mails.map(notesIn), [[1, 2, 3], [1, 2, 3], [4]])
    t.equal(new Set(mailbox.mails.map(idOf)).size, 2)
  },
)

t.test('a pause holds a digest, one of it can be skipped, and what is replayed is in the next one', async (t) => {
  const { mailbox, relay } = await opened(t)
  const skip = async (id: number): Promise<void> => {
    await relay.store.skip({ who: 'kirk', selection: { ids: [id] }, reason: 'old', now: Date.now() })
  }
  for (const number of [1, 2, 3, 4]) await relay.post(comment(number))
  await oneTurn(relay)
  // The first one, too, which stands for those behind it.
  await skip(1)
  await skip(3)
  await relay.store.savePause('crew', null, 'a test', Date.now())
  await eventually(
    () => relay.relay.workers()[0]?.standing().pausedReason,
    (reason) => reason === 'a test',
    'it is paused',
  )
  relay.advance(HOUR_MS)
  await oneTurn(relay)
  t.equal(mailbox.mails.length, 0)
  await relay.post(comment(5))
  await relay.store.saveResume('crew', Date.now())
  await relay.allSettled(5)
  t.strictSame(mailbox.mails.map(notesIn), [[2, 4, 5]])
  await relay.store.replay({ ids: [1, 2] }, Date.now() + 2 * HOUR_MS)
  relay.advance(MINUTE_MS)
  await oneTurn(relay)
  t.equal(mailbox.mails.length, 1, 'what is replayed waits for its digest')
  relay.advance(3 * HOUR_MS)
  await relay.allSettled(5)
  t.strictSame(mailbox.mails.map(notesIn), [
    [2, 4, 5],
    [1, 2],
  ])
  t.equal(new Set(mailbox.mails.map(idOf)).size, 2)
})

t.test(
  'what is in one digest is in no other, also when what stood first is skipped and an older one comes back',
  async (t) => {
    const { mailbox, relay } = await opened(t)
    const skip = async (id: number): Promise<void> => {
      await relay.store.skip({ who: 'kirk', selection: { ids: [id] }, reason: 'old', now: Date.now() })
    }
    for (const number of [1, 2, 3]) await relay.post(comment(number))
    await oneTurn(relay)
    await skip(1)
    mailbox.state.trouble = 'lose the answer'
    relay.advance(HOUR_MS)
    await mailsIn(mailbox, 1)
    await eventually(
      () => relay.deliveries(),
      (found) => found[1]?.state === 'waiting',
      'the digest is in doubt',
    )
    await relay.store.replay({ ids: [1] }, Date.now() + HOUR_MS)
    await skip(2)
    relay.advance(2 * HOUR_MS)
    await relay.allSettled(3)
    const [first] = mailbox.mails
    t.strictSame(mailbox.mails.map(notesIn), [[2, 3], [1], [3]])
    const last = mailbox.mails.at(-1)
    t.equal(last && idOf(last), first && idOf(first), 'by which the server knows what it has')
  },
)

t.test('all of a digest that is refused is dead, and the same mail once it is replayed', async (t) => {
  const { mailbox, relay } = await opened(t)
  for (const number of [1, 2, 3]) await relay.post(comment(number))
  mailbox.state.refuse = { at: 'text', code: 552, words: '5.3.4 too big' }
  relay.advance(HOUR_MS)
  const dead = await relay.allSettled(3)
  t.strictSame(
    dead.map(({ state }) => state),
    ['dead', 'dead', 'dead'],
  )
  t.match(dead[2]?.note, /^in one digest with delivery 1: .*too big/)
  t.match(
    (await relay.store.counts()).filter(({ count }) => count > 0),
    [{ state: 'dead', count: 3 }],
  )
  mailbox.state.refuse = null
  await relay.store.replay({ state: 'dead' }, Date.now() + 3 * HOUR_MS)
  relay.advance(4 * HOUR_MS)
  const sent = await relay.allSettled(3)
  t.strictSame(mailbox.mails.map(notesIn), [[1, 2, 3]])
  t.equal(sent[0]?.digest, dead[0]?.digest)
})

t.test('a digest that is held for too long expires as a whole', async (t) => {
  const { mailbox, relay } = await opened(t, { retry: { hold_at_most_hours: 24 } }, {
    rhythm: { expireMs: 20 },
  } as RelaySetup)
  for (const number of [1, 2]) await relay.post(comment(number))
  mailbox.state.refuse = { at: 'from', code: 550, words: '5.7.1 not you' }
  relay.advance(HOUR_MS)
  await eventually(
    () => relay.deliveries(),
    (found) => found[0]?.state === 'held',
    'it is held',
  )
  await relay.store.expire({
    integration: 'crew',
    before: Date.now() + 48 * HOUR_MS,
    now: Date.now(),
    note: 'expired: ',
  })
  t.match(await relay.allSettled(2), [
    { state: 'dead', note: /^expired: / },
    { state: 'dead', note: /^in one digest with delivery 1: expired/ },
  ])
  t.match(
    (await relay.store.counts()).filter(({ count }) => Number(count) > 0),
    [{ state: 'dead', count: 2 }],
  )
  mailbox.state.refuse = null
  await relay.post(comment(3))
  relay.advance(2 * HOUR_MS)
  await eventually(
    () => {
      relay.advance(MINUTE_MS)
      return mailbox.mails.length
    },
    (count) => count > 0,
    'a mail',
  )
  t.strictSame(mailbox.mails.map(notesIn), [[3]])
})

t.test('without digests what was gathered is sent one by one; with other times it waits for those', async (t) => {
  const { mailbox, relay, setup } = await opened(t, { digest: { every_minutes: 1440 } })
  for (const number of [1, 2]) await relay.post(comment(number))
  await oneTurn(relay)
  const crew = setup.integrations?.crew ?? {}
  await relay.reload({ ...setup, integrations: { crew: { ...crew, digest: { every_minutes: 60 } } } })
  await oneTurn(relay)
  t.equal(mailbox.mails.length, 0)
  relay.advance(HOUR_MS)
  await relay.allSettled(2)
  t.strictSame(mailbox.mails.map(notesIn), [[1, 2]])
  for (const number of [3, 4]) await relay.post(comment(number))
  await oneTurn(relay)
  const { digest: _, ...alone } = crew as { digest?: object }
  await relay.reload({ ...setup, integrations: { crew: alone } })
  await relay.allSettled(4)
  t.strictSame(mailbox.mails.map(notesIn), [[1, 2], [3], [4]])
})

t.test('a notice to operators waits for no digest', async (t) => {
  const { mailbox, relay } = await opened(t, {}, { notices: { to: ['crew'] }, rhythm: { watchMs: 20 } })
  await relay.post(comment(1))
  await oneTurn(relay)
  await relay.store.append({
    projectId: '',
    activity: { key: 'notice-000000000001', kind: 'relay_notice', occurredAt: new Date().toISOString(), stories: [] },
    raw: Buffer.from('{"lines":[],"told":{}}'),
    contentType: 'application/json',
    receivedAt: Date.now(),
    deliveries: [
      {
        ...{ key: 'dlv_notice', integration: 'crew', storyId: null, lanes: [':'] },
        effect: {
          kind: 'notice',
          lines: [{ about: null, what: 'disk', isOver: false, message: 'the disk is full' }],
        },
      },
    ],
  })
  for (const worker of relay.relay.workers()) worker.wake()
  const [mail] = await mailsIn(mailbox, 1)
  t.match(mail?.text, 'Tracker Relay: the disk is full.')
})

/** The settings of a database that two relays use. */
type Shared = (t: Test) => Promise<object>

async function testTwoRelays(t: Test, shared: Shared): Promise<void> {
  t.test('two relays make one digest of what either took in, each time', async (t) => {
    const mailbox = await startMailbox({ security: 'none' })
    t.teardown(() => mailbox.close())
    const database = await shared(t)
    const setup = { ...setupFor(mailbox), database, rhythm: { noticeMs: 100, lookMs: 100 } }
    const relays = [await startRelay(t, setup), await startRelay(t, setup)] as const
    for (const relay of relays) relay.advance(untilNextHour())
    const crew = setup.integrations?.crew ?? {}
    let number = 0
    for (const digests of [1, 2, 3]) {
      for (let count = 0; count < 10; count += 1)
        for (const relay of relays) {
          number += 1
          await relay.post(comment(number, String(100 + (number % 3))))
        }
      for (const relay of relays) await oneTurn(relay)
      t.equal(mailbox.mails.length, digests - 1)
      for (const relay of relays) relay.advance(HOUR_MS)
      // A server's clock does not go on with the relays', but with other settings each delivery is looked at again.
      await Promise.all(
        relays.map((relay) =>
          relay.reload({ ...setup, integrations: { crew: { ...crew, timeout_seconds: 30 + digests } } }),
        ),
      )
      await relays[0].allSettled(number)
    }
    t.equal(mailbox.mails.length, 3)
    const told = mailbox.mails.map((mail) => notesIn(mail).sort((one, other) => one - other))
    const wanted = (from: number): number[] => Array.from({ length: 20 }, (_, at) => from + at)
    t.strictSame(told, [wanted(1), wanted(21), wanted(41)])
  })
}

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on one SQLite file', async (t) => testTwoRelays(t, async (t) => ({ file: join(freshFolder(t), 'relay.db') })))
t.test('on PostgreSQL', { skip }, async (t) =>
  testTwoRelays(t, async (t) => ({ client: 'postgres', url: await freshPostgres(t) })),
)
