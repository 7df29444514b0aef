import t from 'tap'
import campfire from '../../../src/connectors/campfire/index.ts'
import { placeOf, secretsOf } from '../../../src/connectors/campfire/place.ts'
import { problemsOf } from '../../harness.ts'
import { filled } from './filled.ts'

t.test('an account is understood as its name, its host or its address', async (t) => {
  const cases: [object, string, string][] = [
    [{ subdomain: 'enterprise', room_id: 42 }, 'https://enterprise.campfirenow.com', '42'],
    [
      { subdomain: 'enterprise', room_id: 'https://enterprise.campfirenow.com/room/42' },
      'https://enterprise.campfirenow.com',
      '42',
    ],
    [
      { subdomain: 'enterprise', room_id: ' enterprise.campfirenow.com/room/42/transcript?x=1#bottom ' },
      'https://enterprise.campfirenow.com',
      '42',
    ],
    [{ subdomain: ' Enterprise ', room_id: '42' }, 'https://enterprise.campfirenow.com', '42'],
    [{ subdomain: 'enterprise', room_id: 42, use_ssl: false }, 'http://enterprise.campfirenow.com', '42'],
    [{ subdomain: 'enterprise.campfirenow.com', room_id: 42 }, 'https://enterprise.campfirenow.com', '42'],
    [{ subdomain: 'http://enterprise.campfirenow.com/', room_id: 42 }, 'https://enterprise.campfirenow.com', '42'],
    [{ subdomain: 'https://enterprise.campfirenow.com/room/42' }, 'https://enterprise.campfirenow.com', '42'],
    [{ subdomain: 'enterprise.campfirenow.com/room/42/x', room_id: 42 }, 'https://enterprise.campfirenow.com', '42'],
    [{ base_url: 'http://127.0.0.1:8080', room_id: 42 }, 'http://127.0.0.1:8080', '42'],
    [{ base_url: 'chat.example.com/', room_id: 42 }, 'https://chat.example.com', '42'],
    [{ base_url: 'chat.example.com', use_ssl: false, room_id: 42 }, 'http://chat.example.com', '42'],
    [{ base_url: 'https://example.com/chat/room/7' }, 'https://example.com/chat', '7'],
    [{ base_url: 'https://example.com/chat//', room_id: 7 }, 'https://example.com/chat', '7'],
  ]
  for (const [settings, base, roomId] of cases) {
    const addressSetting = 'base_url' in settings ? 'base_url' : 'subdomain'
    t.strictSame(
      placeOf(filled({ api_token: 'abc', ...settings })),
      { flavour: 'classic', base, addressSetting, token: 'abc', roomId },
      JSON.stringify(settings),
    )
  }
})

t.test(
  'a room of ONCE Campfire is understood as its address with or without the key, or as the curl line',
  async (t) => {
    const key = '2-AbCdEf123456'
    const cases: [object, string, string][] = [
      [{ url: 'https://chat.example.com/rooms/1', bot_key: key }, 'https://chat.example.com', '1'],
      [{ url: 'https://chat.example.com/rooms/1/', bot_key: key }, 'https://chat.example.com', '1'],
      [{ url: 'https://chat.example.com/rooms/1/@77', bot_key: key }, 'https://chat.example.com', '1'],
      [{ url: 'https://chat.example.com', room_id: 1, bot_key: key }, 'https://chat.example.com', '1'],
      [
        { url: 'https://chat.example.com', room_id: 'https://chat.example.com/rooms/1', bot_key: key },
        'https://chat.example.com',
        '1',
      ],
      [{ url: 'chat.example.com/rooms/1', bot_key: key }, 'https://chat.example.com', '1'],
      [{ url: `https://chat.example.com/rooms/1/${key}/messages` }, 'https://chat.example.com', '1'],
      [{ url: `http://10.0.0.7:3000/rooms/12/${key}/messages`, bot_key: key }, 'http://10.0.0.7:3000', '12'],
      [{ url: `curl -d 'Hello!' https://chat.example.com/rooms/1/${key}/messages` }, 'https://chat.example.com', '1'],
      [
        { url: `curl -F "attachment=@/path/to/file" "https://chat.example.com/rooms/1/${key}/messages"` },
        'https://chat.example.com',
        '1',
      ],
    ]
    for (const [settings, base, roomId] of cases)
      t.strictSame(placeOf(filled(settings)), { flavour: 'once', base, roomId, botKey: key }, JSON.stringify(settings))
  },
)

t.test('settings that do not name one room are reported, each problem at its setting', async (t) => {
  const key = '2-AbCdEf123456'
  const cases: [object, string[]][] = [
    [{}, ['subdomain']],
    [{ room_id: 42 }, ['subdomain']],
    [{ subdomain: 'enterprise' }, ['api_token', 'room_id']],
    [{ api_token: 'abc', room_id: 42 }, ['subdomain']],
    [{ subdomain: 'enterprise', base_url: 'https://x.example', api_token: 'abc', room_id: 42 }, ['base_url']],
    [{ subdomain: 'chat.example.com', api_token: 'abc', room_id: 42 }, ['subdomain']],
    [{ subdomain: 'enter prise', api_token: 'abc' }, ['subdomain']],
    [{ subdomain: 'enterprise.campfirenow.com.evil.example', api_token: 'abc', room_id: 1 }, ['subdomain']],
    [{ subdomain: 'https://enterprise.campfirenow.com/room/42', api_token: 'abc', room_id: 43 }, ['room_id']],
    [{ subdomain: 'enterprise', api_token: 'abc', room_id: 'Bridge' }, ['room_id']],
    [{ subdomain: 'enterprise', api_token: 'abc', room_id: '042' }, ['room_id']],
    [{ subdomain: 'enterprise', api_token: 'abc', room_id: 'https://x.example/bridge/42' }, ['room_id']],
    [{ base_url: 'ftp://chat.example.com', api_token: 'abc', room_id: 42 }, ['base_url']],
    [{ base_url: 'https://kirk:secret@chat.example.com', api_token: 'abc', room_id: 42 }, ['base_url']],
    [{ url: 'https://chat.example.com/rooms/1' }, ['bot_key']],
    [{ url: 'https://chat.example.com', bot_key: key }, ['room_id']],
    [{ url: 'https://chat.example.com' }, ['room_id', 'bot_key']],
    [{ bot_key: key }, ['url']],
    [{ url: "curl -d 'Hello!' https://chat.example.com/" }, ['url']],
    [{ url: "curl -d 'Hello!'", bot_key: key }, ['url']],
    [{ url: `https://chat.example.com/rooms/1/${key}/messages`, bot_key: '2-other0000000' }, ['bot_key']],
    [{ url: `https://chat.example.com/rooms/1/${key}/messages`, room_id: 2 }, ['room_id']],
    [{ url: 'https://chat.example.com/about', bot_key: key }, ['url']],
    [{ url: 'https://chat.example.com/rooms/1', bot_key: key, subdomain: 'enterprise' }, ['url', 'bot_key']],
  ]
  for (const [settings, expected] of cases) {
    const problems = problemsOf(campfire, filled(settings))
    t.strictSame(
      problems.map(({ setting }) => setting),
      expected,
      JSON.stringify(settings),
    )
    t.notMatch(JSON.stringify(problems), /AbCd|other000|secret@/, 'no secret is shown')
  }
})

t.test('settings that name a room have no problem', async (t) => {
  t.strictSame(problemsOf(campfire, filled({ subdomain: 'enterprise', api_token: 'abc', room_id: 42 })), [])
})

t.test('every secret is known, also the key within a pasted address', async (t) => {
  const url = "curl -d 'Hello!' https://chat.example.com/rooms/1/2-AbCdEf123456/messages"
  t.strictSame(secretsOf(filled({ url })), [url, '2-AbCdEf123456'])
  t.strictSame(secretsOf(filled({ subdomain: 'enterprise', api_token: 'abc', room_id: 42 })), ['abc'])
})

t.test('a room gets everything over https unless the settings say otherwise', async (t) => {
  t.strictSame(filled({}), {
    use_ssl: true,
    publish_new_stories: true,
    publish_story_state_changes: true,
    publish_story_comments: true,
    templates: {},
  })
})

t.test('a template that cannot be used is a problem, beside those of the address', async (t) => {
  const place = { subdomain: 'enterprise', room_id: 42, api_token: 'token' }
  t.match(problemsOf(campfire, { ...place, templates: { accepted: '{stroy}' } }), [
    { setting: 'templates.accepted', problem: /unknown placeholder/ },
  ])
  t.match(problemsOf(campfire, { ...place, api_token: undefined, templates: { created: 'new' } }), [
    { setting: 'api_token' },
    { setting: 'templates.created' },
  ])
  t.strictSame(problemsOf(campfire, { ...place, templates: { created: '{story} is new' } }), [])
})
