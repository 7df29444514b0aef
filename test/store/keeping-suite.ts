import type { Test } from 'tap'
import type { GivenLink } from '../../src/store/link-row.ts'
import { entry, type OpenStore } from './database.ts'
import { DELIVERED } from './delivered.ts'

const NOW = 5000

/** Links, what stands beside the queue, and what is thrown away, on whatever database. */
export function testKeeping(suite: Test, open: OpenStore): void {
  suite.test('links are learned, replaced, found with their integration, and forgotten', async (t) => {
    const store = await open(t)
    const link: GivenLink = {
      projectId: '26',
      storyId: '7',
      system: null,
      integrationId: '3',
      externalId: 'ENT-1',
      externalUrl: null,
    }
    const integration = { integrationId: '3', system: 'jira', baseUrl: 'https://jira.example' }
    await store.learnIntegrations('26', [integration])
    await store.learnLink(link, 1)
    t.match(await store.link('26', '7'), { ...link, integration, source: 'api' })
    t.strictSame(
      (await store.linkedTickets(['ENT-1', 'ENT-2'])).map(({ externalId, system }) => [externalId, system]),
      [['ENT-1', 'jira']],
    )
    t.equal(await store.setLinks(() => [[{ ...link, externalId: 'ENT-2' }]], 2), 1)
    await store.learnLink(link, 3)
    t.match(await store.links({ limit: 5 }), [{ externalId: 'ENT-2', source: 'operator', learnedAt: 2 }])
    const told = { system: 'jira', integrationId: '3', externalId: 'ENT-3', externalUrl: null }
    const what = entry(1, ['room'], undefined, ['7'])
    const stories = what.activity.stories.map((story) => ({ ...story, link: told }))
    await store.append({ ...what, activity: { ...what.activity, stories } })
    t.match(await store.link('26', '7'), { externalId: 'ENT-3', source: 'activity' })
    t.equal(await store.forgetLink('26', '7'), true)
    t.equal(await store.forgetLink('26', '7'), false)
  })

  suite.test(
    'what stands beside the queue is kept: pauses, breakers, credentials, notes, days, and the probe',
    async (t) => {
      const store = await open(t)
      await store.saveBreaker('room', 'f', { state: 'open', until: 9, openings: 1, reason: 'down' }, 5)
      await store.savePause('room', null, 'holiday', 5)
      t.match(await store.integrationStates(), [{ integration: 'room', pausedBy: 'operator', breaker: { until: 9 } }])
      await store.saveResume('room', 6)
      t.match(await store.integrationStates(), [{ pausedAt: null, resumedAt: 6, breaker: null }])
      t.equal(await store.saveResume('room', 3), 7, 'by a clock that is behind: later than the one before all the same')
      t.equal(await store.saveResume('room', 30), 30)
      await store.saveSealed('zendesk', 'sealed', 1)
      await store.saveSealed('zendesk', 'anew', 2)
      t.equal(await store.loadSealed('zendesk'), 'anew')
      t.equal(await store.replaceSealed('zendesk', 'sealed', 'again'), false)
      t.equal(await store.replaceSealed('zendesk', 'anew', 'again'), true)
      await store.forgetSealed('zendesk')
      t.strictSame(await store.sealedNames(), [])
      await store.saveNote('bugzilla/1', 'refused', 1)
      await store.saveNote('bugzilla/1', 'locked', 2)
      t.equal(await store.loadNote('bugzilla/1'), 'locked')
      await store.forgetNote('bugzilla/1')
      t.equal(await store.loadNote('bugzilla/1'), null)
      for (const number of [1, 2]) await store.append(entry(number, ['room'], undefined, [String(number)]))
      t.strictSame(await store.oldestOpen(['room', 'hook']), new Map([['room', 1000]]))
      t.equal(await store.nextDue('room', NOW), 1000)
      for (const delivery of await store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 }))
        await store.settle({
          delivery,
          outcome: DELIVERED,
          exchanges: '[]',
          endedAt: NOW,
          durationMs: 0,
          targetTime: null,
          day: '2026-11-24',
        })
      t.equal(await store.sentOn('room', '2026-11-24'), 2)
      await store.probe()
    },
  )

  suite.test('what is settled long ago is swept with all that belongs to it; what is open stays', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const [delivery] = await store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: 1000 })
    if (delivery === undefined) throw new Error('nothing was taken')
    await store.settle({ delivery, outcome: DELIVERED, exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null })
    const settings = { days: 1, rejected_days: 1, rejected_count: 10 }
    t.strictSame(await store.sweep(settings, 10 * 86_400_000), { activities: 1, rejected: 0 })
    t.strictSame(
      (await store.deliveries({ limit: 5 })).map(({ activityId }) => activityId),
      [2],
    )
    t.strictSame(
      (await store.counts()).filter(({ count }) => count !== 0),
      [{ integration: 'room', state: 'pending', count: 1 }],
    )
  })

  suite.test('words that 0.1.0 kept with the credentials are swept when nothing in doubt needs them', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const [delivery] = await store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: 1000 })
    if (delivery === undefined) throw new Error('nothing was taken')
    await store.settle({ delivery, outcome: DELIVERED, exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null })
    const waiting = (await store.deliveries({ limit: 5 })).find(({ state }) => state === 'pending')
    const names = [delivery.key, waiting?.key, 'dlv_gone'].map((key) => `mastodon/room/words/${key}`)
    for (const name of [...names, 'zendesk/desk/token']) await store.saveSealed(name, 'sealed', 1)
    await store.sweep({ days: 1, rejected_days: 1, rejected_count: 10 }, NOW)
    t.strictSame(await store.sealedNames(), [names[1], 'zendesk/desk/token'])
  })

  suite.test('a sweep in many steps keeps what is open, dead, or put back meanwhile', async (t) => {
    const store = await open(t)
    const numbers = Array.from({ length: 450 }, (_, index) => index + 1)
    await Promise.all(numbers.map((number) => store.append(entry(number, ['room'], undefined, [String(number)]))))
    const taken = await store.take({ integration: 'room', limit: 440, now: NOW, leaseMs: 1000 })
    await Promise.all(
      taken.map((delivery, index) =>
        store.settle({
          delivery,
          outcome: index === 7 ? { ...DELIVERED, state: 'dead', word: 'dead' } : DELIVERED,
          exchanges: '[]',
          endedAt: NOW,
          durationMs: 0,
          targetTime: null,
        }),
      ),
    )
    const back = taken.slice(100, 130).map(({ id }) => id)
    const settings = { days: 1, rejected_days: 1, rejected_count: 10 }
    const [swept, replayed] = await Promise.all([
      store.sweep(settings, 10 * 86_400_000),
      store.replay({ ids: back }, NOW),
    ])
    t.equal(swept.activities + replayed, 439, 'each of the delivered was either deleted or put back')
    const left = await store.deliveries({ limit: 1000 })
    t.equal(left.length, 11 + replayed)
    t.strictSame(
      left.filter(({ dueAt, state }) => dueAt === null && state !== 'dead'),
      [],
      'what was put back can be taken',
    )
    t.strictSame(
      (await store.counts()).filter(({ count }) => count !== 0),
      [
        { integration: 'room', state: 'dead', count: 1 },
        { integration: 'room', state: 'pending', count: 10 + replayed },
      ],
    )
  })
}
