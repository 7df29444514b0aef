import t from 'tap'
import { Value } from 'typebox/value'
import webhook from '../../../src/connectors/webhook/index.ts'
import { typeOf } from '../../../src/connectors/webhook/message.ts'
import type { Settings } from '../../../src/connectors/webhook/settings.ts'
import { signer } from '../../../src/connectors/webhook/signature.ts'
import type { Activity, StoryChange } from '../../../src/tracker/activity.ts'
import { configured, problemsOf } from '../../harness.ts'

const URL_ = 'https://builds.example.com/hooks/tracker?token=letmein'
const GOOD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const filled = (settings: object): Settings => Value.Default(webhook.settings, { url: URL_, ...settings }) as Settings

function activity(kind: string, stories: Partial<StoryChange>[] = []): Activity {
  return {
    key: '26:1031',
    format: 'json',
    projectId: '26',
    projectName: null,
    version: 175,
    kind,
    highlight: null,
    occurredAt: '2009-12-14T22:12:09.000Z',
    author: 'James Kirk',
    authorId: null,
    description: '',
    stories: stories.map((each, at) => ({
      id: String(at),
      change: 'update',
      name: null,
      storyType: null,
      url: null,
      fields: {},
      original: {},
      comments: [],
      ...each,
    })),
    others: [],
  }
}

t.test('the signature is the one that Standard Webhooks publishes as its example', async (t) => {
  t.strictSame(signer([GOOD])('msg_p5jXN8AQM9LWM0D4loKWxJek', new Date(1614265330_999), '{"test": 2432232314}'), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

t.test('a signature is over bytes, also over those that are no text', async (t) => {
  const bytes = Buffer.from([0xff, 0xfe, 0x00])
  const asText = Buffer.from(bytes.toString())
  const sign = (body: Buffer): string | undefined => signer([GOOD])('a', new Date(0), body)['webhook-signature']
  t.not(sign(bytes), sign(asText))
})

t.test('what happened is said in a word that a receiver can switch on', async (t) => {
  const accepted: Partial<StoryChange> = { fields: { currentState: 'accepted' } }
  const cases: [string, Partial<StoryChange>[], string][] = [
    ['story_create', [{ change: 'create', fields: { currentState: 'unscheduled' } }], 'story.created'],
    ['story_update', [{ fields: { name: 'x' } }], 'story.updated'],
    ['story_update', [accepted], 'story.accepted'],
    ['story_update', [accepted, { fields: { name: 'x' } }, accepted], 'story.accepted'],
    ['story_update', [accepted, { fields: { currentState: 'started' } }], 'story.updated'],
    ['story_update', [{ ...accepted, original: { currentState: 'accepted' } }], 'story.updated'],
    ['story_update', [{ fields: { currentState: null } }], 'story.updated'],
    ['story_delete', [{ change: 'delete' }], 'story.deleted'],
    ['multi_story_delete', [{ change: 'delete' }], 'story.deleted'],
    ['story_move', [{}], 'story.moved'],
    ['story_move_into_project', [{ change: 'create' }], 'story_move_into_project'],
    ['note_create', [{}], 'comment.created'],
    ['comment_create', [{}], 'comment.created'],
    ['comment_update', [{}], 'comment.updated'],
    ['comment_delete', [{}], 'comment.deleted'],
    ['task_create', [], 'task.created'],
    ['project_membership_delete', [], 'project_membership.deleted'],
    ['iteration_update', [], 'iteration.updated'],
    ['story_c2genericcommand', [], 'story_c2genericcommand'],
    ['wéird kind-of.thing', [], 'w_ird_kind_of_thing'],
    ['', [], 'activity'],
  ]
  for (const [kind, stories, type] of cases) t.equal(typeOf(activity(kind, stories)), type, kind)
})

t.test('only the kinds that are asked for are carried on', async (t) => {
  const cases: [string[], string, boolean][] = [
    [[], 'anything', true],
    [['story_update'], 'story_update', true],
    [['story_update'], 'story_updates', false],
    [['story_update'], 'a_story_update', false],
    [['story_*'], 'story_update', true],
    [['story_*'], 'story_', true],
    [['story_*'], 'my_story_update', false],
    [['*_create'], 'story_create', true],
    [['*_create'], 'story_created', false],
    [['*'], '', true],
    [['s*y_*e'], 'story_create', true],
    [['s*y_*e'], 'story_created', false],
    [['ab*ba'], 'aba', false],
    [['*a*a*'], 'a', false],
    [['*a*a*'], 'aa', true],
    [['a*bc*c'], 'abc', false],
    [['note_*', 'comment_*'], 'comment_create', true],
  ]
  for (const [kinds, kind, carried] of cases)
    t.strictSame(
      configured(webhook, filled({ kinds })).plan(activity(kind)),
      carried ? [{ kind: 'forward' }] : [],
      `${kind} with ${JSON.stringify(kinds)}`,
    )
  const began = process.cpuUsage()
  configured(webhook, filled({ kinds: [`${'*a'.repeat(49)}*b`] })).plan(activity('a'.repeat(100_000)))
  t.ok(process.cpuUsage(began).user < 1_000_000, 'no pattern makes it slow')
})

t.test('settings that cannot work are named, without showing a secret', async (t) => {
  const cases: [object, { setting: string; problem: string }[]][] = [
    [{}, []],
    [{ secret: GOOD }, []],
    [{ secret: 'a text of enough bytes, surely' }, []],
    [{ secrets: [GOOD, 'a text of enough bytes, surely'] }, []],
    [{ headers: { authorization: 'Bearer letmein', 'x-a': '' } }, []],
    [
      { url: 'builds.example.com/letmein' },
      [{ setting: 'url', problem: 'must be an http or https URL like https://builds.example.com/hooks/tracker' }],
    ],
    [
      { url: 'ftp://builds.example.com/letmein' },
      [{ setting: 'url', problem: 'must be an http or https URL like https://builds.example.com/hooks/tracker' }],
    ],
    [
      { url: 'https://me:letmein@builds.example.com/' },
      [{ setting: 'url', problem: 'must not hold a user or password; send them as headers: authorization' }],
    ],
    [
      { secret: GOOD, secrets: [GOOD] },
      [{ setting: 'secret', problem: 'must not be set together with secrets; keep one of the two' }],
    ],
    [
      { secret: 'letmein' },
      [{ setting: 'secret', problem: 'is too short: 7 bytes; at least 24 keep it from being guessed' }],
    ],
    [
      { secrets: [GOOD, 'whsec_bGV0bWVpbg=='] },
      [{ setting: 'secrets', problem: 'is too short: 7 bytes; at least 24 keep it from being guessed' }],
    ],
    [{ secret: 'whsec_let me in' }, [{ setting: 'secret', problem: 'must be base64 after whsec_' }]],
    [
      { secret: 'whsk_letmein' },
      [
        {
          setting: 'secret',
          problem: 'is a key for asymmetric signatures; the relay signs with a shared secret, whsec_ and base64',
        },
      ],
    ],
    [
      { secret: 'correct horse battery staple, ÄÖÜ' },
      [{ setting: 'secret', problem: 'holds a character beyond ASCII, which receivers turn into different bytes' }],
    ],
    [{ secret: 'x'.repeat(600) }, [{ setting: 'secret', problem: 'is too long: 600 bytes; at most 512' }]],
    ...['Webhook-Id', 'webhook-anything', 'Content-Type', 'content-length', 'HOST', 'Transfer-Encoding'].map(
      (name): [object, { setting: string; problem: string }[]] => [
        { headers: { [name]: 'letmein' } },
        [{ setting: `headers.${name}`, problem: 'is set by the relay itself; leave it out' }],
      ],
    ),
    [{ headers: { 'x y': 'letmein' } }, [{ setting: 'headers.x y', problem: 'is not a valid header name' }]],
    [
      { headers: { 'x-y': 'letmein\r\nx-z: 1' } },
      [{ setting: 'headers.x-y', problem: 'contains a line break or another character that a header cannot have' }],
    ],
  ]
  for (const [settings, problems] of cases)
    t.strictSame(problemsOf(webhook, filled(settings)), problems, JSON.stringify(settings).slice(0, 60))
})

t.test('the schema knows the secrets, and refuses what it does not know', async (t) => {
  const valid = (settings: object): boolean => Value.Check(webhook.settings, filled(settings))
  t.ok(valid({}))
  t.ok(valid({ secret: GOOD, kinds: ['story_*'], payload: 'raw', headers: { a: 'b' } }))
  for (const wrong of [
    { secrets: [] },
    { secrets: [GOOD, GOOD, GOOD] },
    { payload: 'xml' },
    { kinds: ['story.accepted'] },
    { method: 'GET' },
    { headers: { a: 1 } },
    { url: '' },
  ])
    t.notOk(valid(wrong), JSON.stringify(wrong))
  const { url, secret } = webhook.settings.properties
  t.match([url, secret], [{ writeOnly: true }, { writeOnly: true }])
})
