import t from 'tap'
import { findWriting, type WritingsPage, type Written } from '../../../src/connectors/kit/own-writings.ts'

interface Message extends Written {
  readonly text: string
}

const START = new Date(1000)

async function find(pages: readonly Omit<WritingsPage<Message>, 'clock'>[], receipts: readonly string[] = []) {
  let read = 0
  async function* each() {
    for (const page of pages) {
      read += 1
      yield { ...page, clock: null }
    }
  }
  const found = await findWriting(each(), {
    isIt: ({ text }) => text === 'Live long',
    notBefore: () => START,
    receipted: async (ids) => new Set(ids.filter((id) => receipts.includes(id))),
  })
  return { found: typeof found === 'string' ? found : found.id, read }
}

const said = (id: string, createdAt: number | null, text = 'Anybody here?'): Message => ({ id, createdAt, text })

t.test('only what has the words and the time, and no receipt of another attempt, is found', async (t) => {
  const only = async (message: Message, receipts: readonly string[] = []) =>
    (await find([{ writings: [message], hasOlder: false }], receipts)).found
  t.equal(await only(said('7', 1000, 'Live long')), '7')
  t.equal(await only(said('7', 1000, 'Live longer')), 'absent')
  t.equal(await only(said('7', 999, 'Live long')), 'absent')
  t.equal(await only(said('7', null, 'Live long')), 'cannot tell')
  t.equal(await only(said('7', 1000, 'Live long'), ['7']), 'absent', 'another attempt wrote it, and knows')
  const twice = { writings: [said('7', 1000, 'Live long'), said('8', 1001, 'Live long')], hasOlder: false }
  t.equal((await find([twice], ['7'])).found, '8')
})

t.test('it looks page by page, and no further back than the attempt', async (t) => {
  const newest = { writings: [said('9', 3000), said('8', 2000)], hasOlder: true }
  const middle = { writings: [said('7', 1500, 'Live long')], hasOlder: true }
  const older = { writings: [said('6', 1200), said('5', 999)], hasOlder: true }
  t.strictSame(await find([newest, middle, older]), { found: '7', read: 2 })
  t.strictSame(await find([newest, older, middle]), { found: 'absent', read: 2 }, 'what comes next is older still')
})

t.test('what is not on the pages is absent only if they go back to before the attempt', async (t) => {
  const cases: [string, readonly Omit<WritingsPage<Message>, 'clock'>[], 'absent' | 'cannot tell'][] = [
    ['all there is', [{ writings: [said('1', 1500)], hasOlder: false }], 'absent'],
    ['nothing at all', [{ writings: [], hasOlder: false }], 'absent'],
    ['no page', [], 'cannot tell'],
    ['older ones are not shown', [{ writings: [said('1', 1500), said('0', 1000)], hasOlder: true }], 'cannot tell'],
    ['one of before is shown', [{ writings: [said('1', 1500), said('0', 999)], hasOlder: true }], 'absent'],
    ['a time cannot be read', [{ writings: [said('1', 999), said('0', null)], hasOlder: false }], 'cannot tell'],
    ['asked from the time on', [{ writings: [], hasOlder: false, from: new Date(1000) }], 'absent'],
    ['asked from later on', [{ writings: [], hasOlder: false, from: new Date(1001) }], 'cannot tell'],
  ]
  for (const [name, pages, expected] of cases) t.equal((await find(pages)).found, expected, name)
})
