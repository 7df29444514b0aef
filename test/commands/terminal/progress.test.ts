import t from 'tap'
import { createProgress, progressLine } from '../../../src/commands/terminal/progress.ts'
import { fakeTerminal } from './fake-terminal.ts'

t.test('a bar shows how much is done, how fast, and how long it will take', async (t) => {
  t.equal(
    progressLine(2500, 10_000, 'deliveries', 20_000),
    '[######                  ]  25%  2,500 of 10,000 deliveries, 125/s, 1 min left',
  )
  t.equal(progressLine(3, 3, 'pages', 2000), '[########################] 100%  3 of 3 pages, 1.5/s')
  t.equal(progressLine(0, 10, 'pages', 0), '[                        ]   0%  0 of 10 pages')
  t.equal(progressLine(0, 0, 'pages', 0), '[########################] 100%  0 of 0 pages')
  t.equal(progressLine(1200, null, 'stories', 1000), '1,200 stories, 1,200/s', 'an end that is not known')
  t.match(progressLine(12, 10, 'pages', 1000), /100% {2}12 of 10/, 'more came than was expected')
})

t.test('on a terminal the bar is drawn over itself, ten times a second at most, and goes away', async (t) => {
  const stream = fakeTerminal({ columns: 40 })
  let at = 0
  const progress = createProgress({ stream, now: () => at, unit: 'pages' })
  for (let count = 0; count <= 1000; count++, at++) progress.show(count, 1000)
  progress.note('checking the copy')
  progress.clear()
  progress.clear()
  t.equal(stream.written.length, 11 + 2)
  t.ok(stream.written.every((text) => text.startsWith('\r\u001b[K') && !text.includes('\n')))
  t.ok(stream.written.every((text) => text.length <= 40 + '\r\u001b[K'.length - 1))
  t.match(stream.written.at(-3), /100%/)
  t.equal(stream.written.at(-2), '\r\u001b[Kchecking the copy')
  t.equal(stream.written.at(-1), '\r\u001b[K')
})

t.test('without a terminal nothing is shown', async (t) => {
  const stream = fakeTerminal({ isTTY: false })
  const progress = createProgress({ stream, now: () => 0, unit: 'pages' })
  progress.show(1, 2)
  progress.note('checking')
  progress.clear()
  t.strictSame(stream.written, [])
})

t.test('a terminal that is gone does not end the job', async (t) => {
  const write = (): boolean => {
    throw new Error('EIO')
  }
  const progress = createProgress({ stream: { isTTY: true, columns: 80, write }, now: () => 0, unit: 'pages' })
  t.doesNotThrow(() => progress.show(1, 2))
})
