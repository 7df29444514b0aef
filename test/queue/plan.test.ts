import t from 'tap'
import { consider, plan } from '../../src/queue/plan.ts'
import { filterOf } from '../../src/tracker/filter.ts'
import { activity } from '../store/database.ts'

const comment = (commentId: string | null, storyId = '1') =>
  ({ kind: 'comment', storyId, author: 'James Kirk', text: 'Yes', commentId }) as const
const room = {
  name: 'room',
  // The middle two are the same but for their order.
  configured: { plan: () => [comment('1', '2'), comment(null), comment(null), comment('2', '2')] },
}
const two = { ...activity(1, []), stories: [story('1', ['late']), story('2', ['urgent'])] }

function story(id: string, labels: string[]) {
  return activity(1, [id]).stories.map((each) => ({ ...each, fields: { labels } }))[0] as never
}

t.test('a filter leaves deliveries out, and gives the others no other keys', async (t) => {
  const all = plan(two, '26', [room])
  t.equal(all.length, 4)
  const urgent = plan(two, '26', [{ ...room, filter: filterOf({ labels: ['urgent'] }) }])
  t.strictSame(urgent, [all[0], all[3]])
  const late = plan(two, '26', [{ ...room, filter: filterOf({ not_labels: ['urgent'] }) }])
  t.strictSame(late, [all[1], all[2]])
})

t.test('what is left out is told with the reason', async (t) => {
  const considered = consider(two, '26', { ...room, filter: filterOf({ authors: ['Spock'] }) })
  t.equal(considered.length, 4)
  for (const { leftOut } of considered) t.match(leftOut, /^filter\.authors leaves it out: its author is James Kirk/)
})

t.test('what depends on earlier activities has a condition until they are known', async (t) => {
  const filter = filterOf({ labels: ['urgent'], states: ['started'] })
  const early = plan(two, '26', [{ ...room, filter }])
  t.strictSame(
    early.map(({ effect, onlyIf }) => [effect.kind === 'comment' && effect.commentId, onlyIf]),
    [
      ['1', filter?.story],
      ['2', filter?.story],
    ],
    'story 1 is out already',
  )
  const known = { labels: null, state: 'started', storyType: null }
  t.strictSame(
    plan(two, '26', [{ ...room, filter }], () => known).map(({ onlyIf }) => onlyIf),
    [undefined, undefined],
  )
  t.strictSame(
    plan(two, '26', [{ ...room, filter }], () => undefined),
    [],
  )
})
