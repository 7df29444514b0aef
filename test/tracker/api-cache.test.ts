import t from 'tap'
import { createCache } from '../../src/tracker/api-cache.ts'

t.test('of more answers than there is room for, the one that was used last longest ago is forgotten', async (t) => {
  const cache = createCache<string>(2, 1000, () => 0)
  const asked: string[] = []
  const ask = (key: string): Promise<string> =>
    cache(key, async () => {
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
  const cache = createCache<string>(2, 1000, () => 0)
  const failing = (): Promise<string> => Promise.reject(new Error('no answer'))
  const both = await Promise.allSettled([cache('one', failing), cache('one', failing)])
  t.strictSame(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.equal(await cache('one', async () => 'an answer'), 'an answer')
})
