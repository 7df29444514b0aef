import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { CsvError } from '../../src/csv/csv-error.ts'
import { type CsvShape, csvRows } from '../../src/csv/rows.ts'

const SHAPE: CsvShape = { columns: ['id', 'name'], delimiter: null, longestRow: 10_000 }

/** The rows that come out, and where and why no more do. */
async function read(source: Iterable<string>, shape: Partial<CsvShape> = {}) {
  const rows: (readonly [line: number, ...cells: string[]])[] = []
  try {
    for await (const { line, cells } of csvRows(source, { ...SHAPE, ...shape })) rows.push([line, ...cells])
  } catch (error) {
    const { name, line, column, problem, message } = error as CsvError
    if (name !== 'CsvError') throw error
    return { rows, line, column, problem, message }
  }
  return { rows }
}

for (const [name, end] of [
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR', '\r'],
] as const)
  t.test(`with ${name} each row is told by the line that it begins on, in whatever pieces it comes`, async (t) => {
    const text = ['\ufeff', 'id,name', '', '1,"a', `b${end}", "`, '2,"say ""no""",', '', '', '3'].join(end)
    const rows = [
      [2, 'id', 'name'],
      [4, '1', `a${end}b${end}`, ' "'],
      [7, '2', 'say "no"', ''],
      [10, '3'],
    ]
    // A quotation mark behind a blank is wrong unless white space is left out.
    const sound = text.replace('", "', '",').replace(`${end}2,`, `x${end}2,`)
    rows[1] = [4, '1', `a${end}b${end}`, 'x']
    t.strictSame(await read([sound]), { rows })
    t.strictSame(await read(sound), { rows }, 'character by character')
  })

t.test('the delimiter is the one that separates the expected columns, unless it is given', async (t) => {
  const cases: [text: string, shape: Partial<CsvShape>, cells: string[]][] = [
    ['id,name', {}, ['id', 'name']],
    ['ID;"Name"', {}, ['ID', 'Name']],
    ['id\tname', {}, ['id', 'name']],
    ['\r\n\r\nid;name', {}, ['id', 'name']],
    ['a,b,c;id;name', {}, ['a,b,c', 'id', 'name']],
    ['id', {}, ['id']],
    ['x;y;z,w', {}, ['x', 'y', 'z,w']],
    ['id|name,x', { delimiter: '|' }, ['id', 'name,x']],
  ]
  for (const [text, shape, cells] of cases) {
    const { rows } = await read([`${text}\n`], shape)
    t.strictSame(rows[0]?.slice(1), cells, JSON.stringify(text))
  }
})

t.test('with trim, white space around a value is removed, and an empty cell between tabs is kept', async (t) => {
  const text = ' id \tname\n "1" \t\t x \n\t"" \ty\n   \n'
  t.strictSame(await read([text], { trim: true }), {
    rows: [
      [1, 'id', 'name'],
      [2, '1', '', 'x'],
      [3, '', '', 'y'],
    ],
  })
  t.strictSame((await read([' id ,name\n'])).rows, [[1, ' id ', 'name']])
})

t.test('text that is not CSV is reported with its line and column, after the rows before it', async (t) => {
  const before = 'id,name\n\n1,"a\r\nb"\n'
  const cases: [text: string, column: number | null, problem: RegExp][] = [
    ['2,"never closed\n3,a\n', 2, /^a quotation mark is not closed$/],
    ['2,a"b"\n', 2, /^there is a quotation mark in a value that is not quoted/],
    ['"2"3,a\n', 1, /^there is text after a quoted value/],
    [`2,x,"${'y'.repeat(20_000)}"`, 3, /^the row is longer than 10000 bytes/],
    [`2${','.repeat(200_000)}`, null, /^the row is longer than 10000 bytes/],
  ]
  for (const [text, column, problem] of cases) {
    const found = await read([before + text])
    t.match(found, { line: 5, column, problem }, text.slice(0, 20))
    t.match(found.message, column === null ? /^line 5: / : new RegExp(`^line 5, column ${column}: `))
    t.strictSame(found.rows, [
      [1, 'id', 'name'],
      [3, '1', 'a\r\nb'],
    ])
  }
})

t.test('an empty text has no rows, and neither have empty lines', async (t) => {
  for (const text of ['', '\ufeff', '\n\r\n\r', '\n'.repeat(50_000)])
    t.strictSame(await read([text]), { rows: [] }, JSON.stringify(text.slice(0, 10)))
})

t.test('a character of two halves stays whole wherever the text is cut', async (t) => {
  const long = `${'\ud83d\ude80'.repeat(50_000)}`
  for (const padding of ['', 'x'])
    t.strictSame((await read([`id\n${padding}${long}`], { longestRow: 1_000_000 })).rows, [
      [1, 'id'],
      [2, `${padding}${long}`],
    ])
  t.strictSame((await read(['id\n\ud83d', '\ude80'])).rows, [
    [1, 'id'],
    [2, '\ud83d\ude80'],
  ])
})

for (const end of ['\n', '\r\n', '\r'])
  t.test(`a first line that names the delimiter is not a row, with ${JSON.stringify(end)}`, async (t) => {
    for (const [first, delimiter] of [
      ['sep=;', ';'],
      ['\ufeffSEP=|', '|'],
      ['"sep=\t"', '\t'],
      ['sep=,', ','],
    ] as const) {
      const text = [first, `id${delimiter}name`, `1${delimiter}a`, ''].join(end)
      const rows = [
        [2, 'id', 'name'],
        [3, '1', 'a'],
      ]
      t.strictSame(await read([text]), { rows }, first)
      t.strictSame(await read(text), { rows }, `${first}, character by character`)
    }
    t.strictSame(await read([`sep=;${end}id,name${end}`], { delimiter: ',' }), { rows: [[2, 'id', 'name']] })
    t.strictSame(await read([`id,name${end}sep=;,b${end}`]), {
      rows: [
        [1, 'id', 'name'],
        [2, 'sep=;', 'b'],
      ],
    })
  })

t.test('rows without any value are skipped, and counted', async (t) => {
  t.strictSame(await read(['id,name\r\n,\r\n1,a\r\n , \r\n"",""\r\n2,\r\n,,,\r\n']), {
    rows: [
      [1, 'id', 'name'],
      [3, '1', 'a'],
      [6, '2', ''],
    ],
  })
})

t.test('a reader that is left early lets go of its source', async (t) => {
  let isClosed = false
  function* source(): Generator<string> {
    try {
      for (;;) yield 'id,name\n1,a\n'
    } finally {
      isClosed = true
    }
  }
  for await (const row of csvRows(source(), SHAPE)) {
    t.strictSame(row, { line: 1, cells: ['id', 'name'] })
    break
  }
  t.ok(isClosed)
})

t.test('neither many rows nor a row without end is held', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = held()
  let most = 0
  function* endless(head: string, piece: string, count: number): Generator<string> {
    yield head
    for (let number = 0; number < count; number += 1) {
      if (number % 40 === 0) most = Math.max(most, held() - before)
      yield piece
    }
  }
  let rows = 0
  const many = endless('id,name\n', `1,${'x'.repeat(998)}\n`.repeat(50), 400)
  for await (const { cells } of csvRows(many, SHAPE)) rows += cells.length
  t.equal(rows, 2 * 20_001)
  for (const piece of [',', '"', ' ', 'x'].map((each) => each.repeat(50_000))) {
    const found = await read(endless('id,name\n', piece, 1000), { trim: true })
    t.match(found, { line: 2, problem: /^the row is longer|^there is text/ }, piece.slice(0, 1))
  }
  t.ok(most < 8_000_000, `${most} bytes were held of more than 20,000,000`)
})
