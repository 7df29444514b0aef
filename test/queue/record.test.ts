import t from 'tap'
import type { Exchange } from '../../src/http/send.ts'
import { recordOf } from '../../src/queue/record.ts'

const EXCHANGE: Exchange = {
  method: 'POST',
  url: 'https://hooks.example.com/',
  requestHeaders: { 'content-type': 'application/json' },
  requestBody: 'x'.repeat(4000),
  status: 200,
  responseHeaders: {},
  responseBody: 'fine',
  error: null,
  durationMs: 12,
}

t.test('of what went well 2 KiB of each body are kept, of what failed all that was recorded', async (t) => {
  t.strictSame(JSON.parse(recordOf([EXCHANGE], { word: 'delivered' })), [
    { ...EXCHANGE, requestBody: `${'x'.repeat(2048)} [...]` },
  ])
  for (const word of ['retry', 'in doubt', 'dead', 'confirmed'] as const)
    t.strictSame(JSON.parse(recordOf([EXCHANGE], { word })), [EXCHANGE], word)
})
