import t from 'tap'
import { toldBy } from '../../src/tracker/description.ts'

const sentences: [sentence: string, name: string | null, comment: string | null][] = [
  ['James Kirk accepted "More power to shields"', 'More power to shields', null],
  ['James Kirk edited "test "one""', 'test "one"', null],
  ['James Kirk edited ""one" test"', '"one" test', null],
  ['James Kirk estimated "Shields" as 3 points', 'Shields', null],
  ['James Kirk moved "Shields" to the backlog', 'Shields', null],
  ['James Kirk rejected "Shields" with comments: "Too weak"', 'Shields', 'Too weak'],
  ['James Kirk rejected "The "new" shields" with comments: "Too "weak""', 'The "new" shields', 'Too "weak"'],
  ['James Kirk rejected "Shields" with comments: "He said:\n"no""', 'Shields', 'He said:\n"no"'],
  ['James Kirk rejected "Shields" with comments: ""', 'Shields', null],
  ['James Kirk rejected "Shields" with comments: "', 'Shields', null],
  ['James Kirk added comment: "Raise the "shields""', null, 'Raise the "shields"'],
  ['James Kirk edited comment: "Lower them: "now""', null, 'Lower them: "now"'],
  ['James Kirk deleted comment: "gone"', null, 'gone'],
  ['James Kirk added comment with attachments: "See the picture"', null, 'See the picture'],
  ['James Kirk added comment: ""', null, null],
  ['James Kirk edited "added comment: "x""', 'added comment: "x"', null],
  ['James Kirk added task: "Buy dilithium"', null, null],
  ['James Kirk deleted 2 stories', null, null],
  ['James Kirk edited ""', null, null],
  ['James Kirk edited " "', null, null],
  ['James Kirk edited "', null, null],
  ['', null, null],
]

for (const [sentence, name, comment] of sentences) {
  t.test(`${JSON.stringify(sentence)} tells ${JSON.stringify({ name, comment })}`, async (t) => {
    t.strictSame(toldBy(sentence, 'James Kirk'), { name, comment })
  })
}

t.test('quotes in the name of the author are not those of a story', async (t) => {
  const told = { name: 'Shields', comment: null }
  t.strictSame(toldBy('James "Jim" Kirk edited "Shields"', 'James "Jim" Kirk'), told)
  t.strictSame(toldBy('edited "Shields"', ''), told)
})
