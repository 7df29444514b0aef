import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'

/** What is printed by a program whose machine is in a zone 13:45 hours east of UTC in November. */
async function inChatham(code: string): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, NODE_OPTIONS: undefined, TZ: 'Pacific/Chatham' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(await text(child.stdout))
}

const module = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

const NOON = '2026-11-24T12:00:00.000Z'
const AT_NOON: readonly (string | number)[] = [
  ...['2026-11-24T12:00:00Z', '2026-11-24T12:00:00', '2026-11-24 12:00:00', '2026-11-24 12:00', '2026/11/24 12:00:00'],
  ...['2026-11-24T12:00:00.000', '2026-11-24T12:00:00.000+0000', '2026-11-24T14:00:00.000+0200'],
  ...['2026-11-24T06:30:00-05:30', '2026-11-24 12:00:00 UTC', '2026-11-24 04:00:00 PST', '2026-11-24T12:00:00.000000'],
  ...[
    'Tue, 24 Nov 2026 12:00:00 GMT',
    'Tue, 24 Nov 2026 13:00:00 +0100',
    '24 Nov 2026 12:00:00',
    'Nov 24, 2026 12:00 PM',
  ],
  ...['Tue Nov 24 2026 13:00:00 GMT+0100 (CET)', Date.parse(NOON), String(Date.parse(NOON))],
]

t.test('a time that a tool tells without its zone is in UTC, wherever the machine is', async (t) => {
  const read = await inChatham(`
    import { eventTime } from ${module('sources/kit/event-time.js')}
    import { timeIn } from ${module('sources/kit/time-in.js')}
    const told = ${JSON.stringify(AT_NOON)}
    const days = ['2026-11-24', '24 Nov 2026'].map((day) => eventTime(day))
    const none = ['soon', '', 'Tue, 24 Nov 2026 12:00:00 XYZ', null, 0, -1].map((text) => eventTime(text))
    const offset = new Date(${JSON.stringify(NOON)}).getTimezoneOffset()
    console.log(JSON.stringify({ offset, events: told.map((each) => eventTime(each)), days, none, at: told.map(timeIn) }))
  `)
  t.strictSame(read, {
    offset: -825,
    events: AT_NOON.map(() => NOON),
    days: ['2026-11-24T00:00:00.000Z', '2026-11-24T00:00:00.000Z'],
    none: [null, null, null, null, null, null],
    at: AT_NOON.map(() => Date.parse(NOON)),
  })
})

t.test('an expression and an import read a time without a zone as UTC, or in the zone of the settings', async (t) => {
  const read = await inChatham(`
    import { createEvaluator } from ${module('expressions/evaluator.js')}
    import { openReader } from ${module('connectors/other/documents/reader.js')}
    const evaluator = createEvaluator('{ "at": $fromMillis($toMillis(at)), "day": $fromMillis($toMillis(at, "[Y]-[M]-[D]T[H]:[m]:[s]")) }')
    const evaluated = await evaluator.evaluate({ at: '2026-11-24T12:00:00' }, {})
    await evaluator.close()
    const imported = []
    const bytes = Buffer.from(JSON.stringify([{ external_id: 'a', name: 'N', created_at: '2026-11-24 12:00:00' }]))
    const fields = { description: '$fromMillis($toMillis("2026-11-24T12:00:00"))' }
    for (const zone of ['UTC', 'Europe/Berlin']) {
      const reader = openReader('source.json')
      const times = { format: null, zone }
      await reader.read({ kind: 'json', bytes, contentType: '', encoding: null, times, mapping: { fields }, url: '', page: 1 })
      const [story] = await reader.stories(1)
      imported.push([story.createdAt, story.description])
      await reader.close()
    }
    console.log(JSON.stringify({ evaluated, imported }))
  `)
  t.strictSame(read, {
    evaluated: { at: NOON, day: NOON },
    imported: [
      [NOON, NOON],
      ['2026-11-24T11:00:00.000Z', NOON],
    ],
  })
})

t.test('a filter of the page Activities is in UTC, too', async (t) => {
  const read = await inChatham(`
    import { filtersIn, timesOf } from ${module('routes/pages/activity-filters.js')}
    const of = (from, to) => timesOf(filtersIn({ from, to }))
    console.log(JSON.stringify([of('2026-11-24', '2026-11-24'), of('2026-11-24T12:00', '2026-11-24 12:00'), of('soon', '')]))
  `)
  t.strictSame(read, [
    { from: '2026-11-24T00:00:00.000Z', to: '2026-11-24T23:59:59.999Z' },
    { from: NOON, to: NOON },
    {},
  ])
})
