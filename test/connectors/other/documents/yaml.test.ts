import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bare } from '../../reading.ts'
import { openOther } from '../other-source.ts'

const FILE = `# tickets by hand
tickets:
  - key: A-1
    title: "More power: \u05e9\u05dc\u05d5\u05dd \ud83d\ude80"
    text: |
      line one
      line two <b>
    opened: 2008-12-10 00:00:00
    points: 2
    kind: bug
    who: [Kirk, Spock]
  - key: "007"
    title: yes
`

t.test('a file is read by expressions and pointers', async (t) => {
  const path = join(t.testdir({ 'tickets.yaml': FILE }), 'tickets.yaml')
  const { stories } = openOther(t, {
    yaml: path,
    items: '/tickets',
    fields: {
      external_id: 'key',
      name: '/title',
      description: 'text',
      requested_by: 'who',
      created_at: '/opened',
      type: 'kind',
      estimate: 'points',
    },
  })
  t.strictSame(await stories(), [
    {
      externalId: 'A-1',
      name: 'More power: \u05e9\u05dc\u05d5\u05dd \ud83d\ude80',
      description: 'line one\nline two <b>\n',
      requestedBy: 'Kirk, Spock',
      createdAt: new Date('2008-12-10T00:00:00Z'),
      type: 'bug',
      estimate: 2,
    },
    bare('007', 'yes'),
  ])
})

t.test('a list with names as in the XML needs no mapping, and may be empty', async (t) => {
  const dir = t.testdir({ 'a.yaml': '- external_id: 1\n  name: A\n', 'b.yaml': '[]\n' })
  t.strictSame(await openOther(t, { yaml: join(dir, 'a.yaml') }).ids(), ['1'])
  t.strictSame(await openOther(t, { yaml: join(dir, 'b.yaml') }).ids(), [])
})

t.test('an id stays as it is written, and other numbers are numbers', async (t) => {
  const ids = ['9007199254740993', '0x1F', '1.10', '0012', '1e3', '0o17', '-0', '+7', '.5', '42', 'A-1', '"0x1F"']
  const tickets = ids.map((id) => `- { external_id: ${id}, name: N, estimate: 2 }\n`).join('')
  const dir = t.testdir({
    'a.yaml': tickets,
    'b.yaml': `%YAML 1.1\n---\n- { external_id: 0012 }\n- { external_id: 1_000 }\n`,
  })
  const mapping = { items: '$[estimate > 1]' }
  const written = ids.map((id) => id.replaceAll('"', ''))
  t.strictSame(await openOther(t, { yaml: join(dir, 'a.yaml'), ...mapping }).ids(), written)
  t.strictSame(await openOther(t, { yaml: join(dir, 'b.yaml') }).ids(), ['0012', '1_000'])
})

t.test('repeated ids are reported with the setting that they come from', async (t) => {
  const path = join(t.testdir({ 'a.yaml': 'id: 7\nlist: [{ k: 1 }, { k: 2 }, { k: 2 }]\n' }), 'a.yaml')
  const cases: [string, object[]][] = [
    [
      '"P" & 7',
      [
        { level: 'ok', setting: 'source.yaml', message: 'the source can be read; 1 ticket can become stories' },
        {
          level: 'warning',
          setting: 'source.fields.external_id',
          message:
            'there is only 1 id among 3 tickets, and of those with the same id only the first is shown: check source.fields.external_id',
        },
      ],
    ],
    [
      'k',
      [
        { level: 'ok', setting: 'source.yaml', message: 'the source can be read; 2 tickets can become stories' },
        {
          level: 'warning',
          setting: 'source.fields.external_id',
          message:
            'there are only 2 ids among 3 tickets, and of those with the same id only the first is shown: check source.fields.external_id',
        },
      ],
    ],
  ]
  for (const [external_id, findings] of cases) {
    const { check } = openOther(t, { yaml: path, items: '/list', fields: { external_id, name: '"N"' } })
    t.strictSame(await check(), findings, external_id)
  }
})

t.test('each mistake is reported with its setting', async (t) => {
  const level = (name: string, of: string): string => `${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]\n`
  const bomb = `a: &a [x, x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}`
  const dir = t.testdir({ 'bad.yaml': 'a: [1\n', 'empty.yaml': '', 'bomb.yaml': bomb })
  writeFileSync(join(dir, 'long.yaml'), '')
  truncateSync(join(dir, 'long.yaml'), 8 * 1024 * 1024 + 1)
  const at = (name: string): string => join(dir, name)
  const cases: [string, string, string | RegExp][] = [
    ['missing.yaml', 'source.yaml', `${at('missing.yaml')} does not exist: check source.yaml`],
    ['bad.yaml', 'source.yaml', /^the file is not YAML: .* at line 2, column 1/],
    ['empty.yaml', 'source.items', 'the document is not a list of tickets: set source.items to where the list is'],
    ['bomb.yaml', 'source.yaml', 'the file is not YAML: Excessive alias count indicates a resource exhaustion attack'],
    ['long.yaml', 'source.yaml', `${at('long.yaml')} is longer than 8 MiB, the maximum`],
  ]
  for (const [name, setting, message] of cases) {
    const { stories, check } = openOther(t, { yaml: at(name) })
    await t.rejects(stories(), { name: 'DeliveryError', setting, message }, name)
    t.match(await check(), [{ level: 'error', setting, message }], name)
  }
})
