import type { Test } from 'tap'
import type { Entry } from '../../src/store/entry.ts'
import { filterOf } from '../../src/tracker/filter.ts'
import { entry, type OpenStore } from './database.ts'

/** What the journal stores, on whatever database. */
export function testAppend(suite: Test, open: OpenStore): void {
  suite.test(
    'the same activity again is a duplicate and causes nothing, also when both come in one moment',
    async (t) => {
      const store = await open(t)
      const both = await Promise.all([
        store.append(entry(1, ['room', 'hook'])),
        store.append(entry(1, ['room', 'hook'])),
      ])
      t.strictSame(both, [
        { id: 1, deliveries: 2, duplicate: false },
        { id: 1, deliveries: 2, duplicate: true },
      ])
      t.strictSame(await store.append(entry(1, ['room'])), { id: 1, deliveries: 2, duplicate: true })
      t.equal((await store.deliveries({ limit: 10 })).length, 2)
    },
  )

  suite.test('requests that come together share a commit and each gets its own answer', async (t) => {
    const commits: number[] = []
    const store = await open(t, (_seconds, writes) => commits.push(writes))
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => store.append(entry(index + 1, ['room'], undefined, [String(index)]))),
    )
    t.strictSame(
      answers.map(({ id, duplicate }) => [id, duplicate]),
      Array.from({ length: 300 }, (_, index) => [index + 1, false]),
    )
    t.ok(commits.length < 10, `300 activities took ${commits.length} commits`)
  })

  suite.test('a deleted story is there again once a later activity has restored it', async (t) => {
    const store = await open(t)
    const deletedAt = async () =>
      (await store.rememberedStories([{ projectId: '26', storyId: '7' }])).map((story) => story.deletedAt)
    const told = (number: number, facts: Partial<Entry['activity']['stories'][number]>): Entry => {
      const { activity, ...rest } = entry(number, ['room'], undefined, ['7'])
      const occurredAt = new Date(Date.UTC(2009, 11, 14, 22, number)).toISOString()
      return {
        ...rest,
        activity: { ...activity, occurredAt, stories: activity.stories.map((one) => ({ ...one, ...facts })) },
      }
    }
    await store.append(told(2, { change: 'delete' }))
    t.strictSame(await deletedAt(), [Date.UTC(2009, 11, 14, 22, 2)])
    await store.append(told(1, { isRestored: true }))
    t.strictSame(await deletedAt(), [Date.UTC(2009, 11, 14, 22, 2)], 'not by one that happened before')
    await store.append(told(3, { isRestored: true }))
    t.strictSame(await deletedAt(), [null])
    await store.append(told(4, { change: 'delete' }))
    t.strictSame(await deletedAt(), [Date.UTC(2009, 11, 14, 22, 4)], 'and it can be deleted again')
  })

  suite.test('one activity that cannot be stored does not take the others of its commit with it', async (t) => {
    const store = await open(t)
    const fine = entry(2, ['room'])
    const broken = { ...fine, activity: { ...fine.activity, kind: null as unknown as string } }
    const results = await Promise.allSettled([
      store.append(entry(1, ['room'])),
      store.append(broken),
      store.append(entry(3, ['room'])),
    ])
    t.strictSame(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    t.strictSame(
      (await store.deliveries({ limit: 10 })).map(({ activityId }) => activityId).reverse(),
      results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : [])),
    )
  })

  suite.test('what one activity tells of a story is known to the deliveries of all', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room'], undefined, ['7']))
    const comment = { kind: 'comment', storyId: '7', author: 'James Kirk', text: 'Yes', commentId: '1' } as const
    const silent = entry(2, ['jira'], [comment], ['7'])
    const [story] = silent.activity.stories
    await store.append({
      ...silent,
      activity: { ...silent.activity, stories: story ? [{ ...story, name: null, storyType: null }] : [] },
    })
    t.match(await store.take({ integration: 'jira', limit: 1, now: 2000, leaseMs: 1000 }), [
      { occurredAt: Date.parse('2009-12-14T22:12:09Z'), storyName: 'Story 7', storyType: 'feature' },
    ])
  })

  suite.test('a body comes with what is taken if it is carried on and not long', async (t) => {
    const store = await open(t)
    const long = Buffer.alloc(20_000, ' ')
    const short = entry(3, ['hook'], undefined, ['3'])
    await store.append(short)
    await store.append({ ...entry(1, ['hook'], undefined, ['1']), raw: long })
    await store.append(
      entry(2, ['hook'], [{ kind: 'comment', storyId: '2', author: 'James Kirk', text: 'Yes', commentId: '1' }], ['2']),
    )
    const taken = await store.take({ integration: 'hook', limit: 3, now: 2000, leaseMs: 1000 })
    t.strictSame(
      taken.map(({ activityId, body }) => [activityId, body]),
      [
        [1, { raw: short.raw, contentType: 'application/xml', normalised: null }],
        [2, null],
        [3, null],
      ],
    )
    t.strictSame(await store.storedActivity(2), { raw: long, contentType: 'application/xml', normalised: null })
  })

  suite.test(
    'what one body told is in one commit, with how it was read, and none of it is lost or doubled',
    async (t) => {
      const commits: number[] = []
      const store = await open(t, (_seconds, writes) => commits.push(writes))
      const told = [1, 2].map((number) => {
        const { activity, deliveries } = entry(number, ['hook', 'room'])
        return { activity, deliveries, read: { source: 'beacon', normalised: `{"key":"\\u0000 ${number}"}` } }
      })
      const body = { projectId: '26', raw: Buffer.from('{}'), contentType: null, receivedAt: 1000 }
      const [first, second] = await Promise.all([
        store.appendTogether({ ...body, activities: told }),
        store.appendTogether({ ...body, activities: told.slice(1) }),
      ])
      t.strictSame(first, [
        { id: 1, deliveries: 2, duplicate: false },
        { id: 2, deliveries: 2, duplicate: false },
      ])
      t.strictSame(second, [{ id: 2, deliveries: 2, duplicate: true }])
      t.strictSame(commits, [2])
      t.strictSame(await store.storedActivity(2), {
        raw: body.raw,
        contentType: null,
        normalised: '{"key":"\\u0000 2"}',
      })
      const [taken] = await store.take({ integration: 'hook', limit: 1, now: 2000, leaseMs: 1000 })
      t.equal(taken?.body, null, 'what a body does not tell by itself is read when it is asked for')
    },
  )

  suite.test('a state that is older than the known one is stored as skipped, and holds nothing up', async (t) => {
    const store = await open(t)
    const move = (number: number, second: number, state: string, isTold = true) => {
      const { activity, deliveries, ...shared } = entry(number, ['room'])
      const occurredAt = new Date(second * 1000).toISOString()
      const stories = activity.stories.map((story) => ({ ...story, state }))
      const planned = deliveries.map((each) => ({
        ...each,
        effect: { kind: 'state' as const, storyId: '109', author: 'x', state, from: 'unstarted' },
      }))
      const told = { activity: { ...activity, occurredAt, stories }, deliveries: planned }
      if (!isTold) return store.append({ ...shared, ...told })
      const read = { source: 'beacon', normalised: '{}' }
      return store.appendTogether({ ...shared, activities: [{ ...told, read }] })
    }
    await move(1, 20, 'accepted')
    await move(2, 10, 'started')
    await move(3, 10, 'finished', false)
    await move(4, 30, 'rejected')
    const deliveries = (await store.deliveries({ limit: 10 })).reverse()
    t.strictSame(
      deliveries.map(({ state, dueAt, settledAt }) => [state, dueAt !== null, settledAt !== null]),
      [
        ['pending', true, false],
        ['skipped', false, true],
        ['pending', false, false],
        ['pending', false, false],
      ],
      "Tracker's own are carried on as they come",
    )
    t.match(deliveries[1]?.note, /^too late: /)
    t.match(await store.counts(), [
      { state: 'pending', count: 3 },
      { state: 'skipped', count: 1 },
    ])
  })

  suite.test('the raw body is kept byte for byte', async (t) => {
    const store = await open(t)
    const raw = Buffer.from([0x3c, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0xc3, 0xa9])
    await store.append({ ...entry(1, []), raw })
    t.strictSame(await store.storedActivity(1), { raw, contentType: 'application/xml', normalised: null })
  })

  suite.test('an activity of a thousand stories is stored, and so are a thousand activities at once', async (t) => {
    const store = await open(t)
    const stories = Array.from({ length: 1000 }, (_, index) => String(index + 1))
    t.strictSame(await store.append(entry(1, ['room'], undefined, stories)), { id: 1, deliveries: 1, duplicate: false })
    const answers = await Promise.all(
      stories.map((id) => store.append(entry(Number(id) + 1, ['room'], undefined, [id]))),
    )
    t.equal(new Set(answers.map(({ id }) => id)).size, 1000)
  })

  suite.test('an effect that lacks the state before gets it from earlier activities', async (t) => {
    const store = await open(t)
    const fromOf = async (given: Entry): Promise<unknown> => {
      const { id } = await store.append(given)
      const found = (await store.deliveries({ limit: 50 })).find(({ activityId }) => activityId === id)
      return found?.effect.kind === 'state' ? found.effect.from : found?.effect.kind
    }
    /** @param at the minute */
    const told = (number: number, state: string, at: number, from: string | null = null): Entry => {
      const effect = { kind: 'state', storyId: '109', author: 'James Kirk', state, from } as const
      const { activity, ...rest } = entry(number, ['jira'], [effect])
      const occurredAt = new Date(Date.UTC(2009, 11, 14, 22, at)).toISOString()
      return {
        ...rest,
        activity: { ...activity, occurredAt, stories: activity.stories.map((each) => ({ ...each, state })) },
      }
    }
    await store.append({ ...told(1, 'unscheduled', 1), deliveries: [] })
    t.equal(await fromOf(told(2, 'unstarted', 2)), 'unscheduled', 'also from one that caused nothing')
    const together = [fromOf(told(3, 'started', 3)), fromOf(told(4, 'unstarted', 4))]
    t.strictSame(await Promise.all(together), ['unstarted', 'started'], 'and from one of the same commit')
    await store.append(told(4, 'unstarted', 4))
    t.equal(await fromOf(told(5, 'accepted', 2)), null, 'not for one that comes late: what came between is not known')
    t.equal(
      await fromOf(told(6, 'started', 4)),
      'unstarted',
      'the late one is not the last; in one second the later is',
    )
    t.equal(await fromOf(told(7, 'delivered', 5, 'finished')), 'finished', 'what an activity tells itself stays')
    const other = told(8, 'started', 6)
    const deliveries = other.deliveries.map((each) => ({
      ...each,
      effect: { ...each.effect, storyId: '110' } as const,
    }))
    t.equal(await fromOf({ ...other, deliveries }), null, 'nothing is known of another story')
  })

  suite.test(
    'a delivery that is meant for some stories is stored if what was told before says that it is one',
    async (t) => {
      const store = await open(t)
      const urgent = filterOf({ labels: ['urgent'], not_states: ['accepted'], not_story_types: ['chore'] })?.story
      /** @param at the minute */
      const told = (
        number: number,
        at: number,
        facts: object,
        onlyIf = urgent ?? undefined,
        storyId = '109',
      ): Entry => {
        const comment = {
          kind: 'comment',
          storyId,
          author: 'James Kirk',
          text: 'Yes',
          commentId: String(number),
        } as const
        const { activity, deliveries, ...rest } = entry(number, ['room', 'all'], [comment], [storyId])
        const occurredAt = new Date(Date.UTC(2009, 11, 14, 22, at)).toISOString()
        return {
          ...rest,
          activity: {
            ...activity,
            occurredAt,
            stories: activity.stories.map((each) => ({ ...each, storyType: null, ...facts })),
          },
          deliveries: deliveries.map((each) =>
            each.integration === 'room' && onlyIf !== undefined ? { ...each, onlyIf } : each,
          ),
        }
      }
      const wanted = async (given: Entry): Promise<boolean> => {
        const { id, deliveries } = await store.append(given)
        const found = (await store.deliveries({ limit: 100 })).filter(({ activityId }) => activityId === id)
        t.equal(found.length, deliveries, 'the answer tells how many there are')
        t.ok(
          found.some(({ integration }) => integration === 'all'),
          'the others are not touched',
        )
        return found.some(({ integration }) => integration === 'room')
      }
      t.notOk(await wanted(told(1, 1, {})), 'nothing has told the labels')
      t.notOk(
        await wanted(told(2, 2, { labels: ['ui', 'Urgent'], state: 'accepted' })),
        'it has the label, and the state',
      )
      t.notOk(await wanted(told(3, 3, {})), 'both are remembered')
      const together = [wanted(told(4, 4, { state: 'started' })), wanted(told(5, 5, {}))]
      t.strictSame(await Promise.all(together), [true, true], 'also within a commit')
      const twice = await Promise.all([store.append(told(6, 6, {})), store.append(told(6, 6, {}))])
      t.match(twice, [
        { deliveries: 2, duplicate: false },
        { deliveries: 2, duplicate: true },
      ])
      t.notOk(
        (await wanted(told(7, 7, {}, undefined, '110'))) && (await wanted(told(8, 8, {}, urgent ?? undefined, '110'))),
        'another story',
      )
      await store.append(told(9, 1, { labels: ['late'] }))
      t.notOk(await wanted(told(10, 1, { labels: ['late'] })), 'what an activity tells itself counts for it')
      t.ok(await wanted(told(11, 8, {})), 'labels that come late do not undo newer ones')
      t.notOk(await wanted(told(12, 9, { storyType: 'chore' })))
      t.notOk(await wanted(told(13, 10, {})), 'the type is remembered too')
      t.notOk(await wanted(told(14, 11, { storyType: 'bug', labels: [] })), 'and that there are none any more')
      t.match(
        await store.rememberedStories([
          { projectId: '26', storyId: '109' },
          { projectId: '27', storyId: '109' },
        ]),
        [{ projectId: '26', storyId: '109', storyType: 'bug', state: 'started', labels: [] }],
      )
      const long = Array.from({ length: 500 }, (_, at) => `${at}`.repeat(300))
      await store.append(told(15, 12, { labels: long }))
      const [known] = await store.rememberedStories([{ projectId: '26', storyId: '109' }])
      t.strictSame([known?.labels?.length, known?.labels?.[7]?.length], [200, 255], 'no more than people give')
    },
  )
}
