import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { createClient } from '../../src/http/client.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'

const text = '{"said":"Grüße"}'

async function answering(t: Test, encoding: string, body: Buffer, status = 200) {
  const target = await startStandIn(() => ({ status, headers: { 'content-encoding': encoding }, body }))
  const client = createClient({
    userAgent: 'tracker-relay/1.2.3',
    timeoutMs: 5000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
  t.teardown(() => Promise.all([client.close(), target.close()]))
  return async (maxBytes = 1024) => await client.send({ method: 'GET', url: target.url, maxBytes })
}

t.test('an answer that is packed although none was asked for is unpacked', async (t) => {
  const packed: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['gzip', Buffer.alloc(0)],
  ]
  for (const [encoding, body] of packed) {
    const response = await (await answering(t, encoding, body))()
    t.strictSame([response.text(), response.truncated], [body.length === 0 ? '' : text, false], encoding)
  }
})

t.test('an answer that unpacks to more than the limit is cut there, and said to be cut', async (t) => {
  const zeros = Buffer.alloc(8 * 1024 * 1024)
  for (const [encoding, body] of [
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros)],
  ] as const) {
    const before = process.memoryUsage().arrayBuffers
    const response = await (await answering(t, encoding, body))(100_000)
    t.strictSame([response.body.length, response.truncated], [100_000, true], encoding)
    t.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024, 'it was never unpacked whole')
  }
  const whole = await (await answering(t, 'gzip', gzipSync(Buffer.alloc(1000))))(1000)
  t.strictSame([whole.body.length, whole.truncated], [1000, false], 'as long as the limit is not too long')
})

t.test('a packed answer that is damaged or breaks off keeps its status and is said to be cut', async (t) => {
  const packed = gzipSync(text)
  for (const body of [packed.subarray(0, packed.length - 6), Buffer.from('not packed at all')]) {
    const response = await (await answering(t, 'gzip', body, 201))()
    t.strictSame([response.status, response.truncated], [201, true])
  }
})
