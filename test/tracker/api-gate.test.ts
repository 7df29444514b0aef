import t from 'tap'
import { TrackerApiError } from '../../src/tracker/api.ts'
import { createGate } from '../../src/tracker/api-gate.ts'

/** A gate in a time of its own: sleeping is what makes it go on. */
function gateInTime() {
  let now = 1_000_000
  const slept: number[] = []
  const gate = createGate(
    () => now,
    async (ms) => {
      slept.push(ms)
      now += ms
    },
  )
  const advance = (ms: number): void => {
    now += ms
  }
  return { gate, slept, advance }
}

t.test('twenty questions go out at once, and then two a second', async (t) => {
  const { gate, slept, advance } = gateInTime()
  for (let count = 0; count < 20; count += 1) await gate(async () => count)
  t.strictSame(slept, [])
  for (let count = 0; count < 3; count += 1) await gate(async () => count)
  t.strictSame(slept, [500, 500, 500])
  advance(60_000)
  for (let count = 0; count < 20; count += 1) await gate(async () => count)
  t.strictSame(slept.length, 3, 'after a rest there is room again')
})

t.test('no more than four questions are under way at any time', async (t) => {
  const { gate } = gateInTime()
  let running = 0
  let most = 0
  const question = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
  }
  await Promise.all(Array.from({ length: 12 }, () => gate(question)))
  t.equal(most, 4)
})

t.test('each failure in a row makes the rest longer, up to a minute, and an answer ends it', async (t) => {
  const { gate, advance } = gateInTime()
  const trouble = async (): Promise<never> => {
    throw new TrackerApiError('down', 'no answer')
  }
  const rests: (number | null)[] = []
  for (let count = 0; count < 8; count += 1) {
    await t.rejects(gate(trouble), { message: 'no answer', retryAfterMs: null })
    const error = await gate(async () => 'an answer').catch((reason: TrackerApiError) => reason)
    if (typeof error === 'string') throw new Error('the API was not left alone')
    rests.push(error.retryAfterMs)
    advance(error.retryAfterMs ?? 0)
  }
  t.strictSame(rests, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  t.equal(await gate(async () => 'an answer'), 'an answer')
  await t.rejects(gate(trouble))
  await t.rejects(gate(trouble), { message: 'no answer', retryAfterMs: 1000 })
})

t.test('what is wrong with one question keeps no other one back', async (t) => {
  const { gate } = gateInTime()
  for (const reason of ['denied', 'wrong answer'] as const)
    await t.rejects(
      gate(async () => {
        throw new TrackerApiError(reason, 'no')
      }),
    )
  t.equal(await gate(async () => 'an answer'), 'an answer')
})
