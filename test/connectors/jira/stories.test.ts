import t from 'tap'
import { Value } from 'typebox/value'
import type { ExternalStory, Session } from '../../../src/connectors/contract/connector.ts'
import jira from '../../../src/connectors/jira/index.ts'
import type { FoundTicket, JiraFilter } from '../../../src/stand-ins/jira-search.ts'
import type { Recorded } from '../../../src/stand-ins/stand-in.ts'
import { failure, openSession, pausesOf, problemsOf } from '../../harness.ts'
import { ALL_PERMISSIONS, type JiraOptions, relayUser, startJira } from '../../targets/jira.ts'
import { isWrite, type Opened, open } from './setup.ts'

const CLOUD = { api_username: 'relay', api_password: 'correct horse' }

/** A whole page as JIRA Server 8 sends it. */
const recorded: readonly FoundTicket[] = [
  {
    id: '10001',
    key: 'HSP-1',
    fields: {
      summary: 'Shields fail at warp 9',
      description: 'h2. Steps\r\n# go to warp 9\r\n# look at [~scotty]\r\n\r\n{code}shields = 0{code}',
      reporter: {
        self: 'https://jira.example.com/rest/api/2/user?username=kirk',
        name: 'kirk',
        key: 'JIRAUSER10100',
        emailAddress: 'kirk@example.com',
        displayName: 'James T. Kirk',
        active: true,
        timeZone: 'America/Chicago',
      },
      created: '2021-01-17T12:34:00.000+0100',
      issuetype: {
        self: 'https://jira.example.com/rest/api/2/issuetype/1',
        id: '1',
        description: 'A problem which impairs or prevents the functions of the product.',
        iconUrl: 'https://jira.example.com/images/icons/issuetypes/bug.png',
        name: 'Bug',
        subtask: false,
      },
      customfield_10016: 3,
      customfield_10019: '0|i0000f:',
    },
  },
  {
    id: '10002',
    key: 'HSP-2',
    fields: {
      summary: ' مرحبا <b>&amp;</b>\u0000 👩‍👩‍👧 ]]> ',
      description: null,
      reporter: null,
      created: '2021-01-18T00:00:00.000+0000',
      issuetype: { id: '10001', name: 'Story', subtask: false },
      customfield_10016: null,
    },
  },
]

const expected: readonly ExternalStory[] = [
  {
    externalId: 'HSP-1',
    name: 'Shields fail at warp 9',
    description: 'h2. Steps\n# go to warp 9\n# look at [~scotty]\n\n{code}shields = 0{code}',
    requestedBy: 'James T. Kirk',
    createdAt: new Date('2021-01-17T11:34:00.000Z'),
    type: 'Bug',
    estimate: null,
  },
  {
    externalId: 'HSP-2',
    name: ' مرحبا <b>&amp;</b>\u0000 👩‍👩‍👧 ]]> ',
    description: '',
    requestedBy: '',
    createdAt: new Date('2021-01-18T00:00:00.000Z'),
    type: 'Story',
    estimate: null,
  },
]

function ticket(number: number, fields: object = {}): FoundTicket {
  return {
    id: String(10000 + number),
    key: `HSP-${number}`,
    fields: { summary: `Ticket ${number}`, created: '2021-01-17T12:34:00.000+0000', ...fields },
  }
}

const numbered = (count: number): FoundTicket[] => Array.from({ length: count }, (_, index) => ticket(index + 1))
const keysOf = (tickets: readonly FoundTicket[]): string[] => tickets.map(({ key }) => key)

function filterOf(finds: readonly FoundTicket[], parts: Partial<JiraFilter> = {}): JiraFilter {
  return {
    id: '10000',
    name: 'All open bugs',
    jql: 'project = HSP AND resolution is EMPTY ORDER BY rank',
    ...parts,
    finds: [...finds],
  }
}

async function pagesOf(session: Session): Promise<(readonly ExternalStory[])[]> {
  if (session.stories === undefined) throw new Error('the session has no stories')
  const pages: (readonly ExternalStory[])[] = []
  for await (const page of session.stories()) pages.push(page)
  return pages
}

const storiesOf = async (session: Session): Promise<ExternalStory[]> => (await pagesOf(session)).flat()
const keysFrom = async (session: Session): Promise<string[]> =>
  (await storiesOf(session)).map(({ externalId }) => externalId)

async function openFilter(
  t: Parameters<typeof open>[0],
  filter: JiraFilter,
  options: JiraOptions = {},
  settings: object = {},
  warn?: (fields: object) => void,
): Promise<Opened> {
  const login = options.deployment === 'Cloud' ? CLOUD : {}
  return await open(t, { filters: [filter], ...options }, { filter_id: 10000, ...login, ...settings }, warn)
}

const isSearch = ({ path }: { path: string }): boolean => path.includes('/search')
const bodiesOf = ({ target }: Opened): unknown[] =>
  target.requests.filter(isSearch).map(({ body }) => JSON.parse(body.toString('utf8')))

t.test("a recorded page of a Server becomes stories, its wiki text as it is, in the filter's order", async (t) => {
  const opened = await openFilter(t, filterOf(recorded))
  t.strictSame(await pagesOf(opened.session), [expected])
  t.strictSame(bodiesOf(opened), [
    {
      jql: 'project = HSP AND resolution is EMPTY ORDER BY rank',
      fields: ['summary', 'description', 'reporter', 'created', 'issuetype'],
      startAt: 0,
      maxResults: 200,
    },
  ])
  t.notOk(opened.target.requests.some((request) => isWrite(request) && !isSearch(request)))
})

t.test('a recorded page of Cloud becomes stories, its documents as text', async (t) => {
  const description = {
    type: 'doc',
    version: 1,
    content: [
      { type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'Steps' }] },
      {
        type: 'orderedList',
        attrs: { order: 1 },
        content: [
          {
            type: 'listItem',
            content: [{ type: 'paragraph', content: [{ type: 'text', text: 'go to warp 9' }] }],
          },
        ],
      },
      {
        type: 'paragraph',
        content: [
          { type: 'text', text: 'ask ' },
          { type: 'mention', attrs: { id: '5b10', text: '@Scotty' } },
        ],
      },
    ],
  }
  const [first, second] = recorded
  const reporter = { accountId: '5b10a2844c20165700ede21g', displayName: 'James T. Kirk', accountType: 'atlassian' }
  const found = [
    { id: '10001', key: 'HSP-1', fields: { ...first?.fields, description, reporter } },
    { id: '10002', key: 'HSP-2', fields: { ...second?.fields } },
  ]
  const opened = await openFilter(t, filterOf(found), { deployment: 'Cloud' }, { estimate_field: 'customfield_10016' })
  t.strictSame(await pagesOf(opened.session), [
    [{ ...expected[0], description: '## Steps\n\n1. go to warp 9\n\nask @Scotty', estimate: 3 }, expected[1]],
  ])
  t.strictSame(
    opened.target.requests.map(({ method, path }) => `${method} ${path}`),
    [
      'GET /rest/api/2/myself',
      'GET /rest/api/2/filter/10000',
      'GET /rest/api/2/serverInfo',
      'POST /rest/api/3/search/jql',
    ],
  )
  t.strictSame(bodiesOf(opened), [
    {
      jql: 'project = HSP AND resolution is EMPTY ORDER BY rank',
      fields: ['summary', 'description', 'reporter', 'created', 'issuetype', 'customfield_10016'],
      maxResults: 100,
    },
  ])
})

t.test('many pages come whole and in order, from either, whatever the size that JIRA allows', async (t) => {
  const many = numbered(730)
  const cases: [JiraOptions, number[], number][] = [
    [{ deployment: 'Server' }, [200, 200, 200, 130], 4],
    [{ deployment: 'Server', mostFound: 50 }, [...Array(14).fill(50), 30], 15],
    [{ deployment: 'Cloud' }, [...Array(7).fill(100), 30], 8],
    [{ deployment: 'Cloud', mostFound: 50 }, [...Array(14).fill(50), 30], 15],
  ]
  for (const [options, sizes, asked] of cases) {
    const name = JSON.stringify(options)
    const opened = await openFilter(t, filterOf(many), options)
    const pages = await pagesOf(opened.session)
    t.strictSame(
      pages.map(({ length }) => length),
      sizes,
      name,
    )
    t.strictSame(
      pages.flat().map(({ externalId }) => externalId),
      keysOf(many),
      name,
    )
    t.equal(opened.target.requests.filter(isSearch).length, asked, `${name}: nothing is asked for past the end`)
  }
})

t.test('a list that ends with a full page is not asked for more', async (t) => {
  for (const [deployment, count] of [
    ['Server', 400],
    ['Cloud', 200],
  ] as const) {
    const opened = await openFilter(t, filterOf(numbered(count)), { deployment })
    t.strictSame((await pagesOf(opened.session)).length, 2, deployment)
    t.equal(opened.target.requests.filter(isSearch).length, 2, deployment)
  }
})

t.test('a page that is too long to be read at once is read in parts', async (t) => {
  const long = numbered(70).map(({ id, key, fields }) => ({
    id,
    key,
    fields: { ...fields, description: key.padEnd(400_000, '.') },
  }))
  for (const deployment of ['Server', 'Cloud'] as const) {
    const { session } = await openFilter(t, filterOf(long), { deployment })
    const found = await storiesOf(session)
    t.strictSame(
      found.map(({ externalId, description }) => `${externalId} ${description.slice(0, 6)} ${description.length}`),
      long.map(({ key }) => `${key} ${key.padEnd(6, '.')} 400000`),
      deployment,
    )
  }
  const longLater = [...numbered(200), ...long.map(({ id, fields }, index) => ({ id, key: `LONG-${index}`, fields }))]
  const found = [...longLater, ...numbered(500).slice(200)]
  const { session } = await openFilter(t, filterOf(found), { mostFound: 90 })
  t.strictSame(await keysFrom(session), keysOf(found), 'also past the first page')
})

t.test('a single ticket that is too long is an error that names the filter', async (t) => {
  const endless = [ticket(1), ticket(2, { description: 'x'.repeat(17 * 1024 * 1024) })]
  for (const deployment of ['Server', 'Cloud'] as const) {
    const { session } = await openFilter(t, filterOf(endless), { deployment })
    t.match(await failure(pagesOf(session)), { setting: 'filter_id', message: /longer than 16 MiB/ }, deployment)
  }
})

t.test('a ticket that is new at the front while the list is read shows nothing twice', async (t) => {
  const filter = filterOf(numbered(450))
  const { target, session } = await openFilter(t, filter)
  target.beforePages((pages) => {
    if (pages === 1) filter.finds.unshift(ticket(451))
  })
  const found = await keysFrom(session)
  t.equal(found.length, new Set(found).size)
  t.strictSame(found, keysOf(numbered(450)))
})

t.test('a query without a restriction gets one, since Cloud takes no other', async (t) => {
  for (const [jql, sent] of [
    ['', 'created >= "1970-01-01"'],
    ['ORDER BY created DESC', 'created >= "1970-01-01" ORDER BY created DESC'],
    ['  order  by rank', 'created >= "1970-01-01"   order  by rank'],
    ['orders = 1', 'orders = 1'],
  ] as const)
    for (const deployment of ['Server', 'Cloud'] as const) {
      const opened = await openFilter(t, filterOf(numbered(2), { jql }), { deployment })
      t.strictSame(await keysFrom(opened.session), ['HSP-1', 'HSP-2'], jql)
      t.match(bodiesOf(opened), [{ jql: sent }], jql)
    }
})

t.test('points are a number, or what reads as one', async (t) => {
  const cases: [unknown, number | null][] = [
    [5, 5],
    [0.5, 0.5],
    [0, 0],
    ['8', 8],
    ['1,5', 1.5],
    [{ self: 'x', value: '13', id: '10020' }, 13],
    [-1, null],
    ['XL', null],
    ['', null],
    [[5], null],
    [{ value: 'big' }, null],
    [true, null],
  ]
  const found = cases.map(([points], index) => ticket(index, { customfield_10016: points }))
  const { session } = await openFilter(t, filterOf(found), {}, { estimate_field: 'customfield_10016' })
  t.strictSame(
    (await storiesOf(session)).map(({ estimate }) => estimate),
    cases.map(([, points]) => points),
  )
})

t.test('fields that are hidden or strange are empty ones', async (t) => {
  const found = [
    { id: '1', key: 'HSP-1', fields: { reporter: 'kirk', created: 'yesterday', issuetype: [], description: 7 } },
  ]
  const { session } = await openFilter(t, filterOf(found))
  t.strictSame(await storiesOf(session), [
    { externalId: 'HSP-1', name: '', description: '', requestedBy: '', createdAt: null, type: null, estimate: null },
  ])
})

t.test('without a filter in the settings there is no source', async (t) => {
  const { session } = await open(t)
  t.equal(session.stories, undefined)
})

t.test('a pasted address of a filter is understood', async (t) => {
  const { session } = await openFilter(
    t,
    filterOf(numbered(1)),
    {},
    { filter_id: 'https://jira.example.com/issues/?filter=10000' },
  )
  t.strictSame(await keysFrom(session), ['HSP-1'])
})

t.test('settings that name no filter say so', async (t) => {
  const settings = { base_url: 'https://jira.example.com', personal_access_token: 'token' }
  const examined = (more: object) => problemsOf(jira, { ...settings, ...more })
  t.strictSame(examined({ filter_id: 'My open issues' }), [
    { setting: 'filter_id', problem: 'is not the number of a filter; take it from its address, ?filter=10000' },
  ])
  t.strictSame(examined({ estimate_field: 'customfield_10016' }), [
    { setting: 'filter_id', problem: 'is missing: estimate_field is of use only with the tickets of a filter' },
  ])
  for (const filter_id of [
    '10000',
    10000,
    'https://jira.example.com/secure/IssueNavigator.jspa?mode=hide&requestId=10000',
  ])
    t.strictSame(examined({ filter_id }), [])
  t.equal(
    Value.Check(jira.settings, Value.Default(jira.settings, { ...settings, estimate_field: 'Story Points' })),
    false,
  )
})

t.test('a filter that finds nothing is an empty list', async (t) => {
  for (const deployment of ['Server', 'Cloud'] as const) {
    const { session } = await openFilter(t, filterOf([]), { deployment })
    t.strictSame(await storiesOf(session), [], deployment)
  }
})

t.test('an empty answer to a login that failed is an error', async (t) => {
  const filter = filterOf(numbered(3), { shared: 'everybody' })
  const cases: [string, JiraOptions, object][] = [
    ['Cloud says so in a header', { deployment: 'Cloud' }, { api_password: 'expired' }],
    ['a proxy hides the header', { deployment: 'Cloud', hidesLogin: true }, { api_password: 'expired' }],
    [
      'what anybody may see is not all',
      { deployment: 'Cloud', hidesLogin: true, anonymous: ['BROWSE_PROJECTS'] },
      { api_password: 'expired' },
    ],
  ]
  for (const [name, options, settings] of cases) {
    const { target, session } = await openFilter(t, filter, options, settings)
    const error = await failure(pagesOf(session))
    t.match(error.message, /^JIRA does not accept api_username and api_password/, name)
    t.notMatch(error.message, /expired/, name)
    t.notOk(target.requests.some(isSearch), name)
  }
})

t.test('a login that ends while pages are read is an error, not the end of the list', async (t) => {
  for (const deployment of ['Server', 'Cloud'] as const) {
    const { target, session } = await openFilter(t, filterOf(numbered(450)), { deployment })
    target.beforePages((pages) => {
      const [user] = target.users
      if (pages === 0 && user !== undefined) Object.assign(user, { password: 'new', personalAccessToken: 'new' })
    })
    t.match(await failure(pagesOf(session)), { message: /^JIRA does not accept/ }, deployment)
  }
})

t.test('each thing that is wrong is told in one sentence, with its setting and the fix', async (t) => {
  const filter = filterOf(numbered(3))
  const unknown =
    /^JIRA shows the account no filter 10000: take filter_id from .*, and share the filter with the account\.$/
  const refused = { refused: "The value 'FG' does not exist for the field 'project'." }
  const cases: [string, JiraFilter, JiraOptions, object, object][] = [
    ['no such filter', { ...filter, id: '10001' }, {}, {}, { setting: 'filter_id', status: 400, message: unknown }],
    ['not shared', filterOf([], { shared: 'nobody' }), {}, {}, { setting: 'filter_id', message: unknown }],
    [
      'a query that JIRA does not take',
      filterOf([], refused),
      {},
      {},
      {
        setting: 'filter_id',
        message:
          'JIRA refuses the query of the filter "All open bugs" (The value \'FG\' does not exist for the field ' +
          '\'project\'.): correct the filter in JIRA, or give the account the permission "Browse projects" in the ' +
          'projects that it names.',
      },
    ],
    [
      'the same on Cloud',
      filterOf([], refused),
      { deployment: 'Cloud' },
      {},
      { setting: 'filter_id', message: /^JIRA refuses the query of the filter "All open bugs" \(The value 'FG'/ },
    ],
    [
      'a wrong token',
      filter,
      {},
      { personal_access_token: 'old' },
      { verdict: 'hold', message: /run out or was revoked/ },
    ],
    [
      'a wrong path',
      filter,
      { contextPath: '/jira' },
      { base_url: 'below' },
      { setting: 'base_url', message: /^There is no JIRA at http.*: it answered 404\. Add the path/ },
    ],
  ]
  for (const [name, each, options, settings, error] of cases) {
    const opened = await openFilter(t, each, options, 'base_url' in settings ? {} : settings)
    const session =
      'base_url' in settings
        ? (await open(t, {}, { filter_id: 10000, base_url: opened.target.url })).session
        : opened.session
    t.match(await failure(pagesOf(session)), error, name)
  }
})

t.test('limits, slow answers and troubles of the server are waited for, then the list is whole', async (t) => {
  const busy = { status: 429, headers: { 'retry-after': '0', 'ratelimit-reason': 'jira-burst-based' }, body: '{}' }
  const page = { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad gateway</html>' }
  const faults = [busy, page, { ...page, status: 503 }, 'reset', 'reset mid-body', 'garbage'] as const
  const cases = faults.flatMap((fault) =>
    ['/myself', '/filter/', '/search'].flatMap((where) =>
      (['Server', 'Cloud'] as const).map((deployment) => ({ fault, where, deployment })),
    ),
  )
  const read = async ({ fault, where, deployment }: (typeof cases)[number]) => {
    const { target, session } = await openFilter(t, filterOf(numbered(3)), { deployment })
    target.fault(fault, { where: ({ path }) => path.includes(where) })
    const keys = await keysFrom(session)
    return { keys, times: target.requests.filter(({ path }) => path.includes(where)).length }
  }
  t.strictSame(
    await Promise.all(cases.map(read)),
    cases.map(() => ({ keys: ['HSP-1', 'HSP-2', 'HSP-3'], times: 2 })),
  )
})

t.test('an answer that does not come is asked for again', async (t) => {
  const target = await startJira({ filters: [filterOf(numbered(3))] })
  const settings = { base_url: target.url, filter_id: 10000, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat' }
  const { session, close } = openSession(jira, settings, { timeoutMs: 1000 })
  t.teardown(async () => {
    await close()
    await target.close()
  })
  target.fault('hang', { where: isSearch })
  t.strictSame(await keysFrom(session), ['HSP-1', 'HSP-2', 'HSP-3'])
})

t.test('JIRA is asked again no sooner than it wants', async (t) => {
  const { target, session } = await openFilter(t, filterOf(numbered(450)))
  target.fault(
    { status: 429, headers: { 'retry-after': '1' } },
    { where: ({ body }) => body.includes('"startAt":200') },
  )
  t.strictSame(await keysFrom(session), keysOf(numbered(450)))
  t.equal(target.requests.filter(({ body }) => body.includes('"startAt":200')).length, 2)
  const [waited, ...others] = pausesOf(session)
  t.ok(Number(waited) >= 1000, `${waited} ms`)
  t.strictSame(others, [])
})

t.test('a limit that lasts, and a JIRA that stays down, are errors in the end', async (t) => {
  const limited = await openFilter(t, filterOf(numbered(3)))
  limited.target.down({ status: 429, headers: { 'retry-after': '3600' } })
  t.match(await failure(pagesOf(limited.session)), {
    verdict: 'hold',
    retryAfterMs: 3_600_000,
    message: 'JIRA answered 429: over its rate limit.',
  })
  t.equal(limited.target.requests.length, 1)
  const down = await openFilter(t, filterOf(numbered(3)))
  down.target.down({ status: 500, headers: {}, body: '' })
  t.match(await failure(pagesOf(down.session)), { status: 500, message: /^JIRA answered 500/ })
  t.ok(down.target.requests.length > 1)
})

t.test('an answer that is not a page of tickets never passes for the end of the list', async (t) => {
  const json = (value: unknown) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  })
  const cases: ['Server' | 'Cloud', object, RegExp][] = [
    [
      'Server',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html>' },
      /a web page instead/,
    ],
    ['Server', json({ issues: [] }), /another shape/],
    ['Cloud', json({ issues: [{ id: '10001' }], isLast: true }), /another shape/],
    ['Cloud', json({ issues: [], isLast: false }), /finds more, but not how to read on/],
    ['Cloud', { status: 410, headers: {}, body: '' }, /no longer has this REST API/],
    ['Server', { status: 404, headers: {}, body: '' }, /404 to a search: base_url/],
  ]
  const read = async ([deployment, answer]: (typeof cases)[number]): Promise<string> => {
    const { target, session } = await openFilter(t, filterOf(numbered(3)), { deployment })
    target.fault(answer as { status: number }, { times: 9, where: isSearch })
    return (await failure(pagesOf(session))).message
  }
  t.match(
    await Promise.all(cases.map(read)),
    cases.map(([, , message]) => message),
  )
})

t.test('a token that leads back to the same page does not go round for ever', async (t) => {
  const { target, session } = await openFilter(t, filterOf(numbered(3)), { deployment: 'Cloud' })
  target.fault(
    {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ issues: [ticket(1)], nextPageToken: 'CAEaAggD', isLast: false }),
    },
    { times: 9, where: isSearch },
  )
  t.strictSame(
    (await pagesOf(session)).flat().map(({ externalId }) => externalId),
    ['HSP-1'],
  )
  t.equal(target.requests.filter(isSearch).length, 2)
})

t.test('a token that comes with the last page is not followed', async (t) => {
  const { target, session } = await openFilter(t, filterOf(numbered(3)), { deployment: 'Cloud' })
  target.fault(
    {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ issues: [ticket(7)], nextPageToken: 'CAEaAggD', isLast: true }),
    },
    { where: isSearch },
  )
  t.strictSame(await keysFrom(session), ['HSP-7'])
})

t.test('a reader who leaves early leaves nothing that fails later', async (t) => {
  for (const deployment of ['Server', 'Cloud'] as const) {
    const { target, session } = await openFilter(t, filterOf(numbered(900)), { deployment })
    for await (const page of session.stories?.() ?? []) {
      t.equal(page[0]?.externalId, 'HSP-1')
      break
    }
    target.down('reset')
  }
})

t.test('the check tells how many tickets the filter finds, and names what is wrong with it', async (t) => {
  const importOnly = { update_comments: false, update_state: false }
  const reader = relayUser({ permissions: ['BROWSE_PROJECTS'] })
  const fields = [{ id: 'customfield_10016', name: 'Story Points' }]
  const about = (setting: string, opened: Opened) =>
    opened.session.check?.().then((all) => all.filter((each) => each.setting === setting))
  const found = filterOf(numbered(42))
  const cases: [string, JiraFilter, JiraOptions, object, object[]][] = [
    ['Server', found, {}, {}, [{ level: 'ok', message: 'The filter "All open bugs" finds 42 tickets.' }]],
    [
      'Cloud',
      found,
      { deployment: 'Cloud' },
      {},
      [{ level: 'ok', message: 'The filter "All open bugs" finds about 42 tickets.' }],
    ],
    [
      'Cloud that does not count',
      found,
      { deployment: 'Cloud', tellsCount: false },
      {},
      [{ level: 'ok', message: 'The filter "All open bugs" can be read.' }],
    ],
    [
      'nothing to be seen',
      found,
      { users: [relayUser({ permissions: ALL_PERMISSIONS.filter((each) => each !== 'BROWSE_PROJECTS') })] },
      {},
      [{ level: 'warning', message: /finds no ticket for the account.*Browse projects/ }],
    ],
    ['no such filter', { ...found, id: '1' }, {}, {}, [{ level: 'error', message: /no filter 10000: take filter_id/ }]],
    [
      'a query that JIRA does not take',
      filterOf([], { refused: 'No.' }),
      {},
      {},
      [{ level: 'error', message: /refuses the query of the filter "All open bugs" \(No\.\)/ }],
    ],
  ]
  for (const [name, filter, options, settings, expectedFindings] of cases) {
    const findings = await about(
      'filter_id',
      await openFilter(t, filter, { users: [reader], ...options }, { ...importOnly, ...settings }),
    )
    t.match(findings, expectedFindings, name)
    t.equal(findings?.length, expectedFindings.length, name)
  }
  const all = await openFilter(
    t,
    found,
    { users: [reader], fields },
    { ...importOnly, estimate_field: 'customfield_10016' },
  )
  t.strictSame(
    (await all.session.check?.())?.filter(({ level }) => level !== 'ok'),
    [],
    'a reader is enough for an import',
  )
  t.strictSame(await about('estimate_field', all), [
    { level: 'ok', setting: 'estimate_field', message: 'The estimate is the field "Story Points".' },
  ])
  t.match(await about('estimate_field', await openFilter(t, found, { fields }, { estimate_field: 'customfield_1' })), [
    { level: 'error', message: /no field customfield_1;/ },
  ])
})

t.test(
  'a Server that gives fewer in the middle than at first is asked for the rest, and for nothing past the end',
  async (t) => {
    const many = numbered(500)
    const page = (startAt: number, maxResults: number) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ startAt, maxResults, total: many.length },
        issues: many.slice(startAt, startAt + maxResults).map((each) => ({ ...each, expand: '', self: '' })),
      }),
    })
    const startOf = (request: { body: Buffer }): unknown => JSON.parse(request.body.toString()).startAt
    const isSecond = (request: Recorded): boolean => isSearch(request) && startOf(request) === 200
    const { target, session } = await openFilter(t, filterOf(many), { deployment: 'Server' })
    target.fault(page(200, 50), { where: isSecond })
    t.strictSame(await keysFrom(session), keysOf(many))

    const empty = await openFilter(t, filterOf(many), { deployment: 'Server' })
    empty.target.fault(page(500, 200), { times: 9, where: isSecond })
    t.match(await failure(pagesOf(empty.session)), {
      verdict: 'retry',
      message: 'JIRA says that the filter finds 500, and gives none behind 200.',
    })
  },
)

t.test('a Server that counts more tickets than it gives has a complete list, with a warning', async (t) => {
  for (const [total, real, most] of [
    [251, 250, 50],
    [251, 250, 100],
    [900, 250, 100],
    [1, 0, 50],
    [200, 199, 200],
  ] as const) {
    const many = numbered(real)
    const warnings: object[] = []
    const { session } = await openFilter(
      t,
      filterOf([]),
      {
        deployment: 'Server',
        answerSearch({ startAt, maxResults }) {
          const size = Math.min(most, maxResults)
          return { startAt, maxResults: size, total, issues: many.slice(startAt, startAt + size) }
        },
      },
      {},
      (fields) => warnings.push(fields),
    )
    t.strictSame(await keysFrom(session), keysOf(many), `${total} counted, ${real} given`)
    t.match(warnings, [{ total, tickets: real }])
    t.equal(warnings.length, 1)
  }
})

t.test('a Cloud that leads in a circle has a complete list, with a warning', async (t) => {
  const many = numbered(200)
  for (const tokenAfter of [
    (at: number) => (at >= 200 ? 'the same' : String(at)),
    (at: number) => String(at),
    (at: number) => String(at % 300),
  ]) {
    const warnings: object[] = []
    const { session } = await openFilter(
      t,
      filterOf([]),
      {
        deployment: 'Cloud',
        answerSearch({ maxResults, nextPageToken = '0' }) {
          const at = nextPageToken === 'the same' ? 200 : Number(nextPageToken)
          return { issues: many.slice(at, at + maxResults), isLast: false, nextPageToken: tokenAfter(at + maxResults) }
        },
      },
      CLOUD,
      (fields) => warnings.push(fields),
    )
    t.strictSame([...new Set(await keysFrom(session))], keysOf(many))
    t.match(warnings, [{ tickets: 200 }])
    t.equal(warnings.length, 1)
  }
})
