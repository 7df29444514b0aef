import t from 'tap'
import { type RunnerParts, startRunner } from '../../src/queue/runner.ts'
import type { Taken } from '../../src/store/delivery.ts'
import { createVirtualClock } from './virtual-clock.ts'

const delivery = (id: number): Taken => ({ id }) as unknown as Taken

/** A queue in memory, and what the runner did with it. */
function parts(due: Taken[], more: Partial<RunnerParts> = {}, clock = createVirtualClock()): RunnerParts {
  return {
    allowance: (running) => ({ count: Math.max(0, 2 - running), askAgainAt: null }),
    take: async (limit) => due.splice(0, limit),
    ahead: () => 0,
    mostSettling: 4,
    work: async () => {},
    giveBack: async () => {},
    nextDue: async () => null,
    steady: () => 0,
    now: clock.now,
    pause: clock.pause,
    onError: (error) => {
      throw error
    },
    longestSleepMs: () => 2000,
    ...more,
  }
}

/** Resolves when the condition holds; it is asked again at every turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

t.test('it runs as many at once as it may, and all in the end', async (t) => {
  let running = 0
  let most = 0
  const done: number[] = []
  const runner = startRunner(
    parts([1, 2, 3, 4, 5].map(delivery), {
      async work({ id }) {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        done.push(id)
      },
    }),
  )
  await until(() => done.length === 5)
  await runner.stop()
  t.equal(most, 2)
  t.strictSame(done.sort(), [1, 2, 3, 4, 5])
})

t.test('it outlives failures of the store', async (t) => {
  const clock = createVirtualClock()
  const errors: unknown[] = []
  const done: number[] = []
  let broken = true
  const due = [delivery(1)]
  const more: Partial<RunnerParts> = {
    async take(limit) {
      if (broken) throw new Error('the disk is gone')
      return due.splice(0, limit)
    },
    async work({ id }) {
      done.push(id)
    },
    onError: (error) => {
      errors.push(error)
      broken = false
    },
  }
  const runner = startRunner(parts(due, more, clock))
  await clock.next()
  await until(() => done.length === 1)
  await runner.stop()
  t.equal(errors.length, 1)
  t.equal(clock.now(), 1000, 'it asks the store again after a second')
})

t.test('it is woken from its sleep, and takes nothing any more once it is told to stop', async (t) => {
  const due: Taken[] = []
  const done: number[] = []
  let finish: () => void = () => {}
  const runner = startRunner(
    parts(due, {
      async work({ id }) {
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        done.push(id)
      },
    }),
  )
  due.push(delivery(1))
  runner.wake()
  await until(() => due.length === 0)
  let stopped = false
  const stopping = runner.stop().then(() => {
    stopped = true
  })
  due.push(delivery(2))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(stopped, false, 'what is under way may end')
  finish()
  await stopping
  t.strictSame([done, due.length], [[1], 1])
})

/** When the runner asked for work, until it had done so as often as `turns` says. */
async function turnTimes(turns: number, more: (clock: { now(): number }) => Partial<RunnerParts>): Promise<number[]> {
  const clock = createVirtualClock()
  const times: number[] = []
  const wanted = more(clock)
  const runner = startRunner(
    parts(
      [],
      {
        ...wanted,
        allowance(running) {
          times.push(clock.now())
          return wanted.allowance?.(running) ?? { count: 1, askAgainAt: null }
        },
      },
      clock,
    ),
  )
  while (times.length < turns) await clock.next()
  const seen = times.slice(0, turns)
  await runner.stop()
  return seen
}

t.test('it sleeps until it can do something, and looks at the store every two seconds', async (t) => {
  const cases: [string, number[], Parameters<typeof turnTimes>[1]][] = [
    ['nothing is due', [0, 2000, 4000], () => ({})],
    ['something is due soon', [0, 300, 2300], (clock) => ({ nextDue: async () => (clock.now() < 300 ? 300 : null) })],
    ['something is due late', [0, 2000, 4000, 5000], () => ({ nextDue: async () => 5000 })],
    ['what is due is in the hands of another instance', [0, 10, 20], () => ({ nextDue: async () => 0 })],
    [
      'nothing may be sent before a time',
      [0, 700, 2700],
      (clock) => ({ allowance: () => holdUntil(700, clock.now()) }),
    ],
    ['nothing may be sent until it is woken', [0, 2000], () => ({ allowance: () => ({ count: 0, askAgainAt: null }) })],
  ]
  for (const [name, expected, more] of cases) t.strictSame(await turnTimes(expected.length, more), expected, name)
})

function holdUntil(time: number, now: number): { count: number; askAgainAt: number | null } {
  return now < time ? { count: 0, askAgainAt: time } : { count: 1, askAgainAt: null }
}

t.test('a wake that comes while it looks for work is not slept through', async (t) => {
  const due: Taken[] = []
  const done: number[] = []
  const clock = createVirtualClock()
  const runner = startRunner(
    parts(
      due,
      {
        async nextDue() {
          // Something arrives right after the queue was found empty.
          if (done.length === 0) {
            due.push(delivery(1))
            runner.wake()
          }
          return null
        },
        async work({ id }) {
          done.push(id)
        },
      },
      clock,
    ),
  )
  await until(() => done.length === 1)
  await runner.stop()
  t.equal(clock.now(), 0)
})

t.test('it is told what runs already, so that nothing is taken twice', async (t) => {
  const told: number[][] = []
  let finish: () => void = () => {}
  const due = [delivery(1)]
  const runner = startRunner(
    parts(due, {
      async take(limit, running) {
        told.push(running.map(({ id }) => id))
        return due.splice(0, limit)
      },
      work: () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    }),
  )
  await until(() => told.length === 1)
  runner.wake()
  await until(() => told.length === 2)
  finish()
  await runner.stop()
  t.strictSame(told, [[], [1]])
})

/** A runner with two places at the target that takes two ahead; what is started ends when it is told to. */
function busy(due: Taken[], more: Partial<RunnerParts> = {}) {
  const takes: number[] = []
  const begun: number[] = []
  const back: number[] = []
  const ends = new Map<number, { answer(): void; settle(): void }>()
  const clock = createVirtualClock()
  const runner = startRunner(
    parts(
      due,
      {
        ahead: () => 2,
        async take(limit) {
          takes.push(limit)
          return due.splice(0, limit)
        },
        async work({ id }, leave) {
          begun.push(id)
          await new Promise<void>((resolve) => ends.set(id, { answer: leave, settle: resolve }))
        },
        async giveBack(deliveries) {
          back.push(...deliveries.map(({ id }) => id))
        },
        ...more,
      },
      clock,
    ),
  )
  return { runner, takes, begun, back, end: (id: number) => ends.get(id), clock }
}

t.test('a place that becomes free is filled at once with what is at hand, before the outcome is stored', async (t) => {
  const { runner, takes, begun, end } = busy([1, 2, 3, 4, 5].map(delivery))
  await until(() => begun.length === 2)
  t.strictSame(takes, [4], 'two more are taken ahead')
  end(1)?.answer()
  t.strictSame(begun, [1, 2, 3], 'in the same turn')
  await until(() => takes.length === 2)
  t.strictSame(takes, [4, 1])
  end(2)?.answer()
  end(3)?.answer()
  t.strictSame(begun, [1, 2, 3, 4, 5])
  const stopping = runner.stop()
  for (const id of [1, 2, 3, 4, 5]) end(id)?.settle()
  await stopping
})

t.test('it sleeps while another instance takes what is due, also if a place becomes free meanwhile', async (t) => {
  const due = [delivery(1)]
  const { runner, takes, begun, end, clock } = busy(due, {
    async nextDue() {
      if (takes.length === 2) end(1)?.answer()
      return clock.now()
    },
  })
  await until(() => takes.length === 1)
  runner.wake()
  await until(() => takes.length === 2)
  await clock.next()
  await until(() => takes.length === 3)
  t.equal(clock.now(), 10)
  t.strictSame(begun, [1])
  const stopping = runner.stop()
  end(1)?.settle()
  await stopping
})

t.test('nothing more starts while too many outcomes are on their way into the store', async (t) => {
  const { runner, begun, end } = busy([1, 2, 3, 4].map(delivery), { mostSettling: 2 })
  await until(() => begun.length === 2)
  end(1)?.answer()
  end(2)?.answer()
  t.strictSame(begun, [1, 2, 3], 'a second one would make it two')
  end(1)?.settle()
  await until(() => begun.length === 4)
  const stopping = runner.stop()
  for (const id of [2, 3, 4]) end(id)?.settle()
  await stopping
})

t.test('what is at hand is given back when it may not be sent any more, and at the end', async (t) => {
  let ahead = 2
  const due = [1, 2, 3, 4].map(delivery)
  const { runner, begun, back, end } = busy(due, { ahead: () => ahead })
  await until(() => begun.length === 2)
  ahead = 0
  runner.wake()
  await until(() => back.length === 2)
  t.strictSame(back, [3, 4])
  ahead = 2
  due.push(delivery(5), delivery(6))
  end(1)?.settle()
  await until(() => begun.length === 3)
  const stopping = runner.stop()
  for (const id of [2, 5]) end(id)?.settle()
  await stopping
  t.strictSame(
    [begun, back],
    [
      [1, 2, 5],
      [3, 4, 6],
    ],
  )
})
