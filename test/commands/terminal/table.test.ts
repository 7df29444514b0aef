import t from 'tap'
import { exactWidth as widthOf } from '../../../src/commands/terminal/exact-width.ts'
import { type Column, table } from '../../../src/commands/terminal/table.ts'
import { screen } from './fake-terminal.ts'

interface Ticket {
  readonly id: number
  readonly state: 'open' | 'dead'
  readonly title: string
}

const COLUMNS: readonly Column<Ticket>[] = [
  { header: 'id', align: 'right', value: ({ id }) => String(id) },
  { header: 'state', value: ({ state }) => state, colour: ({ state }) => (state === 'dead' ? 'red' : null) },
  { header: 'title', value: ({ title }) => title, canBeCut: true },
]

t.test('columns stand below their headers, numbers to the right', async (t) => {
  const rows: Ticket[] = [
    { id: 7, state: 'open', title: 'Warp drive' },
    { id: 1234, state: 'dead', title: 'Tea' },
  ]
  t.strictSame(await table(COLUMNS, rows, screen(null)), [
    '  ID  STATE  TITLE',
    '   7  open   Warp drive',
    '1234  <red>dead</red>   Tea',
  ])
})

t.test('wide characters, emoji and combining marks take the columns that a terminal gives them', async (t) => {
  const both: readonly Column<string>[] = [
    { header: 'name', value: (name) => name },
    { header: 'end', value: () => '|' },
  ]
  const names = ['東京タワー', 'n\u0303', '👩‍🚀 Uhura', 'plain']
  for (const line of (await table(both, names, screen(null))).slice(1))
    t.equal(widthOf(line), '東京タワー'.length * 2 + 3, line)
})

t.test('what is too wide for a terminal is cut where it may be, and nothing is cut for a file', async (t) => {
  const rows: Ticket[] = [{ id: 7, state: 'open', title: '船長 says that the engines cannot take much more of this' }]
  const [header, line = ''] = await table(COLUMNS, rows, screen(40))
  t.equal(header, 'ID  STATE  TITLE')
  t.equal(line, ' 7  open   船長 says that the engines c…')
  t.ok(widthOf(line) <= 40)
  t.match((await table(COLUMNS, rows, screen(null)))[1], /much more of this$/)
  t.match((await table(COLUMNS, rows, screen(5)))[1], /^ 7 {2}open {3}船長 says.*…$/, 'ids and states stay whole')
})

t.test('the widest of several long texts is cut first', async (t) => {
  const columns: readonly Column<readonly [string, string]>[] = [
    { header: 'a', value: ([a]) => a, canBeCut: true },
    { header: 'b', value: ([, b]) => b, canBeCut: true },
  ]
  const [, line] = await table(columns, [['x'.repeat(20), 'y'.repeat(60)]], screen(60))
  t.equal(line, `${'x'.repeat(20)}  ${'y'.repeat(37)}…`)
})

t.test('a text that wraps goes on below itself, between words, and is one line in a file', async (t) => {
  const columns: readonly Column<Ticket>[] = [
    { header: 'state', value: ({ state }) => state, colour: () => 'red' },
    { header: 'title', value: ({ title }) => title, wraps: true },
  ]
  const rows: Ticket[] = [{ id: 1, state: 'dead', title: 'the engines cannot take much more of this, Captain' }]
  t.strictSame(await table(columns, rows, screen(45)), [
    'STATE  TITLE',
    '<red>dead</red>   the engines cannot take much more of',
    '       this, Captain',
  ])
  t.equal((await table(columns, rows, screen(null))).length, 2)
  t.match((await table(columns, rows, screen(10)))[1], /the engines cannot take much$/, 'not narrower than can be read')
})

t.test('text from outside cannot command the terminal or begin a line, and an empty cell is a dash', async (t) => {
  const rows: Ticket[] = [
    { id: 1, state: 'dead', title: '\u001b[2Jgone\nPWNED' },
    { id: 2, state: 'open', title: '' },
  ]
  t.strictSame((await table(COLUMNS, rows, screen(80))).slice(1), [
    ' 1  <red>dead</red>   \\u001b[2Jgone\\nPWNED',
    ' 2  open   -',
  ])
})
