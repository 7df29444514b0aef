import t from 'tap'
import { Value } from 'typebox/value'
import bugzilla from '../../../src/connectors/bugzilla/index.ts'
import { mappedStatus, type Settings } from '../../../src/connectors/bugzilla/settings.ts'
import type { Activity, StoryChange } from '../../../src/tracker/activity.ts'
import { configured, problemsOf } from '../../harness.ts'

const url = 'https://bugzilla.example.com/'
const filled = (settings: object): Settings => Value.Default(bugzilla.settings, settings) as Settings
const problems = (settings: object): unknown => problemsOf(bugzilla, settings)

t.test('the defaults are those of Tracker', async (t) => {
  const settings = filled({ url, api_key: 'k' })
  t.equal(Value.Check(bugzilla.settings, settings), true)
  t.strictSame(settings, {
    url,
    excluded_statuses: ['RESOLVED', 'VERIFIED', 'CLOSED'],
    api_key: 'k',
    update_comments: true,
    comments_private: false,
    update_state: true,
  })
})

t.test('a setting or a state that does not exist is refused', async (t) => {
  t.equal(Value.Check(bugzilla.settings, filled({ url, api_key: 'k', commentz: true })), false)
  t.equal(Value.Check(bugzilla.settings, filled({ url, api_key: 'k', map_status: { done: { status: 'X' } } })), false)
  t.equal(Value.Check(bugzilla.settings, filled({ url, api_key: 'k', map_status: { accepted: {} } })), false)
  t.equal(Value.Check(bugzilla.settings, filled({ url, api_key: 'k', map_status: { planned: { status: 'X' } } })), true)
})

t.test('every setting is described, and the secrets are known as such', async (t) => {
  const properties = Object.entries(bugzilla.settings.properties) as [
    string,
    { description?: string; writeOnly?: boolean },
  ][]
  t.strictSame(
    properties.filter(([, { description }]) => (description ?? '') === ''),
    [],
  )
  t.strictSame(
    properties.filter(([, { writeOnly }]) => writeOnly === true).map(([name]) => name),
    ['password', 'api_key'],
  )
})

t.test('there is one way to log in, and it is whole', async (t) => {
  t.strictSame(problems({ url, username: 'a', password: 'b' }), [])
  t.strictSame(problems({ url, api_key: 'k' }), [])
  t.strictSame(problems({ url, username: 'a', api_key: 'k' }), [])
  t.strictSame(problems({ url }), [
    { setting: 'username', problem: 'is missing; set username and password, or api_key' },
  ])
  t.strictSame(problems({ url, username: 'a' }), [{ setting: 'password', problem: 'is missing; set it, or api_key' }])
  t.strictSame(problems({ url, password: 'b' }), [{ setting: 'username', problem: 'is missing; password needs it' }])
  t.strictSame(problems({ url, username: 'a', password: 'b', api_key: 'k' }), [
    { setting: 'api_key', problem: 'must not be set together with password; keep one of the two' },
  ])
})

t.test('the address is that of the whole Bugzilla', async (t) => {
  const examined = (address: string): unknown => problems({ url: address, api_key: 'k' })
  t.strictSame(examined('http://localhost:8080/bugs'), [])
  t.strictSame(examined('bugzilla.example.com'), [{ setting: 'url', problem: 'must be an http or https URL' }])
  t.strictSame(examined('ftp://bugzilla.example.com'), [{ setting: 'url', problem: 'must be an http or https URL' }])
  for (const page of ['xmlrpc.cgi', 'show_bug.cgi?id=1', 'rest.cgi/', '?a=b', '#c1'])
    t.strictSame(examined(`${url}${page}`), [
      { setting: 'url', problem: 'must not be the URL of one page; remove the file name and what follows it' },
    ])
  t.strictSame(examined('https://me:secret@bugzilla.example.com/'), [
    { setting: 'url', problem: 'must not contain a login; set username and password instead' },
  ])
})

t.test('a map of statuses that cannot work is refused', async (t) => {
  const accepted = { status: 'RESOLVED', resolution: 'FIXED' }
  t.strictSame(problems({ url, api_key: 'k', map_status: { accepted } }), [])
  t.strictSame(problems({ url, api_key: 'k', update_state: false, map_status: { accepted } }), [
    { setting: 'map_status', problem: 'has no effect while update_state is false' },
  ])
  t.strictSame(
    problems({ url, api_key: 'k', map_status: { rejected: { status: 'RESOLVED', resolution: 'duplicate' } } }),
    [{ setting: 'map_status.rejected', problem: 'must not be DUPLICATE, because a story does not say of which bug' }],
  )
})

t.test('only the states in the map change the status', async (t) => {
  const settings = filled({ url, api_key: 'k', map_status: { started: { status: 'IN_PROGRESS' } } })
  t.strictSame(mappedStatus(settings, 'started'), { status: 'IN_PROGRESS' })
  t.equal(mappedStatus(settings, 'accepted'), null)
  t.equal(mappedStatus(settings, 'constructor'), null)
  t.equal(mappedStatus(filled({ url, api_key: 'k' }), 'started'), null)
})

const change: StoryChange = {
  id: '1',
  change: 'update',
  name: 'More power',
  storyType: 'feature',
  url: null,
  fields: { currentState: 'rejected' },
  original: { currentState: 'delivered' },
  comments: [{ id: '5', change: 'create', text: 'not yet' }],
}
const activity: Activity = {
  key: '26:1',
  format: 'xml',
  projectId: '26',
  projectName: null,
  version: 1,
  kind: 'story_update',
  highlight: null,
  occurredAt: '2026-11-24T00:00:00.000Z',
  author: 'Ada',
  authorId: null,
  description: '',
  stories: [change],
  others: [],
}

t.test('the settings choose what is carried on', async (t) => {
  const comment = { kind: 'comment', storyId: '1', author: 'Ada', text: 'not yet', commentId: '5' }
  const state = { kind: 'state', storyId: '1', author: 'Ada', state: 'rejected', from: 'delivered' }
  const plan = (settings: object): unknown => configured(bugzilla, { url, api_key: 'k', ...settings }).plan(activity)
  t.strictSame(plan({}), [comment, state])
  t.strictSame(plan({ update_comments: false }), [state])
  t.strictSame(plan({ update_state: false }), [comment])
  t.strictSame(plan({ update_comments: false, update_state: false }), [])
})
