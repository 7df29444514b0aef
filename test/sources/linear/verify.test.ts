import { createHmac } from 'node:crypto'
import t from 'tap'
import linear from '../../../src/sources/linear/index.ts'
import { testFlippedBytes } from '../flipped-bytes.ts'
import { configuredSource, recordedBodies } from '../recorded.ts'
import { linearRequest, SECRET } from './requests.ts'

const NOW = new Date('2026-11-24T12:00:00Z')
const source = configuredSource(linear, { signing_secrets: ['lin_wh_the_next_secret', SECRET] })

const sent = (ago: number, secret = SECRET) => {
  const { body, headers } = linearRequest({ type: 'Issue' }, { secret, sentAt: NOW.getTime() - ago * 1000 })
  return { body: Buffer.from(body), headers: headers as Record<string, string> }
}
const verified = (request: ReturnType<typeof sent>) => source.verify?.(request, NOW)

t.test('a request is verified with each of the secrets', async (t) => {
  t.equal(verified(sent(0)), null)
  t.equal(verified(sent(0, 'lin_wh_the_next_secret')), null)
  t.match(verified(sent(0, 'lin_wh_the_last_secret')), { reason: 'signature', message: /is not that of the body/ })
})

t.test('a request without a signature is not from Linear', async (t) => {
  const { body, headers } = sent(0)
  const { 'linear-signature': _, ...others } = headers
  t.match(source.verify?.({ body, headers: others }, NOW), { message: /has no Linear-Signature/ })
  t.match(source.verify?.({ body, headers: { ...others, 'linear-signature': '' } }, NOW), { reason: 'signature' })
})

t.test('what was sent a minute before or after is too far away, unless more is allowed', async (t) => {
  t.equal(verified(sent(60)), null)
  t.equal(verified(sent(-60)), null)
  t.match(verified(sent(61)), { message: /sent the request 61 seconds ago, and max_age_seconds allows 60/ })
  t.match(verified(sent(-61)), { message: /61 seconds from now/ })
  const patient = configuredSource(linear, { signing_secret: SECRET, max_age_seconds: 3600 })
  t.equal(patient.verify?.(sent(3599), NOW), null)
})

t.test('the time of the head counts where the signed body has none, and only there', async (t) => {
  const plain = (body: string, time: string) => {
    const { headers } = sent(0)
    const signature = linearSignature(body)
    return { body: Buffer.from(body), headers: { ...headers, 'linear-signature': signature, 'linear-timestamp': time } }
  }
  t.equal(verified(plain('{}', String(NOW.getTime()))), null)
  t.match(verified(plain('{}', '1')), { reason: 'signature' })
  t.match(verified(plain('{}', 'now')), { message: /is not a number/ })
  t.match(verified(plain('{"webhookTimestamp":1}', String(NOW.getTime()))), { reason: 'signature' })
  t.equal(verified(plain('no JSON', String(NOW.getTime()))), null, 'reading it says what is wrong')
})

testFlippedBytes(
  source,
  recordedBodies('test/sources/linear/recorded').map(({ body }) => ({
    body,
    headers: { 'linear-signature': linearSignature(body), 'linear-timestamp': String(NOW.getTime()) },
  })),
  'linear-signature',
  NOW,
)

function linearSignature(body: string | Buffer): string {
  return createHmac('sha256', SECRET).update(body).digest('hex')
}
