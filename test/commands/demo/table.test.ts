import t from 'tap'
import { table } from '../../../src/commands/demo/table.ts'
import { exactWidth as widthOf } from '../../../src/commands/terminal/exact-width.ts'

t.test('a table is aligned, whatever its letters', async (t) => {
  const columns = [{ title: '#', align: 'right' as const }, { title: 'what' }, { title: 'how' }]
  const rows = [
    ['1', 'shields', 'up'],
    ['10', 'テスト 🖖', 'down'],
  ]
  t.equal(
    table(columns, rows, 80),
    ['   #  what       how', '  --  ---------  ----', '   1  shields    up', '  10  テスト 🖖  down'].join('\n'),
  )
})

t.test('a line that is too long is cut in the column that gives way', async (t) => {
  const columns = [{ title: 'a' }, { title: 'b', gives: true }]
  const lines = table(columns, [['kept whole', 'x'.repeat(100)]], 40).split('\n')
  t.strictSame(
    lines.map((line) => widthOf(line) <= 40),
    [true, true, true],
  )
  t.match(lines[2], /^ {2}kept whole {2}x+…$/)
})

t.test('text from outside cannot move the cursor or break the line', async (t) => {
  t.equal(table([{ title: 'a' }], [['one\ntwo\u001b[2J']], 80).split('\n')[2], '  one two\\u001b[2J')
})
