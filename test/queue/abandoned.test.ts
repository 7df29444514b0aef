import t from 'tap'
import { createAbandoned } from '../../src/queue/abandoned.ts'

const lease = (id: number, dueAt: number, token = `token ${id}`) => ({ id, token, dueAt })

t.test('what has stood unchanged for the length of a lease is abandoned, whatever its due date says', async (t) => {
  let now = 0
  const { among } = createAbandoned(9000, () => now)
  t.strictSame(among([lease(1, 5), lease(2, 9_999_999)]), [], 'it is seen for the first time')
  now = 8999
  t.strictSame(among([lease(1, 5), lease(2, 9_999_999), lease(3, 5)]), [])
  now = 9000
  t.strictSame(among([lease(1, 5), lease(2, 9_999_999), lease(3, 5)]), [lease(1, 5), lease(2, 9_999_999)])
})

t.test('a lease that is extended, or taken by another process, is seen anew', async (t) => {
  let now = 0
  const { among } = createAbandoned(9000, () => now)
  among([lease(1, 5), lease(2, 5), lease(3, 5)])
  now = 5000
  among([lease(1, 14), lease(2, 5, 'another'), lease(3, 5)])
  now = 9000
  t.strictSame(among([lease(1, 14), lease(2, 5, 'another'), lease(3, 5)]), [lease(3, 5)])
  now = 14_000
  t.strictSame(among([lease(1, 14), lease(2, 5, 'another')]), [lease(1, 14), lease(2, 5, 'another')])
})

t.test('what has ended is forgotten', async (t) => {
  let now = 0
  const { among } = createAbandoned(9000, () => now)
  among([lease(1, 5)])
  now = 5000
  t.strictSame(among([]), [])
  now = 9000
  t.strictSame(among([lease(1, 5)]), [])
})
