import t from 'tap'
import { activitiesIn, MOST_ACTIVITIES } from '../../src/tracker/list.ts'
import { ParseError } from '../../src/tracker/parse-error.ts'

const parts = (body: string): string[] | null => activitiesIn(Buffer.from(body))?.map(String) ?? null

t.test('a list is taken apart, each activity with its own bytes', async (t) => {
  const one = '<activity><id>1</id></activity>'
  const odd = '<activity a="b"><!-- </activity> --><text><![CDATA[</activity><activity>]]></text>ü</activity >'
  const cases: [body: string, items: string[]][] = [
    [`<activities type="array">${one}</activities>`, [one]],
    [`\ufeff<?xml version="1.0"?>\n<!-- a -->\n<activities>\n  ${one}<!-- b -->\n${odd}\n</activities >\n`, [one, odd]],
    ['<activities type="array"/>', []],
    ['<activities></activities>', []],
    ['[]', []],
    [
      ' [ {"a": [1, {"b": "],}\\\\"}]} ,\n{"c":12345678901234567890}, 7 ]',
      ['{"a": [1, {"b": "],}\\\\"}]}', '{"c":12345678901234567890}', '7'],
    ],
    ['["\\"]", "ü"]', ['"\\"]"', '"ü"']],
  ]
  for (const [body, items] of cases) t.strictSame(parts(body), items, body)
})

t.test('anything else is no list', async (t) => {
  for (const body of [
    '',
    ' ',
    '{"a":[1]}',
    '<activity><activities/></activity>',
    '<!-- <activities> --><activity/>',
    'x[1]',
    '\u0000[',
  ])
    t.equal(parts(body), null, JSON.stringify(body))
})

t.test('a list that is not well-formed is refused as a whole', async (t) => {
  const bodies = [
    '[{"a":1}',
    '[1] 2',
    '<activities>',
    '<activities><activity>',
    '<activities><activity><activity></activity></activities>',
  ]
  bodies.push(
    '<activities><story/></activities>',
    '<activities>x</activities>',
    '<activities/><activities/>',
    '<activities><activity><!--</activity></activities>',
  )
  for (const body of bodies) {
    const refuse = () => parts(body)
    t.throws(refuse, { name: 'ParseError', reason: 'syntax' }, body)
  }
  t.throws(() => parts(`[${'1,'.repeat(MOST_ACTIVITIES)}1]`), {
    reason: 'list',
    message: /a list of 2001 activities; send at most 2000/,
  })
  t.throws(() => parts('['.repeat(1000)), ParseError)
})

t.test('a hostile list takes no longer than another one', async (t) => {
  const bodies = ['<!---->', '<activities>', '<activity>', '<activities><!--', '[[', '["', '<activity><![CDATA[']
  for (const part of bodies)
    for (const start of ['', '<activities>', '[']) {
      const body = Buffer.from(start + part.repeat(1_000_000 / part.length))
      const began = performance.now()
      try {
        activitiesIn(body)
      } catch (error) {
        t.ok(error instanceof ParseError)
      }
      t.ok(performance.now() - began < 2000, `${start}${part}`)
    }
})
