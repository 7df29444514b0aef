import t from 'tap'
import { createLogger } from '../../src/observability/logger.ts'
import { createOutput, gathering } from '../../src/observability/output.ts'

/** A place that takes so many bytes and then fails with the code until it is given more room. */
function place(room: number, code = 'ENOSPC') {
  let left = room
  let text = ''
  const retries: (() => void)[] = []
  return {
    text: () => text,
    lines: () => text.split('\n').slice(0, -1),
    give(bytes: number) {
      left += bytes
    },
    /** Lets everything run that was to run later. */
    later() {
      for (const work of retries.splice(0)) work()
    },
    waiting: () => retries.length,
    parts: {
      writeSome(bytes: Buffer): number {
        if (left === 0) throw Object.assign(new Error(`${code}: made to fail`), { code })
        const written = bytes.subarray(0, left)
        left -= written.length
        text += written.toString()
        return written.length
      },
      later: (work: () => void) => void retries.push(work),
      mostKeptBytes: 20,
    },
  }
}

t.test('a line that was written in part is completed before the next one', async (t) => {
  const disk = place(3)
  const output = createOutput(disk.parts)
  output.write('first\n')
  output.write('second\n')
  t.equal(disk.text(), 'fir')
  disk.give(100)
  output.write('third\n')
  t.strictSame(disk.lines(), ['first', 'second', 'third'])
})

t.test('what is kept is written as soon as it can be, without a new line', async (t) => {
  const pipe = place(0, 'EAGAIN')
  const output = createOutput(pipe.parts)
  output.write('one\n')
  pipe.later()
  t.equal(pipe.waiting(), 1, 'it is tried again and again')
  pipe.give(100)
  pipe.later()
  t.strictSame([pipe.text(), pipe.waiting()], ['one\n', 0])
})

t.test('lines beyond the limit are dropped whole and counted, and told of once when it works again', async (t) => {
  const disk = place(0)
  const output = createOutput(disk.parts)
  const log = createLogger('info', output)
  const counted: number[] = []
  output.write('123456789\n')
  output.write('abcdefghi\n')
  output.write('too much\n')
  output.onDropped((lines) => counted.push(lines))
  output.onWorking((dropped, code) => log.warn({ dropped, code }, 'told'))
  output.write('too\nmuch\n')
  t.strictSame(counted, [1, 2], 'also those that were dropped before anybody counted')
  disk.give(1000)
  output.write('again\n')
  output.write('and again\n')
  const [first, second, told = '', ...rest] = disk.lines()
  t.strictSame([first, second, rest], ['123456789', 'abcdefghi', ['again', 'and again']])
  t.match(JSON.parse(told), { level: 'warn', dropped: 3, code: 'ENOSPC', msg: 'told' })
})

t.test('the end waits for what is kept, but not for ever', async (t) => {
  const pipe = place(0, 'EAGAIN')
  const output = createOutput(pipe.parts)
  output.write('last words\n')
  await output.drained(30)
  t.equal(pipe.text(), '')
  const drained = output.drained(10_000)
  pipe.give(100)
  await drained
  t.equal(pipe.text(), 'last words\n')
})

t.test('the lines of one turn are written together, at its end or when there are many', async (t) => {
  const disk = place(1_000_000)
  const writes: string[] = []
  const turns: (() => void)[] = []
  const output = gathering(
    createOutput({
      ...disk.parts,
      writeSome(bytes) {
        writes.push(bytes.toString())
        return bytes.length
      },
    }),
    (work) => void turns.push(work),
  )
  output.write('one\n')
  output.write('two\n')
  t.strictSame([writes, turns.length], [[], 1])
  turns.pop()?.()
  t.strictSame(writes, ['one\ntwo\n'])
  const long = `${'x'.repeat(20_000)}\n`
  output.write(long)
  t.strictSame(writes.slice(1), [long], 'what is kept stays little')
  output.write('last\n')
  await output.drained(1000)
  t.strictSame(writes.slice(2), ['last\n'], 'nothing is left at the end')
})
