import t, { type Test } from 'tap'
import type { Recorded } from '../../../src/stand-ins/stand-in.ts'
import { startStandIn } from '../../../src/stand-ins/stand-in.ts'
import { openClient } from '../../harness.ts'
import { mappedSource, problemsOf } from './mapped-source.ts'

const TOKEN = 'a-token-of-the-board'
const BEGIN = Date.UTC(2026, 10, 24, 12, 0, 0)
const READS = '{ "occurredAt": at, "stories": { "id": no } }'
const PAGES = `$exists(page) ? {
  "things": page.cards.{"id": no, "changed": at, "events": {"at": at, "body": $}},
  "next": page.next
}`

const at = (minute: number): string => new Date(BEGIN + minute * 60_000).toISOString()

async function open(t: Test, answer: (request: Recorded) => unknown, more: object = {}) {
  const board = await startStandIn((request) => ({
    ...{ status: 200, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify(answer(request)),
  }))
  t.teardown(board.close)
  const catch_up = { url: `${board.url}/api/cards?after={since}&ms={since_ms}`, expression: PAGES, ...more }
  const source = mappedSource(t, { expression: READS, token: TOKEN, catch_up })
  const { send } = openClient(t)
  const now = () => BEGIN + 3_600_000
  const session = source.open?.({ send, now, steady: now, pause: async () => {} })
  if (session?.missed === undefined) throw new Error('there is a token')
  const { missed } = session
  const ask = async () => {
    const told: number[] = []
    const since = new Date(BEGIN)
    for await (const page of missed({ since, from: since, until: new Date(now()) }))
      told.push(...page.missed.map(({ body }) => JSON.parse(body.toString()).no))
    return told
  }
  return { board, session, ask }
}

t.test('a tool of one’s own is asked by a URL with the time, page by page, and with the token alone', async (t) => {
  const cards = Array.from({ length: 7 }, (_, index) => ({ no: index + 1, at: at(index + 1) }))
  const { board, ask, session } = await open(t, ({ query }) => {
    const found = cards.filter((card) => card.at >= new Date(query.get('after') ?? '').toISOString())
    const begin = Number(query.get('begin') ?? 0)
    return { cards: found.slice(begin, begin + 3), next: found.length > begin + 3 ? { begin: begin + 3 } : null }
  })
  t.strictSame(await ask(), [1, 2, 3, 4, 5, 6, 7])
  const [first] = board.requests
  t.equal(first?.query.get('after'), '2026-11-24T11:59:59Z', 'a second earlier, since times may have only seconds')
  t.equal(first?.query.get('ms'), String(BEGIN - 1000))
  t.equal(first?.headers.authorization, `Bearer ${TOKEN}`)
  t.match(await session.check(), [
    { level: 'ok', setting: 'catch_up', message: /can be asked what its web hook missed/ },
  ])
})

t.test('cards of one time that fill pages are told by the list’s own next page', async (t) => {
  const cards = Array.from({ length: 8 }, (_, index) => ({ no: index + 1, at: at(1) }))
  const { ask } = await open(t, ({ query }) => {
    const begin = Number(query.get('begin') ?? 0)
    const next = begin + 3 < cards.length ? `/api/cards?after=x&begin=${begin + 3}` : null
    return { cards: cards.slice(begin, begin + 3), next }
  })
  t.strictSame(await ask(), [1, 2, 3, 4, 5, 6, 7, 8])
})

t.test('the token is sent to no other server than that of the URL', async (t) => {
  let asked = 0
  const other = await startStandIn(() => ({ status: 200, body: String(++asked) }))
  t.teardown(other.close)
  const { ask } = await open(t, () => ({ cards: [{ no: 1, at: at(1) }], next: `${other.url}/cards` }))
  await t.rejects(ask(), { name: 'SourceApiError', message: /leads to another server than http:/ })
  t.equal(asked, 0)
})

t.test('a mistake of the expression is told with its place, and an address that is not there', async (t) => {
  const wrong = await open(t, () => ({}), { expression: '{ "things": {"id": 1, "colour": 2} }' })
  await t.rejects(wrong.ask(), {
    name: 'SourceApiError',
    message: /^the expression of catch_up, for a page: things\[0\]/,
  })
  const failing = await open(t, () => ({}), { expression: '$uppercase(1)' })
  await t.rejects(failing.ask(), { message: /^the expression of catch_up .* at line 1, column/ })
  const timeless = await open(t, () => ({ cards: [{ no: 1, at: 'yesterday' }] }))
  await t.rejects(timeless.ask(), { message: /gives a time that cannot be read: yesterday/ })
  const { board, ask } = await open(t, () => ({}))
  board.fault({ status: 404 })
  await t.rejects(ask(), { message: /has nothing at catch_up\.url/ })
})

t.test('another header can have the token', async (t) => {
  const { board, ask } = await open(t, () => ({ cards: [] }), {
    token_header: 'X-API-Key',
    headers: { 'X-Board': '7' },
  })
  await ask()
  t.match(board.requests[0]?.headers, { 'x-api-key': TOKEN, 'x-board': '7', authorization: undefined })
})

t.test('what is missing or wrong in the settings is named', async (t) => {
  const url = 'https://board.example.com/cards?after={since}'
  const own = { expression: READS, token: TOKEN }
  t.match(problemsOf(own), [/^catch_up\.url is missing/])
  t.match(problemsOf({ expression: READS, catch_up: { url } }), [/^token is missing/])
  t.match(problemsOf({ ...own, catch_up: { url } }), [/^catch_up\.file is missing$/])
  t.match(problemsOf({ tool: 'taiga', token: TOKEN, catch_up: { url } }), [/none comes with the relay for taiga/])
  t.match(problemsOf({ ...own, catch_up: { url, file: '1', expression: '2' } }), [/is a second expression/])
  t.match(problemsOf({ ...own, catch_up: { url, expression: '(' } }), [/^catch_up\.expression .*line 1/])
  t.strictSame(problemsOf({ tool: 'jira', token: TOKEN, catch_up: { url } }), [])
})
