import t from 'tap'
import { Known } from '../../src/http/known.ts'

t.test('what was made of a text is remembered, of a few short ones', async (t) => {
  const made: string[] = []
  const known = new Known((text: string) => {
    made.push(text)
    if (text === 'bad') throw new Error('bad')
    return text.length
  }, 2)
  t.strictSame([known.of('a'), known.of('a'), known.of('bb'), made.splice(0)], [1, 1, 2, ['a', 'bb']])
  t.throws(() => known.of('bad'))
  t.throws(() => known.of('bad'))
  t.equal(made.splice(0).length, 2, 'a failure is not remembered')
  known.of('ccc')
  known.of('a')
  t.strictSame(made.splice(0), ['ccc', 'a'], 'when there are many, all are forgotten')
  const long = 'x'.repeat(3000)
  known.of(long)
  known.of(long)
  t.equal(made.length, 2, 'a long one is not kept')
})
