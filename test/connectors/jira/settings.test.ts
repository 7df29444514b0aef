import t from 'tap'
import type { Static } from 'typebox'
import { Value } from 'typebox/value'
import jira from '../../../src/connectors/jira/index.ts'
import { type Place, placeOf, ticketPage } from '../../../src/connectors/jira/place.ts'
import type { Settings } from '../../../src/connectors/jira/settings.ts'
import type { Activity, StoryChange } from '../../../src/tracker/activity.ts'
import { configured, exampleActivity, exampleStory, problemsOf } from '../../harness.ts'

const PAT = { base_url: 'https://jira.example.com', personal_access_token: 'token' }

function filled(settings: object): Settings {
  const value = Value.Default(jira.settings, structuredClone(settings))
  if (!Value.Check(jira.settings, value)) throw new Error(JSON.stringify([...Value.Errors(jira.settings, value)]))
  return value as Static<typeof jira.settings>
}

function placeIn(settings: object): Place {
  const place = placeOf(filled(settings))
  if (Array.isArray(place)) throw new Error(JSON.stringify(place))
  return place
}

function activity(story: Partial<StoryChange>): Activity {
  return exampleActivity(exampleStory(story))
}

t.test('the settings say what is wrong with them', async (t) => {
  const login =
    'api_username with api_password, personal_access_token, oauth_token, or oauth_client_id with oauth_client_secret'
  const gateway = 'https://api.atlassian.com/ex/jira/1'
  const client = { base_url: 'https://acme.atlassian.net', oauth_client_id: 'id', oauth_client_secret: 's' }
  const cases: [string, object, { setting: string; problem: string }[]][] = [
    ['a personal access token', PAT, []],
    ['a user and password', { base_url: 'http://jira.local:8080/jira/', api_username: 'a', api_password: 'b' }, []],
    [
      'no login',
      { base_url: 'https://jira.example.com' },
      [{ setting: 'api_username', problem: `is missing: one way to log in is needed, ${login}` }],
    ],
    [
      'two logins',
      { ...PAT, api_username: 'a', api_password: 'b' },
      [{ setting: 'personal_access_token', problem: `is one way too many: keep only one of ${login}` }],
    ],
    [
      'a user without a password',
      { ...PAT, api_username: 'a' },
      [{ setting: 'api_password', problem: 'is missing: api_username needs a password or an API token' }],
    ],
    [
      'a password without a user',
      { base_url: 'https://jira.example.com', api_password: 'b' },
      [{ setting: 'api_username', problem: 'is missing; api_password needs the name of its account' }],
    ],
    [
      'a user with a colon',
      { base_url: 'https://jira.example.com', api_username: 'a:b', api_password: 'b' },
      [{ setting: 'api_username', problem: 'must not hold a ":", which HTTP cannot carry in a user name' }],
    ],
    [
      'a token that would break a header',
      { base_url: 'https://jira.example.com', personal_access_token: 'abc\r\nX-Evil: 1' },
      [{ setting: 'personal_access_token', problem: 'holds a space or a character that no token has' }],
    ],
    [
      'OAuth at a Cloud site',
      { base_url: 'https://acme.atlassian.net', oauth_token: 'x' },
      [
        {
          setting: 'api_base_url',
          problem: 'must be https://api.atlassian.com/ex/jira/<cloud id> with oauth_token',
        },
      ],
    ],
    [
      'OAuth at the Cloud gateway',
      {
        base_url: 'https://acme.atlassian.net',
        api_base_url: 'https://api.atlassian.com/ex/jira/1',
        oauth_token: 'x',
      },
      [],
    ],
    ['a client of a service account', { ...client, api_base_url: gateway }, []],
    ['a client and a refresh token', { ...client, api_base_url: gateway, oauth_refresh_token: 'r' }, []],
    [
      'a client at the site itself',
      client,
      [
        {
          setting: 'api_base_url',
          problem:
            'must be https://api.atlassian.com/ex/jira/<cloud id> with oauth_client_id; the cloud id is shown at https://<site>.atlassian.net/_edge/tenant_info',
        },
      ],
    ],
    [
      'a refresh token without a client',
      { base_url: 'https://acme.atlassian.net', api_base_url: gateway, oauth_refresh_token: 'r' },
      [{ setting: 'oauth_client_id', problem: 'is missing; oauth_refresh_token needs it' }],
    ],
    [
      'a client without its secret',
      {
        base_url: 'https://acme.atlassian.net',
        api_base_url: gateway,
        oauth_client_id: 'id',
        oauth_refresh_token: 'r',
      },
      [{ setting: 'oauth_client_secret', problem: 'is missing; oauth_client_id needs it' }],
    ],
    [
      'a client and an access token',
      { ...client, api_base_url: gateway, oauth_token: 'x' },
      [{ setting: 'oauth_token', problem: `is one way too many: keep only one of ${login}` }],
    ],
    [
      'tokens that would be asked for in the clear',
      { ...client, api_base_url: gateway, oauth_token_url: 'http://auth.example.com/oauth/token' },
      [
        {
          setting: 'oauth_token_url',
          problem: 'must be an address that begins with https://, without user, password, "?" and "#"',
        },
      ],
    ],
    [
      'no address',
      { ...PAT, base_url: 'jira.example.com' },
      [{ setting: 'base_url', problem: 'is not an address; write it like https://jira.example.com' }],
    ],
    [
      'a password in the address',
      { ...PAT, base_url: 'https://a:b@jira.example.com' },
      [{ setting: 'base_url', problem: 'must not hold a user or password; use api_username and api_password' }],
    ],
    [
      'an address that goes too deep',
      { ...PAT, api_base_url: 'https://jira.example.com/rest/api/2' },
      [{ setting: 'api_base_url', problem: 'goes too deep: leave out /rest or /browse and what follows' }],
    ],
    [
      'an address with a query',
      { ...PAT, base_url: 'https://jira.example.com/?x=1' },
      [{ setting: 'base_url', problem: 'must end with the path: no "?" and no "#"' }],
    ],
    [
      'a state that is mapped to nothing',
      { ...PAT, states: { finished: { only_from: 'new' } } },
      [
        {
          setting: 'states.finished',
          problem: 'must name a transition, a status or a category; set it to null to leave the ticket alone',
        },
      ],
    ],
  ]
  for (const [name, settings, problems] of cases) t.strictSame(problemsOf(jira, filled(settings)), problems, name)
})

t.test('an unknown key, an unknown state and an unknown category are refused by the schema', async (t) => {
  const wrong = [
    { ...PAT, filter: 1 },
    { ...PAT, states: { begun: null } },
    { ...PAT, states: { started: { category: 'in progress' } } },
    { ...PAT, states: { started: { transition: [] } } },
    { ...PAT, comment_visibility: { type: 'public', value: 'x' } },
  ]
  for (const settings of wrong)
    t.equal(Value.Check(jira.settings, Value.Default(jira.settings, settings)), false, JSON.stringify(settings))
})

t.test('an overridden state keeps the defaults of the others', async (t) => {
  const { states } = filled({ ...PAT, states: { finished: { transition: 31 }, rejected: null } })
  t.strictSame(states.finished, { transition: 31 })
  t.equal(states.rejected, null)
  t.strictSame(states.started, { category: 'indeterminate', status: ['3', 'In Progress'] })
})

t.test('secrets are write only', async (t) => {
  const secrets = Object.entries(jira.settings.properties)
    .filter(([, schema]) => 'writeOnly' in schema && schema.writeOnly === true)
    .map(([key]) => key)
  t.strictSame(secrets, [
    'api_password',
    'personal_access_token',
    'oauth_token',
    'oauth_client_secret',
    'oauth_refresh_token',
  ])
})

t.test('addresses keep their path, and people are sent to base_url', async (t) => {
  const place = placeIn({ ...PAT, base_url: 'https://example.com/jira/', api_base_url: 'https://10.0.0.5/jira/' })
  t.equal(place.api, 'https://10.0.0.5/jira')
  t.equal(ticketPage(place, 'TEST-1'), 'https://example.com/jira/browse/TEST-1')
  t.equal(ticketPage(place, 'TEST-1', '10'), 'https://example.com/jira/browse/TEST-1?focusedCommentId=10')
})

t.test("only Atlassian's own hosts count as Cloud", async (t) => {
  const at = (base_url: string): boolean => placeIn({ ...PAT, base_url }).isCloud
  t.strictSame(
    ['https://acme.atlassian.net', 'https://api.atlassian.com/ex/jira/1', 'https://atlassian.net.example.com'].map(at),
    [true, true, false],
  )
})

t.test('an activity becomes a comment and a change of state, each on its own', async (t) => {
  const changed = activity({
    fields: { currentState: 'accepted' },
    original: { currentState: 'delivered' },
    comments: [{ id: '7', change: 'create', text: 'well done' }],
  })
  t.strictSame(configured(jira, filled(PAT)).plan(changed), [
    { kind: 'comment', storyId: '109', author: 'James Kirk', text: 'well done', commentId: '7' },
    { kind: 'state', storyId: '109', author: 'James Kirk', state: 'accepted', from: 'delivered' },
  ])
  t.strictSame(configured(jira, filled({ ...PAT, update_comments: false, update_state: false })).plan(changed), [])
})

t.test('only states that do something at the ticket are planned', async (t) => {
  const planned = (settings: object): string[] =>
    [
      'unscheduled',
      'unstarted',
      'planned',
      'started',
      'finished',
      'delivered',
      'accepted',
      'rejected',
      'unheard',
    ].filter(
      (state) =>
        configured(jira, filled({ ...PAT, ...settings })).plan(activity({ fields: { currentState: state } })).length >
        0,
    )
  t.strictSame(planned({}), [
    ...['unscheduled', 'unstarted', 'planned', 'started', 'finished', 'delivered', 'accepted', 'rejected'],
  ])
  t.strictSame(planned({ states: { finished: { status: 'In Review' }, started: null } }), [
    'unscheduled',
    'unstarted',
    'planned',
    'finished',
    'accepted',
    'rejected',
  ])
})
