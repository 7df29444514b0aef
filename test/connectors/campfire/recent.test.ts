import t from 'tap'
import { createMemory, notBefore, type RoomMessage, timeOf } from '../../../src/connectors/campfire/recent.ts'
import type { Response } from '../../../src/http/send.ts'

function answerAt(date: string | null): Response {
  const headers: Record<string, string> = date === null ? {} : { date }
  return { status: 200, headers, body: Buffer.from(''), truncated: false, text: () => '', json: () => null }
}

t.test('a time is read in every form in which Campfires have written it', async (t) => {
  const seconds = Date.UTC(2009, 10, 22, 19, 11, 41)
  const cases: [string, number | null][] = [
    ['2009-11-22T19:11:41Z', seconds],
    ['2009/11/22 19:11:41 +0000', seconds],
    ['2009-11-22 19:11:41', seconds],
    ['2009-11-22 20:11:41 +01:00', seconds],
    ['2009-11-22 19:11:41 UTC', seconds],
    ['2009-11-22T19:11:41.250Z', seconds + 250],
    ['2009-11-22T19:11:41.250999Z', seconds + 250],
    ['2009-11-22T19:11:41.2Z', seconds + 200],
    ['2009-11-22T19:61:41Z', null],
    ['yesterday', null],
    ['', null],
  ]
  for (const [text, expected] of cases) t.equal(timeOf(text), expected, text)
})

t.test('the earliest time of a message is told by the clock of the target', async (t) => {
  const since = new Date('2026-01-01T10:00:00.000Z')
  const now = new Date('2026-01-01T10:00:30.000Z')
  const earliest = (date: string | null): string => new Date(notBefore(since, answerAt(date), now)).toISOString()
  t.equal(earliest('Thu, 01 Jan 2026 10:00:30 GMT'), '2026-01-01T09:59:58.000Z')
  t.equal(earliest('Thu, 01 Jan 2026 09:50:30 GMT'), '2026-01-01T09:49:58.000Z', 'ten minutes behind')
  t.equal(earliest('Thu, 01 Jan 2026 11:00:30 GMT'), '2026-01-01T10:59:58.000Z', 'an hour ahead')
  t.equal(earliest(null), '2026-01-01T09:59:55.000Z')
  t.equal(earliest('now'), '2026-01-01T09:59:55.000Z')
})

t.test(
  'only a message of the same author, with the same words, of the time and of no other job is found',
  async (t) => {
    const message: RoomMessage = { id: '7', authorId: '2', text: 'Spock said:\r\nLive  long ', createdAt: 1000 }
    const sought = { authorId: '2', text: 'Spock said:\nLive long', notBefore: 1000, jobKey: 'dlv_a' }
    const memory = createMemory()
    t.equal(memory.find([{ ...message, authorId: '3' }], sought), null)
    t.equal(memory.find([{ ...message, authorId: null }], sought), null)
    t.equal(memory.find([{ ...message, text: 'Spock said: Live long.' }], sought), null)
    t.equal(memory.find([{ ...message, createdAt: 999 }], sought), null)
    t.equal(memory.find([{ ...message, createdAt: null }], sought), null)
    t.equal(memory.find([], sought), null)
    t.equal(memory.find([message], sought), message)
    t.equal(memory.find([message], sought), message, 'it stays this job’s own')
    t.equal(memory.find([message], { ...sought, jobKey: 'dlv_b' }), null, 'and is never another’s')
    const second = { ...message, id: '8' }
    t.equal(memory.find([message, second], { ...sought, jobKey: 'dlv_b' }), second)
  },
)

t.test('what is remembered does not grow without end', async (t) => {
  const memory = createMemory()
  for (let id = 0; id < 501; id += 1) memory.remember(String(id), 'dlv_a')
  const sought = { authorId: '2', text: 'x', notBefore: 0, jobKey: 'dlv_b' }
  const message = (id: string): RoomMessage => ({ id, authorId: '2', text: 'x', createdAt: 1 })
  t.equal(memory.find([message('1')], sought), null)
  t.equal(memory.find([message('0')], sought)?.id, '0', 'the oldest is forgotten')
})
