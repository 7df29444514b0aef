import type { Test } from 'tap'
import { entry, type OpenStore } from './database.ts'
import { DELIVERED } from './delivered.ts'

const HALF = '\ud83d'

/** What no database column takes as it comes, on whatever database. */
export function testTexts(suite: Test, open: OpenStore): void {
  suite.test('an activity is stored however long its words are, and whatever is in them', async (t) => {
    const store = await open(t)
    const made = entry(
      1,
      ['room'],
      [{ kind: 'state', storyId: '7', author: `Ki\0rk ${HALF}`, state: 'started', from: null }],
      ['7'],
    )
    const stories = made.activity.stories.map((story) => ({
      ...story,
      name: `a\0b ${HALF} 🚀 ${'long '.repeat(2000)}`,
      storyType: `${'x'.repeat(31)}🚀`,
      state: `un\0started`,
      link: {
        system: 'ji\0ra',
        integrationId: null,
        externalId: `EN${HALF}T-1`,
        externalUrl: 'https://jira.example/\0',
      },
    }))
    const raw = Buffer.from('<activity>\0\xff</activity>', 'latin1')
    const contentType = `application/xml; x="\0${'y'.repeat(300)}"`
    const given = { ...made, activity: { ...made.activity, stories }, raw, contentType }
    t.match(await store.append(given), { duplicate: false, deliveries: 1 })
    t.match(await store.append(given), { duplicate: true }, 'and known again')
    const kept = await store.storedActivity(1)
    t.strictSame(kept.raw, raw, 'to the byte')
    t.equal(kept.contentType, contentType.replace('\0', '').slice(0, 255))
    const [told] = await store.take({ integration: 'room', limit: 1, now: 2000, leaseMs: 1000 })
    t.match(told?.storyName, /^ab \ufffd 🚀 (long ){2000}$/)
    t.equal(told?.storyType, `${'x'.repeat(31)}\ufffd`)
    t.match(await store.link('26', '7'), {
      system: 'jira',
      externalId: 'EN\ufffdT-1',
      externalUrl: 'https://jira.example/',
    })
    t.match((await store.deliveries({ limit: 1 }))[0]?.effect, { author: 'Kirk \ufffd' })
  })

  suite.test('an outcome is stored whatever the target said, so that nothing is left under way', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const [delivery] = await store.take({ integration: 'room', limit: 1, now: 2000, leaseMs: 10_000 })
    if (delivery === undefined) throw new Error('nothing was taken')
    t.equal(await store.keep({ delivery, words: `said\0 ${HALF}`, targetTime: null }), true)
    const receiptId = `id ${'9'.repeat(10_000)}${Array.from({ length: 5000 }, (_, index) => index).join('')}`
    const exchange = { method: 'POST', url: 'http://127.0.0.1/\0', answer: `\0${HALF}` }
    const settled = await store.settle({
      delivery,
      outcome: { ...DELIVERED, note: `it said \0 and ${HALF}`, receiptId },
      exchanges: JSON.stringify([exchange]),
      endedAt: 3000,
      durationMs: 0,
      targetTime: null,
    })
    t.equal(settled, true)
    const shown = await store.delivery(delivery.id)
    t.match(shown?.delivery, { state: 'delivered', note: 'it said  and \ufffd' })
    t.match(shown?.attempts, [{ note: 'it said  and \ufffd', exchanges: [exchange] }])
    t.strictSame(await store.receiptedIds('room', [receiptId, 'another']), [receiptId], 'and its id is known again')
  })

  suite.test('a refused request, a pause and a link of the operator are stored whatever is in them', async (t) => {
    const store = await open(t)
    await store.reject({
      projectId: '26',
      receivedAt: 1000,
      reason: 'syntax',
      detail: `it begins with \0 ${HALF}`,
      head: { 'user-agent': '\0' },
      body: Buffer.from([0, 255]),
      bodyBytes: 2,
      keep: 5,
    })
    t.match(await store.rejectedRequest(1), {
      detail: 'it begins with  \ufffd',
      head: { 'user-agent': '' },
      body: Buffer.from([0, 255]),
    })
    await store.savePause('room', 'f', `it said \0`, 1000)
    t.match(await store.integrationStates(), [{ pausedReason: 'it said ' }])
    const link = {
      projectId: '26',
      storyId: '8',
      system: 'jira',
      integrationId: null,
      externalId: 'A\0-1',
      externalUrl: null,
    }
    t.equal(await store.setLinks(() => [[link]], 1000), 1)
    t.match(await store.links({ limit: 5 }), [{ externalId: 'A-1' }])
    await store.saveNote('bugzilla/1', 'refused\0', 1)
    t.equal(await store.loadNote('bugzilla/1'), 'refused')
  })
}
