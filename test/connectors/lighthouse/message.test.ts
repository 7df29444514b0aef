import t from 'tap'
import { isMarked } from '../../../src/connectors/contract/mark.ts'
import { literal, MAX_NOTE_BYTES, noteOf } from '../../../src/connectors/lighthouse/message.ts'

const url = 'https://www.pivotaltracker.com/story/show/1031'
const marker = '[relay 0123456789ab]'

t.test('a note names the author, the text, the story and the mark', async (t) => {
  t.equal(
    noteOf({ author: 'Kirk', deed: 'commented', text: 'Raise the shields', url, marker }),
    `Kirk commented: Raise the shields\n\n${url}\n\n${marker}`,
  )
  t.equal(
    noteOf({ author: ' \n', deed: 'commented', text: 'Hello', url: 'javascript:alert(1)', marker }),
    `Someone commented: Hello\n\n${marker}`,
    'without a name and without a web address',
  )
})

t.test('text that Lighthouse would act on is shown as it was typed', async (t) => {
  const z = '\u200b'
  const cases: [string, string][] = [
    ['plain words, numbers 1.5 and a - b', 'plain words, numbers 1.5 and a - b'],
    ['state:resolved', 'state: resolved'],
    ['[#43 State:hold responsible:"Ricky Bobby"]', `\\[#${z}43 State: hold responsible: "Ricky Bobby"\\]`],
    ['_state:resolved_', '\\_state: resolved\\_'],
    ['not-tagged:foo tagged:http://x.example/', 'not-tagged: foo tagged: http://x.example/'],
    ['http://project:8080/state', 'http://project:8080/state'],
    ['see #43', `see #${z}43`],
    [
      '**bold** `code` [a](http://x.example/?a=1&b=2)',
      '\\*\\*bold\\*\\* \\`code\\` \\[a\\](http://x.example/?a=1&amp;b=2)',
    ],
    ['<script>alert(1)</script> & more', '&lt;script&gt;alert(1)&lt;/script&gt; &amp; more'],
    ['@scotty, write to scotty@example.com', `@${z}scotty, write to scotty@example.com`],
    ['@@@ ruby', `@${z}@${z}@${z} ruby`],
    ['"a link":http://x.example/', `"a link"${z}:http://x.example/`],
    ['!http://x.example/pixel.png!', `!${z}http://x.example/pixel.png!`],
    ['![x](http://x.example/p.png)', '!\\[x\\](http://x.example/p.png)'],
    ['# Heading', `${z}# Heading`],
    ['h1. Heading', `${z}h1. Heading`],
    ['> said', `${z}&gt; said`],
    ['- item', `${z}- item`],
    ['1. item', `${z}1. item`],
    ['words\n=====', `words  \n${z}=====`],
    ['    code', '\u00a0\u00a0\u00a0\u00a0code'],
    ['one\ntwo\r\n\r\nthree', 'one  \ntwo\n\nthree'],
    ['bell\u0007 \u202eright to left\u202c half \ud83d', 'bell right to left half \ufffd'],
    ['snake_case and C:\\dir', 'snake\\_case and C:\\\\dir'],
  ]
  for (const [typed, shown] of cases) t.equal(literal(typed), shown, typed)
})

t.test("an author's name is one line and is escaped too", async (t) => {
  const note = noteOf({ author: 'Eve\n\n# state:resolved', deed: 'commented', text: 'x', url, marker })
  t.equal(note.split('\n')[0], 'Eve # state: resolved commented: x')
})

t.test('a text that is too long is cut, and the link and the mark stay whole', async (t) => {
  for (const unit of ['x', '*', '<', '\ud83d\ude00', 'ä', '@', 'state:x ', 'line \n']) {
    const note = noteOf({ author: 'Kirk', deed: 'commented', text: unit.repeat(70_000), url, marker })
    const size = Buffer.byteLength(note)
    t.ok(size <= MAX_NOTE_BYTES, `${JSON.stringify(unit)}: ${size} bytes`)
    t.ok(size > MAX_NOTE_BYTES * 0.5, `${JSON.stringify(unit)} is not cut more than it must be`)
    t.ok(note.endsWith(`…\n\n${url}\n\n${marker}`), JSON.stringify(unit))
    t.notMatch(note, /\ufffd/, 'no character is cut in half')
    t.ok(isMarked(note))
  }
})

t.test('a text that fits exactly is not cut', async (t) => {
  const frame = Buffer.byteLength(noteOf({ author: 'Kirk', deed: 'commented', text: '', url, marker }))
  const fits = noteOf({ author: 'Kirk', deed: 'commented', text: 'x'.repeat(MAX_NOTE_BYTES - frame), url, marker })
  t.equal(Buffer.byteLength(fits), MAX_NOTE_BYTES)
  t.notMatch(fits, /…/)
  t.match(
    noteOf({ author: 'Kirk', deed: 'commented', text: 'x'.repeat(MAX_NOTE_BYTES - frame + 1), url, marker }),
    /x…\n/,
  )
})
