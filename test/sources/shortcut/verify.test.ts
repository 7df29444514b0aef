import { createHmac } from 'node:crypto'
import t from 'tap'
import shortcut from '../../../src/sources/shortcut/index.ts'
import { testFlippedBytes } from '../flipped-bytes.ts'
import { configuredSource, recordedBodies } from '../recorded.ts'
import { SECRET, shortcutRequest } from './requests.ts'

const NOW = new Date()
const source = configuredSource(shortcut, { signing_secrets: ['the-next-secret', SECRET] })

t.test('a request is verified with each of the secrets, under the new name of the header and the old', async (t) => {
  for (const secret of [SECRET, 'the-next-secret']) {
    const { body, headers } = shortcutRequest({ id: '1' }, secret)
    const request = { body: Buffer.from(body), headers: headers as Record<string, string> }
    t.equal(source.verify?.(request, NOW), null)
    const former = { 'clubhouse-signature': headers['payload-signature'] }
    t.equal(source.verify?.({ ...request, headers: former }, NOW), null)
  }
  const { body, headers } = shortcutRequest({ id: '1' }, 'the-last-secret')
  const request = { body: Buffer.from(body), headers: headers as Record<string, string> }
  t.match(source.verify?.(request, NOW), { reason: 'signature', message: /set signing_secret/ })
  t.match(source.verify?.({ ...request, headers: {} }, NOW), { message: /has no Payload-Signature/ })
})

t.test('without a secret nothing can be verified, and check says so', async (t) => {
  const open = configuredSource(shortcut, {})
  t.equal(open.verify, undefined)
  t.match(open.warnings, [{ setting: 'signing_secret', message: /only the secret in the URL protects/ }])
  t.equal(source.warnings, undefined)
})

testFlippedBytes(
  source,
  recordedBodies('test/sources/shortcut/recorded').map(({ body }) => ({
    body,
    headers: { 'payload-signature': createHmac('sha256', SECRET).update(body).digest('hex') },
  })),
  'payload-signature',
  NOW,
)
