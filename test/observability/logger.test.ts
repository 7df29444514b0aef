import t from 'tap'
import { createLogger } from '../../src/observability/logger.ts'

function logged(level: string, write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = []
  write(createLogger(level, { write: (line) => void lines.push(line) }))
  return lines.map((line) => {
    t.match(line, /^\{[^\n]*\}\n$/, 'one object a line')
    return JSON.parse(line) as Record<string, unknown>
  })
}

t.test(
  'a line has a level in words, a time that people can read, its fields and its message, and nothing else',
  async (t) => {
    const [line, ...others] = logged('info', (log) => log.warn({ delivery: 7 }, 'delivery'))
    t.strictSame(others, [])
    const { time, ...rest } = line ?? {}
    t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    t.strictSame(rest, { level: 'warn', delivery: 7, msg: 'delivery' })
  },
)

t.test('what is lighter than the level is not written', async (t) => {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
  for (const level of [...levels, 'silent'] as const) {
    const lines = logged(level, (log) => {
      for (const each of levels) log[each]({}, each)
    })
    t.strictSame(
      lines.map(({ msg }) => msg),
      level === 'silent' ? [] : levels.slice(levels.indexOf(level)),
    )
  }
})

t.test('a child keeps its fields, and an error its type, message and stack', async (t) => {
  const [line] = logged('info', (log) =>
    log.child({ integration: 'room' }).error({ err: new RangeError('too far') }, 'failed'),
  )
  t.match(line, {
    integration: 'room',
    err: { type: 'RangeError', message: 'too far', stack: /RangeError: too far\n/ },
  })
})

t.test('text from outside cannot begin a line of its own', async (t) => {
  const [line, ...others] = logged('info', (log) => log.info({ note: 'one\n{"level":"fatal"}\r\u2028' }, 'delivery'))
  t.strictSame(others, [])
  t.equal(line?.note, 'one\n{"level":"fatal"}\r\u2028')
})
