import t from 'tap'
import { NO_DIRECTORY } from '../../../src/sources/contract/source.ts'
import gitlab from '../../../src/sources/gitlab/index.ts'
import { configuredSource } from '../recorded.ts'
import { gitlabRequest, SECRET_TOKEN, SIGNING_TOKEN } from './requests.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const OTHER_KEY = Buffer.alloc(32, 'another key')

function sent(ago = 0, parts: Parameters<typeof gitlabRequest>[1] = {}, without: readonly string[] = []) {
  const { body, headers } = gitlabRequest({ object_kind: 'push' }, { sentAt: NOW.getTime() - ago * 1000, ...parts })
  const left = Object.entries(headers).filter(([name]) => !without.includes(name))
  return { body: Buffer.from(body), headers: Object.fromEntries(left) as Record<string, string> }
}

const signed = configuredSource(gitlab, { signing_secret: SIGNING_TOKEN })
const plain = configuredSource(gitlab, { secret_token: SECRET_TOKEN })
const both = configuredSource(gitlab, { signing_secret: SIGNING_TOKEN, secret_token: SECRET_TOKEN })
const problemsWith = (settings: object) => {
  try {
    configuredSource(gitlab, settings)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

t.test('a signed request is verified, also with one of several signatures', async (t) => {
  t.equal(signed.verify?.(sent(), NOW), null)
  const { headers, body } = sent()
  const several = `v1,${Buffer.alloc(32).toString('base64')} ${headers['webhook-signature']} v1a,of-another-kind`
  t.equal(signed.verify?.({ body, headers: { ...headers, 'webhook-signature': several } }, NOW), null)
  t.match(signed.verify?.(sent(0, { key: OTHER_KEY }), NOW), { reason: 'signature', message: /not that of the body/ })
})

t.test('the id and the time are signed too', async (t) => {
  const { headers, body } = sent()
  for (const name of ['webhook-id', 'webhook-timestamp'])
    t.match(signed.verify?.({ body, headers: { ...headers, [name]: `${headers[name]}0` } }, NOW), {
      reason: 'signature',
    })
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
    t.match(signed.verify?.(sent(0, {}, [name]), NOW), { message: /set a signing token/ })
})

t.test('what was signed more than five minutes before or after is refused, unless more is allowed', async (t) => {
  t.equal(signed.verify?.(sent(300), NOW), null)
  t.equal(signed.verify?.(sent(-300), NOW), null)
  t.match(signed.verify?.(sent(301), NOW), { message: /301 seconds ago, and max_age_seconds allows 300/ })
  t.match(signed.verify?.(sent(-301), NOW), { message: /from now/ })
  const patient = configuredSource(gitlab, { signing_secret: SIGNING_TOKEN, max_age_seconds: 3600 })
  t.equal(patient.verify?.(sent(3000), NOW), null)
})

t.test('a GitLab that does not sign is known by its token; with both, both must be right', async (t) => {
  t.equal(plain.verify?.(sent(9999, { key: OTHER_KEY }), NOW), null)
  t.match(plain.verify?.(sent(0, { token: 'another' }), NOW), { message: /X-Gitlab-Token is not secret_token/ })
  t.match(plain.verify?.(sent(0, {}, ['x-gitlab-token']), NOW), { message: /has no X-Gitlab-Token/ })
  t.equal(both.verify?.(sent(), NOW), null)
  t.match(both.verify?.(sent(0, { token: 'another' }), NOW), { reason: 'signature' })
  t.match(both.verify?.(sent(0, { key: OTHER_KEY }), NOW), { reason: 'signature' })
})

t.test('what is wrong with the settings is said', async (t) => {
  t.match(problemsWith({}), 'signing_secret: is missing; set it, or secret_token')
  t.match(problemsWith({ signing_secret: 'whsec_no base64' }), 'signing_secret: is broken')
  t.match(problemsWith({ signing_secret: SIGNING_TOKEN, signing_secrets: [SIGNING_TOKEN] }), 'must be left out')
  t.equal(problemsWith({ signing_secret: SIGNING_TOKEN }), null)
})

t.test('no event that the relay has no use for is answered as a failure', async (t) => {
  const kinds = [
    'push',
    'tag_push',
    'merge_request',
    'wiki_page',
    'pipeline',
    'build',
    'deployment',
    'release',
    'emoji',
  ]
  for (const object_kind of kinds)
    t.match(await signed.read({ headers: {}, body: Buffer.from(JSON.stringify({ object_kind })) }, NONE), {
      ignored: 'no story',
    })
  // Events of groups have only this.
  const group = Buffer.from(JSON.stringify({ event_name: 'user_add_to_group' }))
  t.match(await signed.read({ headers: {}, body: group }, NONE), { ignored: 'no story' })
})

const NONE = { person: async () => null, state: async () => null }

t.test('a secret token with letters beyond ASCII is known in the bytes in which it comes', async (t) => {
  const token = 'pä\u00dfwort-\u{1f511}'
  const source = configuredSource(gitlab, { secret_token: token })
  const asNodeGives = Buffer.from(token).toString('latin1')
  const sentWith = (sent: string) => ({ body: Buffer.from('{}'), headers: { 'x-gitlab-token': sent } })
  t.equal(source.verify?.(sentWith(asNodeGives), NOW), null)
  t.match(source.verify?.(sentWith(`${asNodeGives} `), NOW), { reason: 'signature' })
})

t.test('two statuses that are set within one second are two events, and one that comes twice is one', async (t) => {
  const status = (name: string) => ({
    object_kind: 'work_item',
    user: { name: 'Spock', username: 'spock' },
    object_attributes: {
      ...{ id: 7, iid: 1, title: 'More power', type: 'Issue', state: 'opened', action: 'update', labels: [] },
      ...{ updated_at: '2026-11-24 12:00:00 UTC', status: { id: 1, name, category: 'in_progress' } },
    },
    changes: { updated_at: { previous: '2026-11-24 11:00:00 UTC', current: '2026-11-24 12:00:00 UTC' } },
  })
  const keyOf = async (name: string) => {
    const read = await plain.read({ headers: {}, body: Buffer.from(JSON.stringify(status(name))) }, NO_DIRECTORY)
    return 'activities' in read ? read.activities[0]?.activity.key : null
  }
  t.type(await keyOf('In progress'), 'string')
  t.equal(await keyOf('In progress'), await keyOf('In progress'))
  t.not(await keyOf('In progress'), await keyOf('In review'))
})
