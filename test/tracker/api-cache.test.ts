import t from 'tap'
import { createCache } from '../../src/tracker/api-cache.ts'

const STOPPED = { now: () => 0, steady: () => 0 }

t.test('of more answers than there is room for, the one that was used last longest ago is forgotten', async (t) => {
  const cache = createCache<string>(2, 1000, STOPPED)
  const asked: string[] = []
  const ask = (key: string): Promise<string> =>
    cache(key, 0, async () => {
      asked.push(key)
      return key
    })
  await ask('one')
  await ask('two')
  await ask('one')
  await ask('three')
  await ask('one')
  await ask('two')
  t.strictSame(asked, ['one', 'two', 'three', 'two'])
})

t.test('a question that failed is asked again, by the next who wants to know', async (t) => {
  const cache = createCache<string>(2, 1000, STOPPED)
  const failing = (): Promise<string> => Promise.reject(new Error('no answer'))
  const both = await Promise.allSettled([cache('one', 0, failing), cache('one', 0, failing)])
  t.strictSame(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.equal(await cache('one', 0, async () => 'an answer'), 'an answer')
})

t.test(
  'an answer to a question from before the moment that counts is not given, nor one that is under way',
  async (t) => {
    let time = 1000
    const cache = createCache<number>(2, 60_000, { now: () => time, steady: () => time })
    const release: (() => void)[] = []
    let asked = 0
    const question = async (): Promise<number> => {
      asked += 1
      const answer = asked
      await new Promise<void>((resolve) => release.push(resolve))
      return answer
    }
    const old = cache('one', 1000, question)
    time = 2000
    const fresh = cache('one', 1500, question)
    const shared = cache('one', 2000, question)
    for (const each of release) each()
    t.strictSame(await Promise.all([old, fresh, shared]), [1, 2, 2])
    t.equal(await cache('one', 2000, question), 2)
    t.equal(asked, 2)
  },
)
