import t from 'tap'
import { readingsOf } from '../../src/operations/readings.ts'

t.test('a text is read as JSON and as XML too, in which names are escaped', async (t) => {
  for (const [written, reading] of [
    ["Miles O'Brien", "Miles O'Brien"],
    ['"Miles \\"Chief\\" O\'Brien"', '"Miles "Chief" O\'Brien"'],
    ['said\\nUhura', 'said Uhura'],
    ['S\\u00f8ren \\\\o\\/', 'Søren \\o/'],
    ['O&apos;Brien &amp; &#83;&#x6f;ns', "O'Brien & Sons"],
  ] as const)
    t.ok(readingsOf(written).includes(reading), written)
})

t.test('what is no escape stays as it is', async (t) => {
  for (const text of ['\\x41 \\u00g1', '&nbsp; &#99999999; &#x110000; AT&T'])
    t.ok(
      readingsOf(text).every((reading) => reading === text),
      text,
    )
})
