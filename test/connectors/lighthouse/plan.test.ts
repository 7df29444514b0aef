import t from 'tap'
import lighthouse from '../../../src/connectors/lighthouse/index.ts'
import { createPace } from '../../../src/connectors/lighthouse/pace.ts'
import { configured, problemsOf } from '../../harness.ts'
import { activityOf, TOKEN } from './lighthouse-account.ts'

function settingsOf(given: object = {}): object {
  return { account: 'acme', token: TOKEN, external_project_id: 54448, ...given }
}

const states = ['unscheduled', 'planned', 'unstarted', 'started', 'finished', 'delivered', 'accepted', 'rejected']

function plannedStates(given: object): string[] {
  return states.filter((state) => {
    const activity = activityOf({ fields: { currentState: state }, original: { currentState: 'another' } })
    return configured(lighthouse, settingsOf(given)).plan(activity).length > 0
  })
}

t.test('a comment and a state that came together are two effects, the comment first', async (t) => {
  const activity = activityOf({
    fields: { currentState: 'accepted' },
    original: { currentState: 'delivered' },
    comments: [{ id: '77', change: 'create', text: 'Well done' }],
  })
  t.strictSame(configured(lighthouse, settingsOf()).plan(activity), [
    { kind: 'comment', storyId: '1031', author: 'James Kirk', text: 'Well done', commentId: '77' },
    { kind: 'state', storyId: '1031', author: 'James Kirk', state: 'accepted', from: 'delivered' },
  ])
})

t.test('only the states that move a ticket become effects', async (t) => {
  t.strictSame(plannedStates({}), ['started', 'finished', 'accepted', 'rejected'])
  t.strictSame(plannedStates({ states: { finished: '' } }), ['started', 'accepted', 'rejected'])
  t.strictSame(plannedStates({ states: { finished: 'hold', delivered: 'hold' } }), [
    'started',
    'finished',
    'delivered',
    'accepted',
    'rejected',
  ])
  t.strictSame(plannedStates({ states: { started: '' } }), ['accepted'], 'finished and rejected follow started')
  t.strictSame(plannedStates({ states: { started: '', rejected: 'open' } }), ['accepted', 'rejected'])
  t.strictSame(plannedStates({ update_state: false }), [])
})

t.test('comments can be switched off, and a comment by a relay is never copied', async (t) => {
  const comments = (text: string) => activityOf({ comments: [{ id: '77', change: 'create', text }] })
  t.strictSame(configured(lighthouse, settingsOf({ update_comments: false })).plan(comments('Hello')), [])
  t.strictSame(configured(lighthouse, settingsOf()).plan(comments('Hello\n\n[relay 0123456789ab]')), [])
})

t.test('wrong settings that the schema lets pass are reported by name', async (t) => {
  const problems = (given: object): string[] => problemsOf(lighthouse, settingsOf(given)).map(({ setting }) => setting)
  t.strictSame(problems({}), [])
  for (const account of ['acme', 'ACME.lighthouseapp.com', 'https://acme.lighthouseapp.com/projects/54448-lh-test'])
    t.strictSame(problems({ account }), [], account)
  for (const account of ['www.lighthouseapp.com', 'tickets.example.com', 'a b', 'acme/../x@evil.example', '-acme'])
    t.strictSame(problems({ account }), account.startsWith('acme/') ? [] : ['account'], account)
  for (const base_url of ['ftp://x', 'nonsense', 'https://user:pw@x.example', 'https://x.example/?a=b'])
    t.strictSame(problems({ base_url }), ['base_url'], base_url)
  for (const external_project_id of [
    54448,
    '54448',
    '54448-lh-test',
    'https://acme.lighthouseapp.com/projects/54448-x/overview',
  ])
    t.strictSame(problems({ external_project_id }), [], String(external_project_id))
  for (const external_project_id of ['lh-test', '12x', '1/../2'])
    t.strictSame(problems({ external_project_id }), ['external_project_id'], external_project_id)
  t.strictSame(problems({ token: '' }), ['token'])
  t.strictSame(problems({ token: '', update_comments: false, update_state: false }), [])
  t.strictSame(problems({ token: 'abc\r\nx: y' }), ['token'])
})

t.test('requests keep the interval, even if several are made at once', async (t) => {
  let clock = 1000
  const slept: number[] = []
  const pace = createPace(
    1000,
    () => clock,
    async (ms) => void slept.push(ms),
  )
  await Promise.all([pace(), pace(), pace()])
  t.strictSame(slept, [1000, 2000], 'the first goes at once')
  clock = 3500
  await pace()
  t.strictSame(slept, [1000, 2000, 500])
  clock = 9000
  await pace()
  t.strictSame(slept, [1000, 2000, 500], 'nothing waits after a pause')
})
