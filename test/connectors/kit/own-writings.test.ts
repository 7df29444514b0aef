import t from 'tap'
import { createOwnWritings } from '../../../src/connectors/kit/own-writings.ts'

const start = new Date(1000)
const message = { id: '7', createdAt: 1000, text: 'Live long' }
const sought = { isIt: ({ text }: typeof message) => text === 'Live long', notBefore: start, jobKey: 'dlv_a' }

t.test('only what has the words, the time and no other job is found', async (t) => {
  const own = createOwnWritings()
  t.equal(own.find([{ ...message, text: 'Live longer' }], sought), null)
  t.equal(own.find([{ ...message, createdAt: 999 }], sought), null)
  t.equal(own.find([{ ...message, createdAt: null }], { ...sought, isIt: () => true }), null)
  t.equal(own.find([], sought), null)
  t.equal(own.find([message], sought), message)
  t.equal(own.find([message], sought), message, 'it stays this job’s own')
  t.equal(own.find([message], { ...sought, jobKey: 'dlv_b' }), null, 'and is never another’s')
  const second = { ...message, id: '8' }
  t.equal(own.find([message, second], { ...sought, jobKey: 'dlv_b' }), second)
})

t.test('what is remembered does not grow without end', async (t) => {
  const own = createOwnWritings()
  for (let id = 0; id < 501; id += 1) own.remember(String(id), 'dlv_a')
  const other = { ...sought, jobKey: 'dlv_b' }
  t.equal(own.find([{ ...message, id: '1' }], other), null)
  t.equal(own.find([{ ...message, id: '0' }], other)?.id, '0', 'the oldest is forgotten')
})

t.test('what is not on a page is absent only if the page goes back to before the attempt', async (t) => {
  const own = createOwnWritings()
  const at = (createdAt: number | null) => ({ id: String(createdAt), createdAt, text: 'Anybody here?' })
  const sought = { isIt: () => false, notBefore: start, jobKey: 'dlv_a' }
  const cases: [string, Parameters<typeof own.look>[0], 'absent' | 'cannot tell'][] = [
    ['all there is', { writings: [at(1500)], hasOlder: false }, 'absent'],
    ['nothing at all', { writings: [], hasOlder: false }, 'absent'],
    ['older ones are not shown', { writings: [at(1500), at(1000)], hasOlder: true }, 'cannot tell'],
    ['older ones are not shown, but one of before is', { writings: [at(1500), at(999)], hasOlder: true }, 'absent'],
    ['a time cannot be read', { writings: [at(999), at(null)], hasOlder: false }, 'cannot tell'],
    ['asked from the time on', { writings: [], hasOlder: false, from: new Date(1000) }, 'absent'],
    ['asked from later on', { writings: [], hasOlder: false, from: new Date(1001) }, 'cannot tell'],
  ]
  for (const [name, page, expected] of cases) t.equal(own.look(page, sought), expected, name)
  t.equal(own.look({ writings: [message], hasOlder: true }, { ...sought, isIt: () => true }), message)
})
