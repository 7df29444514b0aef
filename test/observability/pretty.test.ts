import t from 'tap'
import { createLogger, type Logger } from '../../src/observability/logger.ts'
import { prettyDestination } from '../../src/observability/pretty.ts'

function written(write: (log: Logger) => void, hasColours = false): string[] {
  const lines: string[] = []
  write(createLogger('trace', prettyDestination(hasColours, { write: (line) => void lines.push(line) })))
  return lines
}

type Test = Pick<typeof t, 'strictSame' | 'match' | 'ok'>

const TIME = /^\d\d:\d\d:\d\d /

/** The one line that was written, without its time. */
function lineOf(t: Test, write: (log: Logger) => void): string {
  const [line = '', ...others] = written(write)
  t.strictSame(others, [])
  t.match(line, TIME)
  t.ok(line.endsWith('\n'))
  return line.replace(TIME, '').slice(0, -1)
}

t.test('a line is a time, a level, a sentence and its fields, and nothing else', async (t) => {
  const line = lineOf(t, (log) =>
    log
      .child({ integration: 'log' })
      .info({ key: 'dlv_1', story: '109', ms: 1.5, done: true, next: null }, 'Kirk "won"'),
  )
  t.equal(line, 'INFO: Kirk "won" integration=log key=dlv_1 story=109 ms=1.5 done=true next=null')
})

t.test('each level has its name, and a line needs neither fields nor a message', async (t) => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)
    t.equal(
      lineOf(t, (log) => log[level]({}, 'said')),
      `${level.toUpperCase()}: said`,
    )
  t.equal(
    lineOf(t, (log) => log.warn({ signal: 'SIGINT' })),
    'WARN: signal=SIGINT',
  )
})

t.test("the time is this machine's, to the second", async (t) => {
  const before = Math.floor(Date.now() / 1000)
  const [line = ''] = written((log) => log.info({}, 'now'))
  const after = Math.floor(Date.now() / 1000)
  const possible = Array.from({ length: after - before + 1 }, (_, index) =>
    new Date((before + index) * 1000).toTimeString().slice(0, 8),
  )
  t.ok(possible.includes(line.slice(0, 8)), `${line.slice(0, 8)} is one of ${possible.join(', ')}`)
})

t.test('a value that is not one plain word is in quotes', async (t) => {
  const fields = { empty: '', words: 'two words', quote: 'a"b', sum: 'a=b', list: ['a', 1], map: { a: { b: 'c' } } }
  t.equal(
    lineOf(t, (log) => log.info(fields, 'm')),
    'INFO: m empty="" words="two words" quote="a\\"b" sum="a=b" list=["a",1] map={"a":{"b":"c"}}',
  )
})

t.test('an error is on the same line, with its stack', async (t) => {
  const line = lineOf(t, (log) => log.error({ err: new RangeError('too\nfar') }, 'failed'))
  t.match(line, /^ERROR: failed err="RangeError: too far at .*pretty\.test/)
})

t.test('a text can neither forge a line nor command a terminal, wherever it is', async (t) => {
  const nasty = 'a\u001b[2J\u0007\r\n12:00:00 ERROR: forged\u0000\u009b31m\u2028b\u2029c\u202egnp.exe\ud800'
  const err = Object.assign(new Error(nasty), { stack: `Error: ${nasty}\n    at ${nasty}`, [nasty]: nasty })
  for (const fields of [{}, { note: nasty }, { [nasty]: 1 }, { list: [nasty] }, { map: { [nasty]: nasty } }, { err }])
    for (const hasColours of [false, true]) {
      const lines = written((log) => log.child({ by: nasty }).info(fields, nasty), hasColours)
      t.equal(lines.length, 1)
      const [line = ''] = lines
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are ours
      const shown = line.replace(hasColours ? /\u001b\[\d\dm/g : '', '').slice(0, -1)
      t.notMatch(shown, /[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]/u, JSON.stringify(line))
      t.match(shown, 'INFO: a\\u001b[2J\\u0007\\r\\n12:00:00 ERROR: forged\\u0000\\u009b31m\\u2028b')
    }
})

t.test('colours come only where they are wanted', async (t) => {
  const say = (log: Logger): void => log.info({ story: '109' }, 'said')
  t.notMatch(written(say, false)[0], '\u001b')
  t.match(written(say, true)[0], '\u001b[32mINFO\u001b[39m')
})
