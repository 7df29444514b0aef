import t from 'tap'
import { DeliveryError } from '../../../src/connectors/contract/delivery-error.ts'
import { readAgain } from '../../../src/connectors/kit/read-again.ts'

const quiet = (): void => {}

/** Reads from a source that answers with these, one after the other, and again with the last. */
async function reading(answers: readonly (string | Error)[], random = 0) {
  const pauses: number[] = []
  let reads = 0
  const tools = {
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    random: () => random,
    async pause(ms: number) {
      pauses.push(ms)
    },
  }
  const result = await readAgain(tools, async () => {
    const answer = answers[Math.min(reads, answers.length - 1)]
    reads += 1
    if (answer instanceof Error) throw answer
    return answer
  }).catch((error: unknown) => error)
  return { result, reads, pauses }
}

const down = new DeliveryError('retry', 'no answer')
const limited = (retryAfterMs: number): DeliveryError => new DeliveryError('hold', 'over its limit', { retryAfterMs })

t.test('a read that fails is repeated after pauses that grow, and its fourth failure is the result', async (t) => {
  t.strictSame(await reading([down, 'page']), { result: 'page', reads: 2, pauses: [250] })
  t.strictSame(await reading([down]), { result: down, reads: 4, pauses: [250, 750, 2250] })
})

t.test('pauses are longer at random, so that several readers do not come back together', async (t) => {
  t.strictSame(await reading([down, 'page'], 0.5), { result: 'page', reads: 2, pauses: [375] })
})

t.test('a source that asks for a pause gets it, and one that asks for a long pause is not asked again', async (t) => {
  t.strictSame(await reading([limited(1000), 'page']), { result: 'page', reads: 2, pauses: [1250] })
  t.strictSame(await reading([limited(20_001)]), { result: limited(20_001), reads: 1, pauses: [] })
})

t.test('what another read cannot mend is not read again', async (t) => {
  for (const error of [
    new DeliveryError('pause', 'wrong password'),
    new DeliveryError('dead', 'gone'),
    new Error('bug'),
  ])
    t.strictSame(await reading([error]), { result: error, reads: 1, pauses: [] })
})
