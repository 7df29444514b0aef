import t from 'tap'
import { type RunnerParts, startRunner } from '../../src/queue/runner.ts'
import type { Taken } from '../../src/store/delivery.ts'

const delivery = (id: number): Taken => ({ id }) as unknown as Taken

/** A queue in memory, and what the runner did with it. */
function parts(due: Taken[], more: Partial<RunnerParts> = {}): RunnerParts {
  return {
    allowance: (running) => ({ count: Math.max(0, 2 - running), askAgainAt: null }),
    take: async (limit) => due.splice(0, limit),
    work: async () => {},
    nextDue: async () => null,
    now: Date.now,
    onError: (error) => {
      throw error
    },
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
  const errors: unknown[] = []
  const done: number[] = []
  let broken = true
  const due = [delivery(1)]
  const runner = startRunner(
    parts(due, {
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
    }),
  )
  await until(() => done.length === 1)
  await runner.stop()
  t.equal(errors.length, 1)
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
  await until(() => runner.running().length === 1)
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
