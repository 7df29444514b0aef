import t from 'tap'
import { parseJson } from '../../src/tracker/json.ts'
import { ParseError } from '../../src/tracker/parse-error.ts'

t.test('whole numbers that a JavaScript number cannot hold come as strings with all their digits', async (t) => {
  t.strictSame(parseJson('{"a":9007199254740993,"b":[-18446744073709551615],"c":999999999999999}'), {
    a: '9007199254740993',
    b: ['-18446744073709551615'],
    c: 999999999999999,
  })
  t.equal(parseJson(' 12345678901234567890 '), '12345678901234567890')
})

t.test('long digits elsewhere are left as they are', async (t) => {
  const texts = String.raw`{"a":"12345678901234567890","12345678901234567890":1}
{"a":"\"12345678901234567890","b":"\\"}
[0.12345678901234567890,1234567890123456789.5,12345678901234567890e2,1E+12345678901234567890]
[1e-12345678901234567890,-0.00000000000000000001]`
  for (const text of texts.split('\n')) {
    t.strictSame(parseJson(text), JSON.parse(text), text)
  }
})

t.test('invalid JSON is refused, even beside a long number', async (t) => {
  const texts = `[12345678901234567890x]
[x12345678901234567890]
[12345678901234567890 1]
[00000000000000000001]
[+12345678901234567890]
[--12345678901234567890]
{12345678901234567890:1}
["12345678901234567890]
[12345678901234567890`
  for (const text of texts.split('\n')) {
    t.equal(reasonFor(text), 'syntax', text)
  }
})

t.test('brackets within texts do not count as depth', async (t) => {
  const text = JSON.stringify({ a: '['.repeat(1000), b: '{"'.repeat(1000) })
  t.strictSame(parseJson(text), JSON.parse(text))
  t.equal(JSON.stringify(parseJson(`${'['.repeat(64)}${']'.repeat(64)}`)).length, 128)
  t.equal(reasonFor(`${'['.repeat(65)}${']'.repeat(65)}`), 'too deep')
})

function reasonFor(text: string): string {
  try {
    return `read as ${JSON.stringify(parseJson(text))}`
  } catch (error) {
    if (error instanceof ParseError) return error.reason
    throw error
  }
}
