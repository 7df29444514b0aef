import { XMLParser } from 'fast-xml-parser'
import t from 'tap'
import { parseActivity } from '../../src/tracker/parse.ts'
import { ParseError, type ParseFailure } from '../../src/tracker/parse-error.ts'
import { recordings } from './recordings.ts'

/** The size of the largest body that a hook accepts. */
const SIZE = 2 ** 20
/** Of processor time, which other programs do not lengthen: far above what is needed, far below what a square takes. */
const SECONDS = 2

const fill = (part: string, size = SIZE - 400): string => part.repeat(Math.floor(size / Buffer.byteLength(part)))
const described = (inside: string): string =>
  '<activity><project_id>26</project_id><event_type>story_update</event_type><occurred_at>2009/12/14</occurred_at>' +
  `<description>${inside}</description></activity>`
const at = (time: string): string =>
  `<activity><project_id>26</project_id><event_type>story_update</event_type><occurred_at>${time}</occurred_at></activity>`
const v5 = (changes: string): string =>
  `{"kind":"story_update_activity","occurred_at":1260828729000,"project":{"id":26},"changes":[${changes}]}`

const bodies: [what: string, body: string, reason: ParseFailure | 'accepted'][] = [
  ['nested elements', fill('<a>'), 'too deep'],
  ['nested elements, closed', `${fill('<a>', SIZE / 3)}${fill('</a>', SIZE / 3)}`, 'too deep'],
  ['elements side by side', described(fill('<b/>')), 'syntax'],
  ['stories', `<activity><stories>${fill('<story><id>1</id></story>')}</stories></activity>`, 'syntax'],
  ['attributes', `<activity ${fill('b="1" ')}/>`, 'syntax'],
  ['different attributes', `<activity ${Array.from({ length: 90_000 }, (_, i) => `b${i}=""`).join(' ')}/>`, 'syntax'],
  ['one long attribute', `<activity b="${fill('x')}"/>`, 'missing field'],
  ['one attribute without an end', `<activity b="${fill('x')}`, 'syntax'],
  ['white space in a tag', `<activity ${fill(' ')}!>`, 'syntax'],
  ['white space in an end tag', `<activity></activity${fill(' ')}!>`, 'syntax'],
  ['one long name', `<${fill('x')}`, 'syntax'],
  ['one long name with its end', `<${fill('x')}/>`, 'not an activity'],
  ['references by number', described(fill('&#65;')), 'accepted'],
  ['references by hex number', described(fill('&#x1F596;')), 'accepted'],
  ['references by name', described(fill('&amp;')), 'accepted'],
  ['ampersands', described(fill('&')), 'syntax'],
  ['entities that multiply', `<!DOCTYPE a [<!ENTITY a "x">${fill('<!ENTITY a "&a;&a;">')}]>`, 'doctype'],
  ['one text', described(fill('x')), 'accepted'],
  ['CDATA', described(fill('<![CDATA[x]]>')), 'accepted'],
  ['comments', described(fill('x<!---->')), 'accepted'],
  ['comments without an end', described(fill('<!-- ')), 'syntax'],
  ['comments, then an end of CDATA', described(`${fill('x<!---->')}]]>`), 'syntax'],
  ['angle brackets', fill('<'), 'syntax'],
  ['a declaration', `<?xml version="1.0" ${fill('encoding ')}?>`, 'syntax'],
  ['line ends, then an error', described(`${fill('\n')}<`), 'syntax'],
  ['quotes in the sentence', described(fill('"')), 'accepted'],
  ['comments told in the sentence', described(fill('" with comments: "')), 'accepted'],
  ['white space behind a date', at(`2009/12/14${fill(' ')}x`), 'bad field'],
  ['white space before a zone', at(`2009/12/14 14:12:09${fill(' ')}\nPST`), 'bad field'],
  ['fractions of a second', at(`2009/12/14 14:12:09.${fill('1')}`), 'bad field'],
  ['a time in milliseconds', at(fill('1')), 'bad field'],
  ['white space', fill(' '), 'empty'],
  ['nested lists', fill('['), 'too deep'],
  ['nested objects', fill('{"a":'), 'too deep'],
  ['escaped quotes without an end', `{"a":"${fill('\\"')}`, 'syntax'],
  ['backslashes without an end', `{"a":"${fill('\\\\')}`, 'syntax'],
  ['one long number', `{"a":${fill('1')}}`, 'missing field'],
  ['long numbers', v5(`{"kind":"label","new_values":[${fill('12345678901234567890,')}1]}`), 'accepted'],
  ['changes', v5(`${fill('{"kind":"story","id":1},')}{"kind":"story","id":1}`), 'accepted'],
  ['stories in JSON', v5(Array.from({ length: 35_000 }, (_, id) => `{"kind":"story","id":${id}}`).join()), 'accepted'],
  [
    'comments of one story',
    v5(`${fill('{"kind":"comment","new_values":{"story_id":1}},')}{"kind":"label"}`),
    'accepted',
  ],
  ['keys', `{${Array.from({ length: 90_000 }, (_, i) => `"a${i}":1`).join()}}`, 'missing field'],
  ['half surrogate pairs', `{"message":"${fill('\\ud800')}",${v5('').slice(1)}`, 'accepted'],
]

for (const [what, body, reason] of bodies) {
  t.test(`a mebibyte of ${what} is answered within ${SECONDS} s: ${reason}`, async (t) => {
    t.ok(body.length > SIZE / 4 && Buffer.byteLength(body) <= SIZE + 400, 'the body is about as large as can be')
    const began = process.cpuUsage()
    t.equal(outcome(Buffer.from(body)), reason)
    const { user, system } = process.cpuUsage(began)
    t.ok(user + system < SECONDS * 1_000_000, `${Math.round((user + system) / 1000)} ms`)
  })
}

t.test('a body is refused or understood, whatever becomes of its bytes on the way', async (t) => {
  const random = generator(26)
  const counts = new Map<string, number>()
  for (const { body } of recordings()) {
    for (let round = 0; round < 150; round++) {
      const result = outcome(mutated(body, random))
      counts.set(result, (counts.get(result) ?? 0) + 1)
    }
  }
  for (const result of ['accepted', 'encoding', 'syntax', 'missing field', 'bad field'] as const) {
    t.ok((counts.get(result) ?? 0) > 10, `${result}: ${counts.get(result)}`)
  }
})

t.test('no XML is accepted that the validator of fast-xml-parser calls malformed', async (t) => {
  const random = generator(1031)
  const parser = new XMLParser()
  let accepted = 0
  for (const { body } of recordings().filter(({ expected }) => expected.format === 'xml')) {
    for (let round = 0; round < 100; round++) {
      const changed = mutated(body, random)
      if (outcome(changed) !== 'accepted') continue
      accepted += 1
      const text = changed.toString('utf8')
      t.doesNotThrow(() => parser.parse(text.trimStart(), true), text)
    }
  }
  t.ok(accepted > 100, 'and enough were accepted to say so')
})

/** Anything but a ParseError is thrown on. */
function outcome(body: Buffer): ParseFailure | 'accepted' {
  try {
    parseActivity(body)
    return 'accepted'
  } catch (error) {
    if (error instanceof ParseError) return error.reason
    throw error
  }
}

type Random = (below: number) => number

const PIECES = ['<', '>', '</', '/>', '&', ';', '"', "'", '{', '}', '[', ']', ':', ',', '\\', '-', '0', '\n', 'null']
  .concat(['<!--', '-->', '<![CDATA[', ']]>', '<story>', '</story>', '&#0;', '&#65;', '1e400', '99999999999999999999'])
  .map((piece) => Buffer.from(piece))

/** One to three of: a byte changed, a stretch left out, doubled or moved, a meaningful piece put in, the end cut off. */
function mutated(body: Buffer, random: Random): Buffer {
  let result = body
  for (let times = random(3) + 1; times > 0; times--) {
    const at = random(result.length)
    const to = Math.min(result.length, at + 1 + random(30))
    const [before, stretch, after] = [result.subarray(0, at), result.subarray(at, to), result.subarray(to)]
    const piece = PIECES[random(PIECES.length)] ?? Buffer.of()
    const ways = [
      [before, Buffer.of(random(256)), result.subarray(at + 1)],
      [before, after],
      [before, stretch, stretch, after],
      [after, stretch, before],
      [before, piece, stretch, after],
      [before, piece, after],
      [before],
    ]
    result = Buffer.concat(ways[random(ways.length)] ?? [])
  }
  return result
}

/** The same numbers on every run: mulberry32, a public-domain generator. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
