import t from 'tap'
import { createToldApart } from '../../src/queue/told-apart.ts'
import type { ReadActivity } from '../../src/sources/contract/source.ts'

function told(hook: string, id: string): ReadActivity {
  const activity: ReadActivity['activity'] = {
    ...{ key: 'github:closed', format: 'json', projectId: 'p', projectName: null, version: null, kind: 'story_update' },
    ...{
      highlight: null,
      occurredAt: '2026-11-24T12:00:00.000Z',
      author: 'ada',
      authorId: null,
      description: 'closed',
    },
    ...{ stories: [], others: [] },
  }
  return { activity, delivery: { hook, id } }
}

t.test('another delivery of the hook that told the first is another event, and no other is', async (t) => {
  const apart = createToldApart()
  t.equal(apart.asAnother('p', told('1', 'b')), null, 'nothing is known of the first')
  apart.keep('p', told('1', 'a'))
  t.equal(apart.asAnother('p', told('1', 'a')), null, 'it was sent again')
  t.equal(apart.asAnother('p', told('2', 'b')), null, 'the hook of the organisation told it too')
  t.equal(apart.asAnother('other', told('1', 'b')), null)
  const other = apart.asAnother('p', told('1', 'b'))
  t.match(other, { activity: { key: 'github:closed:b' } })
  t.notOk(other !== null && 'delivery' in other, 'which is stored once, by its own key')
  const { delivery: _, ...byApi } = told('1', 'a')
  t.equal(apart.asAnother('p', byApi), null)
})

t.test('of what is long ago nothing is kept', async (t) => {
  const apart = createToldApart()
  apart.keep('first', told('1', 'a'))
  for (let index = 0; index < 1000; index += 1) apart.keep(`p${index}`, told('1', 'a'))
  t.equal(apart.asAnother('first', told('1', 'b')), null)
  t.ok(apart.asAnother('p999', told('1', 'b')))
})
