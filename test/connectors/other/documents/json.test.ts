import t, { type Test } from 'tap'
import { openReader } from '../../../../src/connectors/other/documents/reader.ts'
import other from '../../../../src/connectors/other/index.ts'
import { USUAL_TIMES } from '../../../../src/connectors/other/times.ts'
import { configured } from '../../../harness.ts'
import { startDocumentSource } from '../../../targets/document-source.ts'
import { openOther, openProgram } from '../other-source.ts'

const json = (value: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

const ISSUES = {
  total: 2,
  issues: [
    {
      number: 7,
      state: 'open',
      fields: { summary: 'More power <b> & \ud83d\ude80', points: 2, kind: { name: 'Bug' } },
      people: [
        { name: 'Kirk', role: 'author' },
        { name: 'Spock', role: 'watcher' },
      ],
      body: 'line one\nline two \u05e9\u05dc\u05d5\u05dd\u0007',
      opened: 1228867200,
      labels: ['a', 'b'],
    },
    {
      number: 'LONG',
      state: 'open',
      fields: { summary: '', points: 'many' },
      body: 'A text\nwith two lines',
    },
    { number: 8, state: 'closed', fields: { summary: 'Done' } },
  ],
}

t.test('JSON of any shape is read by JSONata expressions', async (t) => {
  const body = JSON.stringify(ISSUES).replace('"LONG"', '9007199254740993')
  const { stories, check } = await openProgram(t, { documents: { '/issues': body } }, (url) => ({
    json: `${url}/issues`,
    items: 'issues[state = "open"]',
    fields: {
      external_id: '"ACME-" & number',
      name: 'fields.summary',
      description: 'body & (labels ? "\\n\\nLabels: " & $join(labels, ", ") : "")',
      requested_by: 'people[role = "author"].name',
      created_at: 'opened',
      type: '$lowercase(fields.kind.name)',
      estimate: 'fields.points',
    },
  }))
  t.strictSame(await stories(), [
    {
      externalId: 'ACME-7',
      name: 'More power <b> & \ud83d\ude80',
      description: 'line one\nline two \u05e9\u05dc\u05d5\u05dd\u0007\n\nLabels: a, b',
      requestedBy: 'Kirk',
      createdAt: new Date('2008-12-10T00:00:00Z'),
      type: 'bug',
      estimate: 2,
    },
    {
      externalId: 'ACME-9007199254740993',
      name: 'A text',
      description: 'A text\nwith two lines',
      requestedBy: '',
      createdAt: null,
      type: null,
      estimate: null,
    },
  ])
  t.strictSame(await check(), [
    { level: 'ok', setting: 'source.json', message: 'the source can be read; 2 tickets can become stories' },
  ])
})

t.test('JSON of any shape is read by JSON pointers, and names as in the XML need no mapping', async (t) => {
  const found = { 'a/b': { '~c': [{ external_id: '1', name: 'N', extra: { text: 'T' }, estimate: 0.5 }] } }
  const { stories } = await openProgram(t, { documents: { '/issues': json(found) } }, (url) => ({
    json: `${url}/issues`,
    items: '/a~1b/~0c',
    fields: { description: '/extra/text', requested_by: '/extra/missing/0' },
  }))
  t.strictSame(await stories(), [
    {
      externalId: '1',
      name: 'N',
      description: 'T',
      requestedBy: '',
      createdAt: null,
      type: null,
      estimate: 0.5,
    },
  ])
})

t.test('a plain list needs no items, may be empty, and a single ticket counts as a list', async (t) => {
  const ticket = { external_id: 1, name: 'N' }
  const cases: [unknown, string | undefined, string[]][] = [
    [[ticket], undefined, ['1']],
    [[], undefined, []],
    [{ list: [] }, 'list', []],
    [{ list: [] }, '/list', []],
    [{ list: [ticket] }, 'list[external_id = 1]', ['1']],
    [{ list: [ticket] }, '[list[external_id = 2]]', []],
  ]
  for (const [value, items, expected] of cases) {
    const { ids } = await openProgram(t, { documents: { '/issues': json(value) } }, (url) => ({
      json: `${url}/issues`,
      ...(items === undefined ? {} : { items }),
    }))
    t.strictSame(await ids(), expected, `${items} in ${JSON.stringify(value)}`)
  }
})

t.test('the other tickets of a document tell which number of a date is the month', async (t) => {
  const list = ['3/4/2014', '3/25/2014'].map((created_at, index) => ({ external_id: index, name: 'N', created_at }))
  const { stories } = await openProgram(t, { documents: { '/issues': json(list) } }, (url) => ({
    json: `${url}/issues`,
  }))
  t.strictSame(
    (await stories()).map(({ createdAt }) => createdAt),
    [new Date('2014-03-04T00:00:00Z'), new Date('2014-03-25T00:00:00Z')],
  )
})

t.test('the next page is found by an expression, a pointer or a Link header', async (t) => {
  const page = (id: number, next?: unknown) => ({
    items: [{ external_id: id, name: 'N' }],
    ...(next === undefined ? {} : { next }),
  })
  const link = (target: string) => ({
    link: `<https://example.com/>; rel="help", <${target}>; title="a, b"; rel="prev next"`,
  })
  const cases: [string, Record<string, ReturnType<typeof json>>, object][] = [
    [
      'a URL in the answer',
      {
        '/issues': json(page(1, '/issues?page=2')),
        '/issues?page=2': json(page(2, '?page=3')),
        '/issues?page=3': json(page(3, null)),
      },
      { next: '/next' },
    ],
    [
      'an expression that counts pages',
      { '/issues': json(page(1)), '/issues?page=2': json(page(2)), '/issues?page=3': json(page(3)) },
      { next: '$page < 3 ? $replace($url, /\\?.*/, "") & "?page=" & ($page + 1)' },
    ],
    [
      'a Link header',
      {
        '/issues': json(page(1), link('/issues?page=2')),
        '/issues?page=2': json(page(2), link('/issues?page=3')),
        '/issues?page=3': json(page(3)),
      },
      {},
    ],
  ]
  for (const [name, documents, settings] of cases) {
    const { ids, target } = await openProgram(t, { documents, authorization: 'Bearer k' }, (url) => ({
      json: `${url}/issues`,
      items: 'items',
      headers: { authorization: 'Bearer k' },
      ...settings,
    }))
    t.strictSame(await ids(), ['1', '2', '3'], name)
    t.equal(target.requests.length, 3, name)
  }
})

t.test('a list ends where its next page says that there is nothing, as Sentry does', async (t) => {
  const link = (cursor: number, results: boolean) => ({
    link: `</issues?cursor=0>; rel="previous"; results="false"; cursor="0", </issues?cursor=${cursor}>; rel="next"; results="${results}"; cursor="${cursor}"`,
  })
  const documents = {
    '/issues': json([{ external_id: 1, name: 'N' }], link(1, true)),
    '/issues?cursor=1': json([{ external_id: 2, name: 'N' }], link(2, false)),
    '/issues?cursor=2': json([], link(3, false)),
  }
  const { ids, target } = await openProgram(t, { documents }, (url) => ({ json: `${url}/issues` }))
  t.strictSame(await ids(), ['1', '2'])
  t.equal(target.requests.length, 2)
})

/** A program whose answers always name a next page. */
async function endless(t: Test, page: (number: number) => object, settings: object = {}) {
  const documents = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, path) => JSON.stringify({ next: `/issues?page=${numberIn(path) + 1}`, ...page(numberIn(path)) }),
    },
  )
  const numberIn = (path: string | symbol): number => Number(/page=(\d+)/.exec(String(path))?.[1] ?? 1)
  return await openProgram(t, { documents }, (url) => ({
    json: `${url}/issues`,
    items: 'items',
    next: '/next',
    ...settings,
  }))
}

t.test('a list whose next page always points on ends at a page without tickets', async (t) => {
  const items = (number: number) => (number < 4 ? [{ external_id: number, name: 'N', state: 'open' }] : [])
  for (const settings of [
    {},
    { items: '/items' },
    { items: 'items[state = "open"]' },
    { items: '[items[state = "open"]]' },
  ]) {
    const isFilter = 'items' in settings && settings.items === 'items[state = "open"]'
    const { ids, target } = await endless(t, (number) => ({ items: items(number), number }), settings)
    if (isFilter) await t.rejects(ids(), { name: 'DeliveryError', setting: 'source.items' })
    else t.strictSame(await ids(), ['1', '2', '3'], JSON.stringify(settings))
    t.equal(target.requests.length, 4)
  }
})

t.test('a page whose tickets an expression leaves out is not the end', async (t) => {
  const page = (number: number) => ({
    items: number > 5 ? [] : [{ external_id: number, name: 'N', state: number % 4 === 1 ? 'open' : 'closed' }],
  })
  const { ids, target } = await endless(t, page, { items: '[items[state = "open"]]' })
  t.strictSame(await ids(), ['1', '5'])
  t.equal(target.requests.length, 6)
})

t.test('a list ends where its pages repeat, and a check says so', async (t) => {
  const ticket = (id: number) => ({ external_id: id, name: 'N' })
  const cases: [string, (number: number) => object, string[], number, string][] = [
    [
      'a URL',
      (number) => ({ items: [ticket(number)], next: number === 2 ? '/issues' : '/issues?page=2' }),
      ['1', '2'],
      2,
      'page 3 has the URL of an earlier page',
    ],
    ['itself', () => ({ items: [ticket(1)], next: '/issues' }), ['1'], 1, 'page 2 has the URL of an earlier page'],
    [
      'a content',
      (number) => ({
        items: [ticket(Math.min(number, 3))],
        next: `/issues?page=${number < 3 ? number + 1 : (number % 2) + 4}`,
      }),
      ['1', '2', '3'],
      4,
      'page 4 has the content of an earlier page',
    ],
    [
      'what is no new ticket',
      (number) => ({ items: [ticket(1)], at: number }),
      ['1', '1', '1', '1'],
      4,
      'page 4 is the 3rd in a row without a new ticket',
    ],
  ]
  for (const [name, page, expected, requests, what] of cases) {
    const { ids, check, target } = await endless(t, page)
    t.strictSame(await ids(), expected, name)
    t.equal(target.requests.length, requests, name)
    const findings = await check()
    t.match(
      findings.filter(({ setting }) => setting === 'source.next'),
      [{ level: 'warning', message: `${what}, so the list ends before it: if tickets are missing, check source.next` }],
      name,
    )
  }
})

t.test('a list has at most 500 pages, and the error says what to do', async (t) => {
  const { ids, target } = await endless(t, (number) => ({ items: [{ external_id: number, name: 'N' }] }))
  await t.rejects(ids(), {
    name: 'DeliveryError',
    setting: 'source.max_pages',
    message: /^the list has more than 500 pages, with 500 tickets so far: /,
  })
  t.equal(target.requests.length, 500)
})

t.test('hosts that belong to others are given time between two pages', async (t) => {
  const pages = [
    json([{ external_id: 1, name: 'N' }], { link: '</2>; rel=next' }),
    json([{ external_id: 2, name: 'N' }]),
  ]
  for (const [host, expected] of [
    ['https://tickets.example.com', [250]],
    ['http://192.0.2.1', []],
    ['http://8.8.8.8', [250]],
    ['http://tickets', []],
    ['http://[::1]:8080', []],
    ['https://jira.internal', []],
  ] as const) {
    const pauses: number[] = []
    let asked = 0
    const session = configured(other, { source: { json: `${host}/1` } }).open({
      integration: 'other',
      now: () => new Date(0),
      steady: () => 0,
      random: () => 0,
      pause: async (ms) => void pauses.push(ms),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      async send() {
        const { status, headers, body } = pages[asked++] ?? json([])
        return {
          status,
          headers,
          body: Buffer.from(body),
          truncated: false,
          text: () => body,
          json: () => JSON.parse(body),
        }
      },
    })
    const found: string[] = []
    for await (const page of session.stories?.() ?? []) found.push(...page.map(({ externalId }) => externalId))
    t.strictSame(found, ['1', '2'])
    t.strictSame(pauses, expected, host)
  }
})

t.test('the login goes only to the origin that it was set for', async (t) => {
  const elsewhere = await startDocumentSource({ documents: { '/two': json([{ external_id: 2, name: 'N' }]) } })
  t.teardown(() => elsewhere.close())
  const documents = { '/one': json([{ external_id: 1, name: 'N' }], { link: `<${elsewhere.url}/two>; rel=next` }) }
  const { ids, target } = await openProgram(t, { documents, authorization: 'Bearer k' }, (url) => ({
    json: `${url}/one`,
    headers: { Authorization: 'Bearer k', 'X-Key': 'k' },
    next_hosts: ['example.com', new URL(elsewhere.url).host],
  }))
  t.strictSame(await ids(), ['1', '2'])
  t.match(target.requests[0]?.headers, { authorization: 'Bearer k', 'x-key': 'k' })
  t.strictSame(
    Object.keys(elsewhere.requests[0]?.headers ?? {}).filter((name) => /authorization|x-key/.test(name)),
    [],
  )
})

t.test('a next page at a host that the settings do not name is not fetched', async (t) => {
  const elsewhere = await startDocumentSource({ documents: { '/two': json([{ external_id: 2, name: 'N' }]) } })
  t.teardown(() => elsewhere.close())
  const next = `${elsewhere.url}/two`
  const { host } = new URL(next)
  const cases: [object, object][] = [
    [json([{ external_id: 1, name: 'N' }], { link: `<${next}>; rel=next` }), {}],
    [json({ items: [{ external_id: 1, name: 'N' }], next }), { items: 'items', next: 'next' }],
  ]
  for (const [document, settings] of cases) {
    const { stories } = await openProgram(t, { documents: { '/one': document as ReturnType<typeof json> } }, (url) => ({
      json: `${url}/one`,
      next_hosts: ['example.com'],
      ...settings,
    }))
    await t.rejects(stories(), {
      name: 'DeliveryError',
      setting: 'source.next_hosts',
      message: `the next page is at http://${host}, which source.json does not name: if that is right, add ${host} to source.next_hosts`,
    })
  }
  t.strictSame(elsewhere.requests, [])
})

t.test('a page that cannot be fetched is an error even if earlier pages were read', async (t) => {
  const { stories } = await openProgram(
    t,
    { documents: { '/one': json([{ external_id: 1, name: 'N' }], { link: '</two>; rel="next"' }) } },
    (url) => ({ json: `${url}/one` }),
  )
  await t.rejects(stories(), {
    setting: 'source.next',
    message: /has nothing at this URL \(404\): check source\.next$/,
  })
})

t.test('each mistake is reported with its setting', async (t) => {
  const good = [{ external_id: 1, name: 'N' }]
  const end = 'write an expression that may find no ticket in brackets, [...]'
  const cases: [string, unknown, object, string, string | RegExp][] = [
    [
      'no list',
      { a: 1 },
      {},
      'source.items',
      'the document is not a list of tickets: set source.items to where the list is',
    ],
    [
      'nothing there',
      { error: 'login' },
      { items: 'issues' },
      'source.items',
      `source.items finds nothing: check it, and what the program answers; ${end}`,
    ],
    [
      'no list there',
      { issues: 'none' },
      { items: '/issues' },
      'source.items',
      `source.items finds something that is not a list: check it, and what the program answers; ${end}`,
    ],
    [
      'an expression that fails',
      good,
      { items: '$error("boo")' },
      'source.items',
      'source.items cannot be evaluated: boo, at character 7',
    ],
    [
      'no id',
      good,
      { fields: { external_id: 'key' } },
      'source.fields.external_id',
      'ticket 1 has no external_id: check source.fields.external_id',
    ],
    [
      'a part with parts',
      good,
      { fields: { name: '$' } },
      'source.fields.name',
      'the name of ticket 1 must be text, but has parts of its own: check source.fields.name',
    ],
    ['not a URL', good, { next: '42' }, 'source.next', 'source.next finds something that is not a URL: check it'],
    [
      'another scheme',
      good,
      { next: '"file:///etc/passwd"' },
      'source.next',
      'the next page is not at an http or https URL: check source.next',
    ],
    [
      'a list without end',
      good,
      { next: '$url & "?" & $page', max_pages: 1 },
      'source.max_pages',
      'the list has more than 1 pages, with 1 tickets so far: let the program give more tickets per page, or raise source.max_pages; if it should have ended, check source.next',
    ],
    [
      'a recursion without end',
      good,
      { items: '($f := function($n) { $f($n + 1) + 1 }; $f(1))' },
      'source.items',
      /^source\.items cannot be evaluated: /,
    ],
  ]
  for (const [name, value, settings, setting, message] of cases) {
    const { stories, check } = await openProgram(t, { documents: { '/issues': json(value) } }, (url) => ({
      json: `${url}/issues`,
      ...settings,
    }))
    await t.rejects(stories(), { name: 'DeliveryError', setting, message }, name)
    t.match(await check(), [{ level: 'error', setting, message }], name)
  }
})

t.test('the error for anything but JSON says what it is', async (t) => {
  const cases: [string, string | RegExp][] = [
    [
      '<!doctype html><html></html>',
      'the answer is not JSON, but a web page, most likely a login form: check source.json',
    ],
    ['', 'the answer is not JSON, but nothing at all: check source.json'],
    ['Access denied', 'the answer is not JSON, but plain text: check source.json'],
    ['[{"external_id":1', /^the answer cannot be read: The JSON is malformed: /],
  ]
  for (const [body, message] of cases) {
    const { stories } = await openProgram(t, { documents: { '/issues': body } }, (url) => ({ json: `${url}/issues` }))
    await t.rejects(stories(), { setting: 'source.json', message }, body)
  }
})

t.test('an expression that never ends is stopped with its process, and the relay goes on', async (t) => {
  const bytes = Buffer.from(JSON.stringify([{ external_id: `${'a'.repeat(60)}b`, name: 'N' }]))
  const reader = openReader('source.json', 500)
  t.teardown(() => reader.close())
  let turns = 0
  const timer = setInterval(() => (turns += 1), 10)
  t.teardown(() => clearInterval(timer))
  // A regular expression looks at no clock: only ending the process ends it.
  const mapping = { fields: { name: '$match(external_id, /^(a+)+$/)' } }
  await reader
    .read({ kind: 'json', bytes, contentType: '', encoding: null, times: USUAL_TIMES, mapping, url: '', page: 1 })
    .catch(() => {})
  const error = {
    name: 'DeliveryError',
    setting: 'source.json',
    message: 'source.json cannot be read in 0.5 s: let there be less to read, and check the expressions',
  }
  await t.rejects(reader.stories(1), error)
  t.ok(turns > 5, 'other work had its turns')
  await t.rejects(reader.stories(1), error, 'and it stays ended')
})

t.test('a process that runs out of memory is reported as such', async (t) => {
  const reader = openReader('source.json', 60_000, 24)
  t.teardown(() => reader.close())
  const mapping = { items: '[1..900000].{"external_id": $, "name": "a" & $}', fields: {} }
  await t.rejects(
    reader.read({
      kind: 'json',
      bytes: Buffer.from('[]'),
      contentType: '',
      encoding: null,
      times: USUAL_TIMES,
      mapping,
      url: '',
      page: 1,
    }),
    {
      name: 'DeliveryError',
      setting: 'source.json',
      message: 'source.json cannot be read: it takes more than 24 MiB of memory: let there be less to read',
    },
  )
})

t.test('a text far beyond the memory ends the reading, and not the relay', async (t) => {
  const reader = openReader('source.json', 20_000)
  t.teardown(() => reader.close())
  const bytes = Buffer.from(JSON.stringify([{ external_id: 'a', name: 'N' }]))
  const mapping = { fields: { name: '($f := function($t, $n) { $n = 0 ? $t : $f($t & $t, $n - 1) }; $f(name, 29))' } }
  const page = { contentType: '', encoding: null, times: USUAL_TIMES, url: '', page: 1 }
  await reader.read({ kind: 'json', bytes, mapping, ...page })
  await t.rejects(reader.stories(1), { name: 'DeliveryError', setting: /^source/ })
})

t.test('nothing keeps running if reading stops early', async (t) => {
  const many = Array.from({ length: 1200 }, (_, index) => ({ external_id: index, name: 'N' }))
  const { check, pages } = await openProgram(t, { documents: { '/issues': json(many) } }, (url) => ({
    json: `${url}/issues`,
  }))
  t.match(await check(), [{ level: 'ok', message: /1000 tickets or more/ }])
  t.strictSame(
    (await pages()).map(({ length }) => length),
    [500, 500, 200],
  )
})

t.test('the URL of the first ticket is shown, with a warning where it looks wrong', async (t) => {
  const target = await startDocumentSource({ documents: { '/issues': json([{ external_id: 'A 1', name: 'N' }]) } })
  t.teardown(() => target.close())
  const source = { json: `${target.url}/issues` }
  const [, right] = await openOther(t, source, { base_url: 'https://example.com/issues/' }).check()
  t.strictSame(right, {
    level: 'ok',
    setting: 'base_url',
    message: 'the URL of the first ticket is https://example.com/issues/A 1',
  })
  const [, wrong] = await openOther(t, source, { base_url: 'https://example.com/issues' }).check()
  t.match(wrong, {
    level: 'warning',
    setting: 'base_url',
    message: /issuesA 1; if that is wrong, add "\/" to the end of base_url/,
  })
})
