import t from 'tap'
import { limitIn } from '../../../src/connectors/kit/limit-headers.ts'

t.test('a limit is read from its three headers, whichever of them are there', async (t) => {
  const at = new Date('2026-11-24T06:03:00.000Z')
  const cases: [Record<string, string>, ReturnType<typeof limitIn>][] = [
    [
      { 'x-limit': '300', 'x-remaining': '0', 'x-reset': '2026-11-24T06:03:00.000000Z' },
      { limit: 300, remaining: 0, resetAt: at },
    ],
    [{ 'x-reset': String(at.getTime() / 1000) }, { limit: null, remaining: null, resetAt: at }],
    [{ 'x-remaining': 'none', 'x-reset': 'tomorrow' }, null],
    [{ 'y-remaining': '1' }, null],
    [{}, null],
  ]
  for (const [headers, expected] of cases) t.strictSame(limitIn({ headers }, 'x'), expected, JSON.stringify(headers))
})
