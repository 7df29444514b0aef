import t, { type Test } from 'tap'
import type { ExternalStory, Finding, Session } from '../../../src/connectors/contract/connector.ts'
import lighthouse from '../../../src/connectors/lighthouse/index.ts'
import type { Lighthouse, LighthouseOptions } from '../../../src/stand-ins/lighthouse.ts'
import type { BinSeed } from '../../../src/stand-ins/lighthouse-search.ts'
import type { Answer, Fault, Recorded } from '../../../src/stand-ins/stand-in.ts'
import { configured, failure, pausesOf, problemsOf } from '../../harness.ts'
import { bare } from '../reading.ts'
import { checkBy, openAccount, TOKEN } from './lighthouse-account.ts'

const OPEN: BinSeed = { id: 48889, name: 'Open tickets', query: 'state:open' }
const IMPORT_ONLY = { update_comments: false, update_state: false }
const NOBODY = { token: '', ...IMPORT_ONLY }

async function openBin(t: Test, settings: object = {}, options: LighthouseOptions = {}) {
  return await openAccount(t, { bin_id: 48889, ...settings }, { bins: [OPEN], ...options })
}

async function pagesOf({ stories }: Session): Promise<(readonly ExternalStory[])[]> {
  if (stories === undefined) throw new Error('the session has no stories')
  const pages: (readonly ExternalStory[])[] = []
  for await (const page of stories()) pages.push(page)
  return pages
}

const numbersOf = (pages: readonly (readonly ExternalStory[])[]): number[] =>
  pages.flat().map(({ externalId }) => Number(externalId))

const isList = ({ path }: { path: string }): boolean => path.endsWith('/tickets.json')
const isBin = ({ path }: { path: string }): boolean => path.includes('/bins/')
const listed = (target: Lighthouse): readonly Recorded[] => target.requests.filter(isList)

/** The newest first, as Lighthouse lists them. */
function addTickets(target: Lighthouse, count: number): number[] {
  for (let number = 1; number <= count; number += 1) target.addTicket({ number })
  return Array.from({ length: count }, (_, index) => count - index)
}

function answer(value: unknown): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value),
  }
}

/** As Lighthouse sent a ticket in 2010. */
const early = {
  project_id: 54448,
  updated_at: 'Sat Jul 03 05:01:51 UTC 2010',
  closed: false,
  creator_id: 67916,
  creator_name: 'Montgomery Scott',
  url: 'http://acme.lighthouseapp.com/projects/54448/tickets/5',
  created_at: 'Sat Jul 03 05:01:48 UTC 2010',
  state: 'new',
  user_id: 67917,
  assigned_user_id: null,
  raw_data: { type: 'binary', encoding: 'base64' },
  attachments_count: 0,
  priority: 3,
  tag: 'engine "warp core" Bug',
  user_name: 'James Kirk',
  milestone_due_on: null,
  number: 5,
  title: 'Shields fail <b>&amp;</b> ]]> مرحبا 👩‍👩‍👧\u0000',
  original_body: 'h2. Steps\r\n\r\n# go to warp 9\r\n@code@ <script>',
  latest_body: 'Another note',
  original_body_html: '<div><h2>Steps</h2></div>',
  milestone_id: null,
  permalink: 'shields-fail',
}

const expected: readonly ExternalStory[] = [
  {
    externalId: '5',
    name: 'Shields fail <b>&amp;</b> ]]> مرحبا 👩‍👩‍👧\u0000',
    description: 'h2. Steps\n\n# go to warp 9\n@code@ <script>',
    requestedBy: 'Montgomery Scott',
    createdAt: new Date('2010-07-03T05:01:48.000Z'),
    type: 'Bug',
    estimate: null,
  },
  bare('4', ''),
]

t.test('a recorded page becomes stories, as Lighthouse wrote it in 2010 and as it did later', async (t) => {
  const bare = { number: 4, title: null, original_body: null, creator_name: null, created_at: null, tag: null }
  const later = { ...early, created_at: '2010-07-03T05:01:48Z', importance_name: 'High', watchers_ids: [1] }
  for (const page of [
    [early, bare],
    [{ ticket: later }, { ticket: { number: 4 } }],
  ]) {
    const { target, session } = await openBin(t)
    target.fault(answer({ tickets: page }), { where: isList })
    t.strictSame(await pagesOf(session), [expected])
  }
})

t.test("the bin's query is run with the token, in pages of the maximum size", async (t) => {
  const { target, session } = await openBin(t, {}, { bins: [{ id: 48889, query: 'state:open warp sort:priority' }] })
  target.addTicket({ number: 1, title: 'warp core' })
  target.addTicket({ number: 2, title: 'warp drive', state: 'resolved' })
  target.addTicket({ number: 3, title: 'shields' })
  t.strictSame(numbersOf(await pagesOf(session)), [1])
  t.strictSame(
    target.requests.map(({ method, path, query, headers }) => [
      method,
      path,
      Object.fromEntries(query),
      headers['x-lighthousetoken'],
    ]),
    [
      ['GET', '/projects/54448/bins/48889.json', {}, TOKEN],
      ['GET', '/projects/54448/tickets.json', { q: 'state:open warp sort:priority', limit: '100', page: '1' }, TOKEN],
      // The bin tells no count, so only an empty page is surely the end.
      ['GET', '/projects/54448/tickets.json', { q: 'state:open warp sort:priority', limit: '100', page: '2' }, TOKEN],
    ],
  )
})

t.test('all pages are read in order, each ticket once', async (t) => {
  const cases: [string, LighthouseOptions, number, number[]][] = [
    ['a short last page', {}, 250, [100, 100, 50]],
    ['a full last page', {}, 200, [100, 100]],
    ['each in an object of its own', { list: { wrapped: true } }, 250, [100, 100, 50]],
    ['the last page again and again', { list: { pastTheEnd: 'the last page again' } }, 200, [100, 100]],
    [
      'pages that are shorter than asked for',
      { list: { most: 30 }, bins: [{ ...OPEN, ticketsCount: 70 }] },
      70,
      [30, 30, 10],
    ],
    ['fewer than were counted', { bins: [{ ...OPEN, ticketsCount: 300 }] }, 250, [100, 100, 50]],
    ['pages that are shorter than asked for, and no count', { list: { most: 30 } }, 70, [30, 30, 10]],
    ['no query', { bins: [{ ...OPEN, query: null }] }, 101, [100, 1]],
  ]
  for (const [name, options, count, sizes] of cases) {
    const { target, session } = await openBin(t, {}, options)
    const numbers = addTickets(target, count)
    const pages = await pagesOf(session)
    t.strictSame(
      pages.map(({ length }) => length),
      sizes,
      name,
    )
    t.strictSame(numbersOf(pages), numbers, name)
  }
})

t.test('no ticket is shown twice if one changes while the list is read', async (t) => {
  const { target, session } = await openBin(t)
  const numbers = addTickets(target, 250)
  target.beforePages((pages) => {
    if (pages === 1) target.edit(1, 2, { body: 'a note' })
  })
  const found = numbersOf(await pagesOf(session))
  t.equal(found.length, new Set(found).size)
  t.strictSame(
    found,
    numbers.filter((number) => number !== 1),
    'the one that moved to the front is back with the next reading',
  )
})

t.test('the type is the first tag that names a type, else the first tag', async (t) => {
  const cases: [string | null, string | null][] = [
    [null, null],
    ['', null],
    ['ui', 'ui'],
    ['"high priority" ui', 'high priority'],
    ['ui BUG', 'BUG'],
    ['ui, enhancement, bug', 'enhancement'],
    ['constructor', 'constructor'],
  ]
  const { target, session } = await openBin(t)
  for (const [index, [tag]] of cases.entries()) target.addTicket({ number: index + 1, tag })
  const types = (await pagesOf(session)).flat().map(({ type }) => type)
  t.strictSame(
    types.toReversed(),
    cases.map(([, type]) => type),
  )
  t.strictSame(
    configured(lighthouse, { account: 'acme', external_project_id: 1, token: TOKEN }).imports?.storyTypes.otherwise,
    'feature',
  )
})

t.test('without a bin in the settings there is no source', async (t) => {
  t.equal((await openAccount(t)).session.stories, undefined)
})

t.test('the URL of a bin works too, and anything else is reported', async (t) => {
  const { target, again } = await openBin(t)
  const numbers = addTickets(target, 2)
  for (const bin_id of ['48889', '48889-open-tickets', 'https://acme.lighthouseapp.com/projects/54448-x/bins/48889'])
    t.strictSame(numbersOf(await pagesOf(again({ bin_id }))), numbers, bin_id)
  const examined = (bin_id: unknown) =>
    problemsOf(lighthouse, { ...NOBODY, account: 'acme', external_project_id: 1, bin_id })
  t.strictSame(examined('open'), [{ setting: 'bin_id', problem: "must be a bin's number, like 48889, or its URL" }])
  t.strictSame(examined(48889), [])
})

t.test('an empty bin is an empty list', async (t) => {
  t.strictSame((await pagesOf((await openBin(t)).session)).flat(), [])
  const silent = await openBin(t, {}, { tellsOfProfile: false })
  t.strictSame((await pagesOf(silent.session)).flat(), [], 'also for a token that may not ask for its user')
})

t.test('a public account is read without a token', async (t) => {
  const { target, session } = await openBin(t, NOBODY, { projects: [{ id: 54448, public: true }] })
  const numbers = addTickets(target, 3)
  t.strictSame(numbersOf(await pagesOf(session)), numbers)
  t.notOk(target.requests.some(({ headers }) => 'x-lighthousetoken' in headers))
})

t.test('each problem is reported with its setting', async (t) => {
  const closed = { projects: [{ id: 54448, public: true, members: [1] }] }
  const cases: [string, object, LighthouseOptions, object][] = [
    [
      'no such bin',
      { bin_id: 7 },
      {},
      {
        setting: 'bin_id',
        message:
          'Lighthouse shows no bin 7 in project 54448 to this token. ' +
          "Take the number from the bin's URL (/bins/...), and share the bin or set its owner's token",
      },
    ],
    [
      "somebody else's bin",
      {},
      { bins: [{ ...OPEN, ownedBy: 2 }] },
      { setting: 'bin_id', message: /^Lighthouse shows no bin 48889 in project 54448 to this token/ },
    ],
    [
      'a bin that is not shared, without a token',
      NOBODY,
      { ...closed, bins: [{ ...OPEN, ownedBy: 1 }] },
      { setting: 'bin_id', message: /^Lighthouse shows no bin 48889 in project 54448 without a token/ },
    ],
    [
      'a bin that asks for "me", without a token',
      NOBODY,
      { ...closed, bins: [{ ...OPEN, query: 'responsible:me state:open' }] },
      { setting: 'token', message: 'the query of bin 48889 asks for "me". Set the token of the user that it means' },
    ],
    [
      'no such project',
      { external_project_id: 4711 },
      {},
      { setting: 'external_project_id', message: /^Lighthouse shows no project 4711. Check external_project_id/ },
    ],
    ['a wrong token', { token: 'f'.repeat(40) }, {}, { verdict: 'hold', message: /rejects the token \(401\)/ }],
    ['a private account without a token', NOBODY, {}, { status: 401, message: /Set a valid API token/ }],
    [
      'a token for another project',
      {},
      { tokens: { [TOKEN]: { userId: 1, projectId: 9 } } },
      { status: 403, message: /does not let the token read this/ },
    ],
  ]
  for (const [name, settings, options, error] of cases) {
    const { session } = await openBin(t, settings, options)
    const found = await failure(pagesOf(session))
    t.match(found, error, name)
    t.notMatch(found.message, new RegExp(TOKEN), name)
  }
})

t.test('a token that is revoked while the list is read does not make it look empty or short', async (t) => {
  const denied: Answer = {
    status: 401,
    headers: { 'content-type': 'text/plain' },
    body: 'HTTP Basic: Access denied.\n',
  }
  const later = await openBin(t)
  addTickets(later.target, 150)
  later.target.fault(denied, { where: ({ query }) => query.get('page') === '2' })
  t.match(await failure(pagesOf(later.session)), { status: 401, message: /rejects the token/ })
  const empty = await openBin(t)
  empty.target.fault(denied, { where: ({ path }) => path === '/profile.json' })
  t.match(await failure(pagesOf(empty.session)), { status: 401, message: /rejects the token/ })
})

t.test('after a rate limit, a slow answer or a server error the list is still complete', async (t) => {
  const limit: Fault = { status: 429, headers: { 'x-rate-limit-retry-after': '0' }, body: 'Rate limit exceeded' }
  const cases: [Fault, (request: Recorded) => boolean][] = (
    [limit, { status: 502 }, { status: 503 }, 'reset', 'reset mid-body', 'garbage', 'hang'] as const
  ).flatMap((fault) => [isBin, isList].map((where) => [fault, where] as [Fault, typeof where]))
  const read = async ([fault, where]: (typeof cases)[number]) => {
    const { target, again } = await openBin(t, {}, { bins: [{ ...OPEN, ticketsCount: 3 }] })
    addTickets(target, 3)
    target.fault(fault, { where })
    const session = again({ bin_id: 48889 }, fault === 'hang' ? { timeoutMs: 1000 } : {})
    return { numbers: numbersOf(await pagesOf(session)), times: target.requests.filter(where).length }
  }
  t.strictSame(
    await Promise.all(cases.map(read)),
    cases.map(() => ({ numbers: [3, 2, 1], times: 2 })),
  )
})

t.test('Lighthouse is asked again only after the wait that it demands, and not at all if that is long', async (t) => {
  const { target, session } = await openBin(t)
  addTickets(target, 3)
  target.fault({ status: 429, headers: { 'x-rate-limit-retry-after': '1' } }, { where: isList })
  t.strictSame(numbersOf(await pagesOf(session)), [3, 2, 1])
  const [refused, again] = listed(target)
  t.equal(again?.path, refused?.path)
  const [waited, ...others] = pausesOf(session)
  t.ok(Number(waited) >= 1000, `${waited} ms`)
  t.strictSame(others, [])
  target.limit(0, 3600)
  t.match(await failure(pagesOf(session)), { verdict: 'hold', retryAfterMs: 3_600_000, message: /over its rate limit/ })
})

t.test('an answer that is not a list of tickets is an error, not an empty list', async (t) => {
  const page: Answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html>Log in' }
  const cases: [Answer, (request: Recorded) => boolean, RegExp][] = [
    [page, isBin, /not from Lighthouse's API/],
    [page, isList, /not from Lighthouse's API/],
    [answer({}), isList, /not from Lighthouse's API/],
    [answer({ tickets: [{ title: 'without a number' }] }), isList, /not from Lighthouse's API/],
    [answer({ bins: [] }), isBin, /not from Lighthouse's API/],
    [{ status: 302, headers: { location: 'https://lighthouseapp.com/login' } }, isList, /a redirect/],
    [{ status: 402 }, isList, /account is suspended/],
  ]
  for (const [fault, where, message] of cases) {
    const { target, session } = await openBin(t)
    addTickets(target, 3)
    target.fault(fault, { where })
    t.match((await failure(pagesOf(session))).message, message, JSON.stringify(fault))
  }
})

t.test('an account that stays down is an error', async (t) => {
  const { target, session } = await openBin(t)
  target.down({ status: 500 })
  t.match(await failure(pagesOf(session)), { status: 500, message: /^Lighthouse answered 500/ })
  t.ok(target.requests.length > 1)
})

t.test('requests of an import keep the interval too', async (t) => {
  const { target, session } = await openBin(t, { request_interval_seconds: 10 })
  addTickets(target, 150)
  const began = performance.now()
  t.equal((await pagesOf(session)).flat().length, 150)
  const waits = target.requests.length - 1
  t.ok(waits >= 2)
  const took = performance.now() - began
  for (const [index, ms] of pausesOf(session).slice(0, waits).entries())
    t.ok(ms + took >= (index + 1) * 10_000, `${ms} ms`)
  t.ok(pausesOf(session).length >= waits)
})

t.test('the check counts the tickets of the bin, and needs no right to write if nothing is written', async (t) => {
  const trouble = (all: readonly Finding[]) => all.filter(({ level }) => level !== 'ok')
  const readOnly = {
    tokens: { [TOKEN]: { userId: 1, readOnly: true } },
    projects: [{ id: 54448, public: true, members: [2] }],
  }
  const { target, session } = await openBin(t, IMPORT_ONLY, { ...readOnly, bins: [{ ...OPEN, ticketsCount: 2 }] })
  addTickets(target, 2)
  t.strictSame(await checkBy(session), [
    { level: 'ok', setting: 'token', message: 'the token belongs to Relay (user 1)' },
    { level: 'ok', setting: 'external_project_id', message: 'the project is lh-test' },
    { level: 'ok', setting: 'bin_id', message: 'the bin is Open tickets, with 2 tickets' },
  ])
  const cases: [string, object, LighthouseOptions, object[]][] = [
    [
      'nobody, in a public account',
      NOBODY,
      { projects: [{ id: 54448, public: true }], bins: [{ ...OPEN, query: 'x' }] },
      [{ level: 'warning', setting: 'bin_id', message: /can see no ticket in it/ }],
    ],
    ['no such bin', { bin_id: 7 }, {}, [{ level: 'error', setting: 'bin_id', message: /no bin 7/ }]],
  ]
  for (const [name, settings, options, findings] of cases) {
    const found = trouble(await checkBy((await openBin(t, settings, options)).session))
    t.match(found, findings, name)
    t.equal(found.length, findings.length, name)
  }
})
