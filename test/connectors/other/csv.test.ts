import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import other from '../../../src/connectors/other/index.ts'
import { openSession } from '../../harness.ts'
import { bare, heldOf } from '../reading.ts'
import { openOther, openProgram } from './other-source.ts'

const COLUMNS = { external_id: 'ID', name: 'Title', description: 'Text', requested_by: 'Who', created_at: 'When' }

const FILE = [
  '\ufeffID,Title,Text,Who,When,type,ESTIMATE,Extra',
  '7,"More ""power"", please","line one',
  'line two \u05e9\u05dc\u05d5\u05dd \ud83d\ude80 <b>&",James Kirk,2008-12-10,bug,3,x',
  '',
  'A-8,Cloak',
  '9,,Text alone,,,,many,',
].join('\r\n')

const STORIES = [
  {
    externalId: '7',
    name: 'More "power", please',
    description: 'line one\r\nline two \u05e9\u05dc\u05d5\u05dd \ud83d\ude80 <b>&',
    requestedBy: 'James Kirk',
    createdAt: new Date('2008-12-10T00:00:00Z'),
    type: 'bug',
    estimate: 3,
  },
  bare('A-8', 'Cloak'),
  {
    externalId: '9',
    name: 'Text alone',
    description: 'Text alone',
    requestedBy: '',
    createdAt: null,
    type: null,
    estimate: null,
  },
]

t.test('a file is read by the columns in the settings and by those with the default names', async (t) => {
  const path = join(t.testdir({}), 'tickets.csv')
  writeFileSync(path, FILE)
  const { stories, check } = openOther(t, { csv: path, columns: COLUMNS })
  t.strictSame(await stories(), STORIES)
  t.strictSame(await check(), [
    { level: 'ok', setting: 'source.csv', message: 'the source can be read; 3 tickets can become stories' },
  ])
})

t.test('a file may be UTF-16, and one in an encoding that cannot be detected is an error', async (t) => {
  const dir = t.testdir({})
  const little = Buffer.from(FILE, 'utf16le')
  writeFileSync(join(dir, 'little.csv'), little)
  writeFileSync(join(dir, 'big.csv'), Buffer.from(little).swap16())
  for (const name of ['little.csv', 'big.csv'])
    t.strictSame(await openOther(t, { csv: join(dir, name), columns: COLUMNS }).stories(), STORIES, name)
  for (const text of ['external_id,name\n1,Caf\xe9\n', 'external_id,name\n1,Caf\xc3']) {
    writeFileSync(join(dir, 'windows.csv'), Buffer.from(text, 'latin1'))
    await t.rejects(openOther(t, { csv: join(dir, 'windows.csv') }).stories(), {
      name: 'DeliveryError',
      setting: 'source.encoding',
      message: 'the file is not UTF-8: save it as UTF-8, or set source.encoding to what it is, such as windows-1252',
    })
  }
})

t.test(
  'an address that does not name its encoding is refused as a file is, instead of becoming mojibake',
  async (t) => {
    const body = Buffer.from('external_id,name\n1,Caf\xe9\n', 'latin1')
    const read = async (contentType: string, settings: object = {}) => {
      const documents = { '/t.csv': { status: 200, headers: { 'content-type': contentType }, body } }
      return await openProgram(t, { documents }, (url) => ({ csv: `${url}/t.csv`, ...settings }))
    }
    const help = 'let the program send UTF-8, or set source.encoding to what it is, such as windows-1252'
    await t.rejects((await read('text/csv')).stories(), {
      name: 'DeliveryError',
      setting: 'source.encoding',
      message: `the answer is not UTF-8, and does not say what it is: ${help}`,
    })
    await t.rejects((await read('text/csv; charset=UTF-8')).stories(), {
      setting: 'source.encoding',
      message: `the answer is not UTF-8: ${help}`,
    })
    for (const [contentType, settings] of [
      ['text/csv; charset=iso-8859-1', {}],
      ['text/csv', { encoding: 'windows-1252' }],
      ['text/csv; charset=utf-8', { encoding: 'latin1' }],
    ] as const)
      t.strictSame(await (await read(contentType, settings)).stories(), [bare('1', 'Caf\u00e9')], contentType)
    t.strictSame(await (await read('text/csv', { encoding: 'utf-8' })).stories(), [bare('1', 'Caf\ufffd')], 'as asked')
  },
)

t.test('a character may stand where the beginning of a file ends', async (t) => {
  const path = join(t.testdir({}), 'long.csv')
  for (const shift of [0, 1, 2]) {
    writeFileSync(path, `external_id,name\n1,${'x'.repeat(shift)}${'\u6f22'.repeat(40_000)}\n`)
    t.equal((await openOther(t, { csv: path }).stories())[0]?.name.length, 40_000 + shift)
  }
})

t.test('a URL is read the same way', async (t) => {
  const answer = {
    status: 200,
    headers: { 'content-type': 'text/csv; charset=utf-16le' },
    body: Buffer.from(FILE.slice(1), 'utf16le'),
  }
  const { stories } = await openProgram(t, { documents: { '/t.csv': answer }, authorization: 'Bearer k' }, (url) => ({
    csv: `${url}/t.csv`,
    columns: COLUMNS,
    headers: { authorization: 'Bearer k' },
  }))
  t.strictSame(await stories(), STORIES)
})

t.test('comma, semicolon and tab are detected from the first line; any other delimiter is a setting', async (t) => {
  const dir = t.testdir({})
  const cases: [string, string, object][] = [
    ['semicolon', 'external_id;name, in short\n1;"a;b"\n', {}],
    ['tab', 'external_id\tname\n1\ta;b\n', {}],
    ['bar', 'external_id|name\n1|a;b\n', { delimiter: '|' }],
    ['one column', 'external_id\n1\n', {}],
  ]
  for (const [name, text, settings] of cases) {
    const path = join(dir, `${name}.csv`)
    writeFileSync(path, text)
    const columns = name === 'semicolon' ? { columns: { name: 'name, in short' } } : {}
    const found = await openOther(t, { csv: path, ...columns, ...settings }).stories()
    t.strictSame(
      found.map((story) => [story.externalId, story.name]),
      [['1', name === 'one column' ? '1' : 'a;b']],
      name,
    )
  }
})

t.test('a file with only a first line is an empty list', async (t) => {
  const path = join(t.testdir({ 'a.csv': 'external_id,name\n' }), 'a.csv')
  t.strictSame(await openOther(t, { csv: path }).stories(), [])
})

t.test('each mistake is reported with its setting', async (t) => {
  const dir = t.testdir({
    'empty.csv': '',
    'page.csv': '<!DOCTYPE html><html></html>',
    'quote.csv': 'external_id,name\n1,"never closed\n',
    'columns.csv': 'Nr,Title\n1,A\n',
    'id.csv': 'external_id,name\n1,A\n,B\n',
  })
  mkdirSync(join(dir, 'folder'))
  const at = (name: string): string => join(dir, name)
  const cases: [string, object, string, string | RegExp][] = [
    ['missing.csv', {}, 'source.csv', `${at('missing.csv')} does not exist: check source.csv`],
    ['folder', {}, 'source.csv', `${at('folder')} is a folder, not a regular file: check source.csv`],
    ['empty.csv', {}, 'source.csv', `${at('empty.csv')} is not CSV, but nothing at all: check source.csv`],
    [
      'page.csv',
      {},
      'source.csv',
      `${at('page.csv')} is not CSV, but a web page, most likely a login form: check source.csv`,
    ],
    [
      'quote.csv',
      {},
      'source.csv',
      /quote\.csv cannot be read as CSV: line 2, column 2: a quotation mark is not closed/,
    ],
    [
      'columns.csv',
      {},
      'source.columns.external_id',
      'there is no column that is known to hold the external_id in the first line, which has "Nr", "Title": set source.columns.external_id',
    ],
    [
      'columns.csv',
      { columns: { external_id: 'nr', name: 'Name' } },
      'source.columns.name',
      'there is no column "Name" in the first line, which has "Nr", "Title": set source.columns.name',
    ],
    [
      'id.csv',
      {},
      'source.columns.external_id',
      'ticket 2 has no external_id: check source.columns.external_id and line 3',
    ],
  ]
  for (const [name, settings, setting, message] of cases) {
    const { stories, check } = openOther(t, { csv: at(name), ...settings })
    await t.rejects(stories(), { name: 'DeliveryError', setting, message }, name)
    t.match(await check(), [{ level: 'error', setting, message }], name)
  }
})

t.test("columns are recognised by the names that trackers' exports have, in each language of Redmine's", async (t) => {
  const dir = t.testdir({})
  const cases: [string, string, object][] = [
    ['GitHub', 'number,title,state,created_at,body,user.login\n7,N,open,2014-03-04T00:00:00Z,B,kirk\n', {}],
    ['GitHub projects', 'Title\tURL\tAssignees\tStatus\nN\thttps://github.com/o/r/issues/7\t\tTodo\n', {}],
    [
      'GitLab',
      'Title,Description,Issue ID,URL,State,Author,Created At (UTC)\nN,B,7,u,Open,kirk,2014-03-04 00:00:00\n',
      {},
    ],
    ['Redmine', '#,Project,Tracker,Status,Subject,Author,Created,Description\n7,P,Bug,New,N,kirk,2014-03-04,B\n', {}],
    ['Redmine in French', '#;Projet;Tracker;Statut;Sujet;Auteur;Créé;Description\n7;P;Bug;x;N;kirk;04.03.2014;B\n', {}],
    ['Redmine in Japanese', '#,トラッカー,題名,作成者,作成日,説明\n7,Bug,N,kirk,2014/03/04,B\n', {}],
    ['Bugzilla', '"Bug ID","Summary","Reporter","Opened"\n7,N,kirk,"2014-03-04 00:00:00"\n', {}],
    ['settings first', 'id,Summary,Headline\n7,other,N\n', { columns: { name: 'headline' } }],
    ['our own names first', 'id,external_id,name,title\n1,7,N,other\n', {}],
  ]
  for (const [name, text, settings] of cases) {
    const path = join(dir, `${name}.csv`)
    writeFileSync(path, text)
    const [story] = await openOther(t, { csv: path, ...settings }).stories()
    t.match(
      story,
      { externalId: name === 'GitHub projects' ? 'https://github.com/o/r/issues/7' : '7', name: 'N' },
      name,
    )
    if (text.includes('kirk'))
      t.match(story, { requestedBy: 'kirk', createdAt: new Date('2014-03-04T00:00:00Z') }, name)
  }
})

t.test('the whole column tells which number of a date is the month, also where that comes late', async (t) => {
  const path = join(t.testdir({}), 'dates.csv')
  const days = Array.from({ length: 1500 }, (_, id) => `${id},N,3/${id === 1400 ? 25 : 4}/2014\n`)
  writeFileSync(path, `external_id,name,created_at\n${days.join('')}`)
  const { stories, check } = openOther(t, { csv: path })
  const found = await stories()
  t.strictSame(
    [found[0]?.createdAt, found[1400]?.createdAt, found[1499]?.createdAt],
    [4, 25, 4].map((day) => new Date(Date.UTC(2014, 2, day))),
  )
  t.equal((await check()).length, 1)
})

t.test('a check tells that the names were not found', async (t) => {
  const path = join(t.testdir({}), 'names.csv')
  writeFileSync(path, 'id,heading\n1,One\n2,Two\n')
  const [, finding] = await openOther(t, { csv: path }).check()
  t.strictSame(finding, {
    level: 'warning',
    setting: 'source.columns.name',
    message: 'no ticket has a name or a text, so that stories are named by their ids: check source.columns.name',
  })
  t.equal((await openOther(t, { csv: path, columns: { name: 'heading' } }).check()).length, 1)
})

t.test('times that cannot be read are counted, shown by a check, and logged once', async (t) => {
  const path = join(t.testdir({}), 'dates.csv')
  writeFileSync(path, 'external_id,name,created_at\n1,N,3/4/2014\n2,N,5/6/2014\n3,N,soon\n4,N,2014-03-04\n5,N,\n')
  const [, finding] = await openOther(t, { csv: path }).check()
  t.strictSame(finding, {
    level: 'warning',
    setting: 'source.date_format',
    message:
      '3 of 5 times of creation cannot be read and are left out, such as "3/4/2014" of ticket 1, whose day and month cannot be told apart, and "soon" of ticket 3: set source.date_format',
  })
  const logged: object[] = []
  const source = { csv: path }
  const { session, close } = openSession(other, { source }, { warn: (fields) => void logged.push(fields) })
  t.teardown(close)
  for await (const page of session.stories?.() ?? []) t.equal(page.length, 5)
  t.strictSame(logged, [{ tickets: 3, example: '3/4/2014' }])
  const told = await openOther(t, { csv: path, date_format: 'd/M/yyyy', time_zone: 'Europe/Berlin' }).stories()
  t.strictSame(told[0]?.createdAt, new Date('2014-04-02T22:00:00Z'))
})

t.test('a named pipe and a device are refused at once, whatever reads them', async (t) => {
  const dir = t.testdir({})
  const pipe = join(dir, 'pipe')
  execFileSync('mkfifo', [pipe])
  const query = { sql: 'select 1 as id, 2 as name', database: { client: 'sqlite', file: pipe } }
  const cases: [object, string, string][] = [
    [{ csv: pipe }, 'source.csv', `${pipe} is a named pipe, not a regular file: check source.csv`],
    [{ yaml: pipe }, 'source.yaml', `${pipe} is a named pipe, not a regular file: check source.yaml`],
    [query, 'source.database.file', `${pipe} is a named pipe, not a regular file: check source.database.file`],
    [{ csv: '/dev/zero' }, 'source.csv', '/dev/zero is a device, not a regular file: check source.csv'],
  ]
  for (const [source, setting, message] of cases)
    t.strictSame(await openOther(t, source).check(), [{ level: 'error', setting, message }], message)
})

t.test('100,000 tickets are read without holding them in memory', async (t) => {
  const path = join(t.testdir({}), 'many.csv')
  const file = createWriteStream(path)
  file.write('external_id,name,description\n')
  const text = 'x'.repeat(300)
  for (let id = 0; id < 100_000; id += 1) if (!file.write(`${id},Ticket ${id},${text}\n`)) await once(file, 'drain')
  file.end()
  await once(file, 'finish')
  const { session, close } = openSession(other, { source: { csv: path } })
  t.teardown(close)
  const { count, most } = await heldOf(session)
  t.equal(count, 100_000)
  t.ok(most < 10_000_000, `${most} bytes were held of more than 30,000,000`)
})
