import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import type { Taken } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { entry, freshFolder } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'
import { type Failure, whileFailing, withLimitedPages } from './failing-sqlite.ts'
import { brokenPromises, type JournalFile, openJournalFile } from './journal-file.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const NOW = 5000

interface Scene {
  readonly store: Store
  readonly file: JournalFile
}

async function open(t: { teardown(work: () => Promise<void> | void): void }): Promise<Scene> {
  const path = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file: path })
  t.teardown(() => store.close())
  await store.migrate()
  const file = await openJournalFile(path)
  t.teardown(() => file.close())
  return { store, file }
}

/** Every row of every table. */
async function contents(file: JournalFile): Promise<Record<string, unknown[]>> {
  const tables = await file.all<{ name: string }>("select name from sqlite_schema where type = 'table' order by name")
  const rows: Record<string, unknown[]> = {}
  for (const { name } of tables) rows[name] = await file.all(`select * from "${name}"`)
  return rows
}

/** All verbs at once, so that they share one commit: two activities come, one delivery is taken, one is settled. */
type Turn = () => Promise<PromiseSettledResult<unknown>[]>

async function prepareTurn({ store }: Scene, number: number): Promise<Turn> {
  const first = number * 10
  await store.append(entry(first, ['settled'], undefined, [`${first}`]))
  await store.append(entry(first + 1, ['taken'], undefined, [`${first}`]))
  const [delivery] = await store.take({ integration: 'settled', limit: 1, now: NOW, leaseMs: 1000 })
  if (delivery === undefined) throw new Error('there was nothing to take')
  return () =>
    Promise.allSettled([
      store.append(entry(first + 2, ['later', 'other'], [{ kind: 'forward' }], [`${first}`])),
      store.append(entry(first + 3, ['later'], [{ kind: 'forward' }], [`${first}`, '1'])),
      store.take({ integration: 'taken', limit: 5, now: NOW, leaseMs: 1000 }).then(summary),
      store.settle({
        delivery,
        outcome: DELIVERED,
        exchanges: '[]',
        endedAt: NOW + 1,
        durationMs: 0,
        targetTime: null,
      }),
    ])
}

const summary = (taken: readonly Taken[]) => taken.map(({ lanes, attempts }) => ({ lanes, attempts }))

/** What a turn answers when all goes well. */
function goneWell(number: number) {
  const lane = `26:${number * 10}`
  return [
    { duplicate: false, deliveries: 2 },
    { duplicate: false, deliveries: 1 },
    [{ lanes: [lane], attempts: 1 }],
    true,
  ]
}

function answersOf(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result) => {
    if (result.status === 'rejected')
      return result.reason instanceof StoreError ? `StoreError ${result.reason.reason}` : String(result.reason)
    const { value } = result
    if (typeof value !== 'object' || value === null || !('id' in value)) return value
    const { id: _, ...rest } = value as { id: number }
    return rest
  })
}

/** Lets the failure strike at each statement of a turn, one turn after the other, until a turn has no so many. */
async function atEachStatement(
  scene: Scene,
  failure: Omit<Failure, 'nth'>,
  judge: (struck: {
    nth: number
    answers: unknown[]
    before: Record<string, unknown[]>
    again: () => Promise<unknown[]>
  }) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    const turn = await prepareTurn(scene, nth)
    const before = await contents(scene.file)
    const { failed, result } = await whileFailing({ ...failure, nth }, turn)
    if (failed === 0) return nth - 1
    await judge({ nth, answers: answersOf(result), before, again: async () => answersOf(await turn()) })
  }
}

t.test('a database that is busy for a moment is asked again, whichever statement met it', async (t) => {
  const scene = await open(t)
  const statements = await atEachStatement(
    scene,
    { code: 'SQLITE_BUSY', times: 1, how: 'not run' },
    async ({ nth, answers }) => {
      t.strictSame(answers, goneWell(nth), `statement ${nth}`)
      t.strictSame(await brokenPromises(scene.file), [])
    },
  )
  t.ok(statements > 10, `${statements} statements were tried`)
})

const PERMANENT: readonly (readonly [Failure['code'], Failure['how'], string])[] = [
  ['SQLITE_FULL', 'not run', 'full'],
  ['SQLITE_FULL', 'rolled back', 'full'],
  ['SQLITE_IOERR', 'not run', 'unavailable'],
  ['SQLITE_IOERR', 'rolled back', 'unavailable'],
  ['SQLITE_READONLY', 'not run', 'unavailable'],
  ['SQLITE_CORRUPT', 'not run', 'unavailable'],
]
for (const [code, how, reason] of PERMANENT)
  t.test(
    `${code} (${how}) at any statement refuses all who share the commit, changes nothing, and passes`,
    async (t) => {
      const scene = await open(t)
      const statements = await atEachStatement(
        scene,
        { code, times: 1, how },
        async ({ nth, answers, before, again }) => {
          t.strictSame(
            answers,
            Array.from({ length: 4 }, () => `StoreError ${reason}`),
            `statement ${nth}`,
          )
          t.strictSame(await contents(scene.file), before)
          t.strictSame(await again(), goneWell(nth), 'and the same again succeeds')
          t.strictSame(await brokenPromises(scene.file), [])
        },
      )
      t.ok(statements > 10, `${statements} statements were tried`)
    },
  )

const LASTING = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR', 'unavailable'],
  ['SQLITE_READONLY', 'unavailable'],
  ['SQLITE_CORRUPT', 'unavailable'],
] as const
for (const [code, reason] of LASTING)
  t.test(`${code} that lasts refuses everything, changes nothing, and all goes on when it ends`, async (t) => {
    const scene = await open(t)
    for (const nth of [1, 2, 5, 10]) {
      const turn = await prepareTurn(scene, nth)
      const before = await contents(scene.file)
      const failure: Failure = { code, nth, times: Number.POSITIVE_INFINITY, how: 'not run' }
      for (const _ of ['once', 'again']) {
        const { failed, result } = await whileFailing(failure, turn)
        t.ok(failed > 0)
        t.strictSame(
          answersOf(result),
          Array.from({ length: 4 }, () => `StoreError ${reason}`),
        )
      }
      t.strictSame(await contents(scene.file), before)
      t.strictSame(answersOf(await turn()), goneWell(nth), 'and the same again succeeds')
    }
    t.strictSame(await brokenPromises(scene.file), [])
  })

t.test('a database that stays busy is given up, with nothing changed', async (t) => {
  const scene = await open(t)
  for (const [number, only] of [
    [1, 'BEGIN'],
    [2, 'insert'],
    [3, 'COMMIT'],
  ] as const) {
    const turn = await prepareTurn(scene, number)
    const before = await contents(scene.file)
    const failure: Failure = { code: 'SQLITE_BUSY', nth: 1, times: Number.POSITIVE_INFINITY, how: 'not run', only }
    const { failed, result } = await whileFailing(failure, turn)
    t.equal(failed, 4, 'it was tried four times')
    t.strictSame(
      answersOf(result),
      Array.from({ length: 4 }, () => 'StoreError busy'),
      only,
    )
    t.strictSame(await contents(scene.file), before)
    t.strictSame(answersOf(await turn()), goneWell(number), 'and the same again succeeds')
  }
  t.strictSame(await brokenPromises(scene.file), [])
})

t.test('when only the answer to a commit is lost, a client that asks again is told that all is there', async (t) => {
  const scene = await open(t)
  const turn = await prepareTurn(scene, 1)
  const { failed, result } = await whileFailing(
    { code: 'SQLITE_IOERR', nth: 1, times: 1, how: 'run', only: 'COMMIT' },
    turn,
  )
  t.equal(failed, 1)
  t.strictSame(
    answersOf(result),
    Array.from({ length: 4 }, () => 'StoreError unavailable'),
  )
  t.strictSame(await brokenPromises(scene.file), [])
  t.strictSame(answersOf(await turn()), [
    { duplicate: true, deliveries: 2 },
    { duplicate: true, deliveries: 1 },
    // Taken by a worker that never heard of it; it comes back when the lease ends.
    [],
    false,
  ])
  t.strictSame(await brokenPromises(scene.file), [])
  const abandoned = await scene.store.underWay('taken', [])
  const request = { integration: 'taken', limit: 5, now: NOW + 2000, leaseMs: 1000, abandoned }
  t.strictSame(summary(await scene.store.take(request)), [{ lanes: ['26:10'], attempts: 2 }])
})

t.test(
  'a database that has no room left refuses with that reason, keeps what it took, and goes on when there is room',
  async (t) => {
    await withLimitedPages(80, async (setLimit) => {
      const { store, file } = await open(t)
      const raw = Buffer.alloc(3000, 'x')
      const append = async (number: number): Promise<string> =>
        await store.append({ ...entry(number, ['room', 'hook'], undefined, ['1']), raw }).then(
          () => 'stored',
          (error: unknown) => (error instanceof StoreError ? error.reason : String(error)),
        )
      const answers: string[] = []
      while (!answers.includes('full')) answers.push(await append(answers.length + 1))
      t.strictSame([...new Set(answers)], ['stored', 'full'])
      // Several at once, of which each is refused for the same reason.
      t.strictSame(await Promise.all([append(901), append(902)]), ['full', 'full'])
      const stored = await file.all('select key from activities order by id')
      t.strictSame(
        stored,
        answers.slice(0, -1).map((_, index) => ({ key: `26:${index + 1}` })),
      )
      t.strictSame(await brokenPromises(file), [])
      setLimit(10_000)
      t.strictSame(await Promise.all([append(901), append(902)]), ['stored', 'stored'])
      t.strictSame(await brokenPromises(file), [])
    })
  },
)

t.test('no error repeats what was to be stored', async (t) => {
  const { store } = await open(t)
  const secret = 'the launch code is 00000000'
  const raw = Buffer.from(secret)
  const fine = { ...entry(1, ['room']), raw }
  const broken = { ...fine, activity: { ...fine.activity, kind: null as unknown as string } }
  const failure: Failure = { code: 'SQLITE_FULL', nth: 1, times: 1, how: 'rolled back', only: 'insert' }
  const { result: full } = await whileFailing(failure, () => store.append(fine).then(String, inspect))
  const invalid = await store.append(broken).then(String, inspect)
  t.match(full, 'SQLITE_FULL')
  t.match(invalid, 'SQLITE_CONSTRAINT')
  for (const told of [full, invalid]) {
    t.notMatch(told, secret)
    t.notMatch(told, raw.toString('hex'))
    t.notMatch(told, 'insert into')
  }
})
