import t from 'tap'
import { type RunningRelay, startRelay } from '../../gateway/running-relay.ts'
import { connectRaw, parts } from '../raw-connection.ts'
import { administeredRelay, askApi, OPERATOR, READER } from './administered.ts'

t.test('a request without a token, or with a wrong one, is told which is expected', async (t) => {
  const relay = await administeredRelay(t)
  for (const token of [null, 'a-guess', `${OPERATOR}x`, OPERATOR.slice(0, -1), OPERATOR.toUpperCase()]) {
    const answer = await relay.api('/deliveries', { token })
    t.match([answer.status, answer.json()], [401, { type: 'urn:tracker-relay:unauthorized' }], String(token))
    t.equal(answer.headers.get('www-authenticate'), 'Bearer realm="Tracker Relay"')
  }
  const basic = `Basic ${Buffer.from(`kirk:${OPERATOR}`).toString('base64')}`
  t.equal((await relay.api('/deliveries', { token: null, headers: { authorization: basic } })).status, 401)
  t.equal((await relay.api('/deliveries', { token: null, headers: { authorization: 'Bearer' } })).status, 401)
  t.equal((await relay.api('/nowhere', { token: null })).status, 401, 'nor is told what there is')
  t.equal((await relay.api('/nowhere')).status, 404)
  t.notMatch(relay.output(), OPERATOR)
})

t.test('the role read looks at everything, and changes nothing', async (t) => {
  const relay = await administeredRelay(t)
  t.equal((await relay.api('/deliveries', { token: READER })).status, 200)
  const refused = await relay.api('/deliveries/1/replay', { method: 'POST', token: READER })
  t.match(
    [refused.status, refused.json()],
    [403, { type: 'urn:tracker-relay:forbidden', detail: /"chekov" has the role read/ }],
  )
  t.equal((await relay.api('/deliveries/1/replay', { method: 'POST' })).status, 404)
})

t.test('whoever guesses too often is not looked at for the rest of the minute', async (t) => {
  const rate_limit = { wrong_secrets_per_address_per_minute: 3 }
  const relay = await administeredRelay(t, { server: { rate_limit } })
  for (let guess = 1; guess <= 3; guess += 1)
    t.equal((await relay.api('/deliveries', { token: `guess-${guess}` })).status, 401)
  const refused = await relay.api('/deliveries')
  t.match([refused.status, refused.json()], [429, { type: 'urn:tracker-relay:too-many-requests' }])
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  relay.advance(60_000)
  t.equal((await relay.api('/deliveries')).status, 200)
})

t.test('server.admin_token may operate, and so may a token that the relay made, if there is no other', async (t) => {
  const named = await startRelay(t, { server: { admin_token: OPERATOR }, adminToken: 'made-by-the-relay-0001' })
  t.equal((await askApi(named.url, '/deliveries/1/replay', { method: 'POST' })).status, 404)
  t.equal((await askApi(named.url, '/deliveries', { token: 'made-by-the-relay-0001' })).status, 401)
  const made = await startRelay(t, { adminToken: 'made-by-the-relay-0001' })
  t.equal((await askApi(made.url, '/deliveries', { token: 'made-by-the-relay-0001' })).status, 200)
})

t.test('nobody gets in by coming from the same machine, if there is no token at all', async (t) => {
  const relay = await startRelay(t)
  t.equal((await askApi(relay.url, '/deliveries', { token: null })).status, 401)
  t.equal((await askApi(relay.url, '/deliveries', { token: 'undefined' })).status, 401)
})

t.test('a reload withdraws a token', async (t) => {
  const relay = await administeredRelay(t)
  await relay.reload({ admin: { tokens: [{ name: 'sulu', role: 'read', token: 'another-token-000003' }] } })
  t.equal((await relay.api('/deliveries')).status, 401)
  t.equal((await relay.api('/deliveries', { token: 'another-token-000003' })).status, 200)
})

/** `fetch` does not let a Host header be set. */
async function byHost(t: Parameters<typeof connectRaw>[0], relay: RunningRelay, host: string): Promise<number> {
  const raw = await connectRaw(t, relay.port)
  raw.send(
    `GET /api/v1/deliveries HTTP/1.1\r\nhost: ${host}\r\nx-forwarded-host: localhost\r\nauthorization: Bearer ${OPERATOR}\r\nconnection: close\r\n\r\n`,
  )
  return parts(await raw.closed).status
}

t.test(
  'a name that is not the relay’s own gets nothing, so that no web page can have its name lead here',
  async (t) => {
    const relay = await administeredRelay(t, {
      server: { public_url: 'https://relay.example.com/path', trust_proxy: true },
      admin: { hosts: ['relay.internal'] },
    })
    for (const host of [
      'localhost',
      'LOCALHOST:8080',
      'relay.example.com',
      'relay.example.com.:443',
      'relay.internal:1',
      '192.168.1.5',
      '[::1]:80',
    ])
      t.equal(await byHost(t, relay, host), 200, host)
    for (const host of [
      'evil.example.com',
      'relay.example.com.evil.com',
      'localhost.evil.com',
      '127.0.0.1.evil.com',
      'x@localhost',
      '[::1',
      '',
    ])
      t.equal(await byHost(t, relay, host), 421, host)
  },
)

t.test('a write must be JSON, as no form of another site can be', async (t) => {
  const relay = await administeredRelay(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    const answer = await relay.api('/deliveries/1/replay', { method: 'POST', headers: { 'content-type': type } })
    t.match([answer.status, answer.json()], [415, { type: 'urn:tracker-relay:unsupported-media-type' }], type)
  }
  const charset = { 'content-type': 'application/json; charset=utf-8' }
  t.equal((await relay.api('/deliveries/1/replay', { method: 'POST', headers: charset })).status, 404)
  const broken = await fetch(`${relay.url}/api/v1/deliveries/1/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
    body: '{"a":',
  })
  t.equal(broken.status, 400)
  const bare = await fetch(`${relay.url}/api/v1/deliveries/1/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
  })
  t.equal(bare.status, 404, 'an action needs no body')
})

t.test('with an address of its own, the API is not at the public one', async (t) => {
  const relay = await administeredRelay(t, { admin: { listen: { host: '127.0.0.1', port: 0 } } })
  const own = relay.relay.adminAddress()
  t.not(own, relay.url)
  t.equal((await relay.api('/deliveries')).status, 404)
  t.equal((await relay.get('/api/v1/openapi.json')).status, 404)
  t.equal((await askApi(own, '/deliveries')).status, 200)
  t.equal((await askApi(own, '/deliveries', { token: null })).status, 401)
  t.equal((await fetch(`${own}/healthz`)).status, 404)
})

t.test('an unknown parameter, and a value that cannot be, are named', async (t) => {
  const { api } = await administeredRelay(t)
  const cases: [string, RegExp][] = [
    ['/deliveries?colour=red', /"colour" is unknown; known are integration, project/],
    ['/deliveries?state=lost', /state must be one of pending, delivering/],
    ['/deliveries?limit=0', /limit must be >= 1/],
    ['/deliveries?limit=1.5', /limit must be integer/],
    ['/deliveries?from=yesterday', /from must be a time such as/],
    ['/deliveries?from=2026-13-01T00:00:00Z', /from must be a time such as/],
    ['/deliveries?cursor=x', /cursor must be the "next" of an earlier page/],
    ['/deliveries?fields=id,colour', /fields: "colour" is unknown; known are id, activity/],
    ['/activities?text=%00', /text has no word to look for/],
    ['/activities?text=%20', /text has no word to look for/],
    ['/deliveries?text=%E2%80%8B', /text has no word to look for/],
    ['/activities?kind=%00', /kind must have a visible character/],
    ['/audit?who=%00', /who must have a visible character/],
    ['/links?ticket=%20', /ticket must have a visible character/],
    ['/deliveries?project=%00', /project must have a letter or a digit, and no control characters/],
    ['/deliveries?integration=room%00', /integration must have a letter or a digit, and no control characters/],
    ['/links/26/%00', /story must have a letter or a digit/],
    ['/integrations/%E3%85%A4%00', /name must have a letter or a digit/],
    ['/deliveries/x', /id must be integer/],
    ['/deliveries/0', /id must be >= 1/],
    ['/deliveries/99999999999999999999', /id must be/],
  ]
  for (const [path, detail] of cases) {
    const answer = await api(path)
    t.match([answer.status, answer.json()], [400, { type: 'urn:tracker-relay:bad-parameter', detail }], path)
  }
})

t.test('what is written for others to read must be legible, and what is chosen must be named', async (t) => {
  const { api } = await administeredRelay(t)
  const post = (path: string, body: object) => api(path, { method: 'POST', body })
  const invisible = ['\0', ' \n', '\u200b\u2060', '\ud800', '\u3164']
  for (const text of invisible)
    for (const [path, body, detail] of [
      ['/integrations/log/pause', { reason: text }, /reason must have a visible character/],
      ['/deliveries/1/skip', { reason: text }, /reason must have a visible character/],
      ['/deliveries/skip', { reason: 'old', text }, /text has no word to look for/],
      ['/deliveries/skip', { reason: 'old', integration: text }, /integration must have a letter or a digit/],
      ['/replays', { deliveries: { text } }, /text has no word to look for/],
      ['/erasures', { person: text }, /person must have a visible character/],
      ['/erasures', { project: text }, /project must have a letter or a digit/],
    ] as const) {
      const answer = await post(path, body)
      t.match([answer.status, answer.json()], [400, { detail }], `${path} ${JSON.stringify(body)}`)
    }
  t.match((await api('/integrations/log')).json(), { standing: { state: 'running' } })
  const dots = await post('/erasures', { person: '. - .' })
  t.match([dots.status, dots.json()], [400, { detail: /a name of fewer than 3 letters would match other words/ }])
  const blank = await api('/links/26/109', { method: 'PUT', body: { external_id: ' ', system: 'jira' } })
  t.match([blank.status, blank.json()], [400, { detail: /external_id: expected a ticket/ }])
  for (const reason of ['🖖', '?', 'maintenance\0 until nine', '修理'])
    t.equal((await post('/integrations/log/pause', { reason })).status, 200, reason)
})
