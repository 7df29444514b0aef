import { join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { type FilesResult, runFiles } from './run-files.ts'

async function run(t: Test, source: string, timeoutMs = 20_000): Promise<FilesResult> {
  const folder = t.testdir({ 'some.test.js': source, 'package.json': '{"type":"module"}' })
  return await runFiles([join(folder, 'some.test.js')], { timeoutMs, graceMs: 0 })
}

t.test('every assertion is counted, and no test around them', async (t) => {
  const result = await run(
    t,
    `import t from 'tap'
     t.test('outer', async (t) => { t.ok(true); t.test('inner', async (t) => { t.equal(1, 1) }) })
     t.test('another', { skip: 'not here' }, async () => {})
     t.test('later', { todo: true }, async () => {})`,
  )
  t.strictSame([result.failed.length === 0, result.tally], [true, { pass: 2, fail: 0, skip: 2 }])
})

t.test('a file whose assertion fails has failed, and its output tells which', async (t) => {
  const result = await run(
    t,
    `import t from 'tap'
     console.error('a word on the other stream')
     t.test('the sum', async (t) => { t.ok(true); t.equal(1 + 1, 3, 'is three') })`,
  )
  t.strictSame([result.failed.length === 0, result.tally], [false, { pass: 1, fail: 1, skip: 0 }])
  t.match(result.output, 'not ok 2 - is three')
  t.match(result.output, 'a word on the other stream')
})

const FAILED: readonly [string, string][] = [
  ['no assertion at all', ''],
  ['a plan of none', `console.log('TAP version 14\\n1..0')`],
  ['fewer assertions than planned', `console.log('TAP version 14\\n1..2\\nok 1 - first')`],
  ['no plan, as it ended too early', `console.log('TAP version 14\\nok 1 - first')`],
  ['another exit code than 0', `console.log('TAP version 14\\nok 1 - first\\n1..1'); process.exitCode = 3`],
  ['a signal', `console.log('TAP version 14\\nok 1 - first\\n1..1'); process.kill(process.pid, 'SIGKILL')`],
  ['an error before the first test', `import './missing.js'`],
]
for (const [what, source] of FAILED)
  t.test(`a file with ${what} has failed`, async (t) => {
    const result = await run(t, source)
    t.strictSame([result.failed.length === 0, result.tally.fail], [false, 1])
  })

t.test('a file that hangs is killed, has failed, and its output says so', async (t) => {
  const result = await run(t, `console.log('TAP version 14'); setInterval(() => {}, 1000)`, 300)
  t.equal(result.failed.length, 1)
  t.match(result.output, 'did not end within its time limit')
})

t.test('a file may ask for another time limit, as t.setTimeout() does', async (t) => {
  const hanging = `process.send({ setTimeout: 100 }); setInterval(() => {}, 1000)`
  const result = await run(t, hanging, 100_000)
  t.match(result.output, 'did not end within its time limit')
})

t.test('nothing is loaded into a file, or into the processes that it starts', async (t) => {
  const { NODE_OPTIONS: given } = process.env
  delete process.env.NODE_OPTIONS
  t.teardown(() => {
    if (given !== undefined) process.env.NODE_OPTIONS = given
  })
  const result = await run(
    t,
    `import { execFileSync } from 'node:child_process'
     import t from 'tap'
     const show = 'JSON.stringify([process.execArgv.length, process.env.NODE_OPTIONS])'
     t.strictSame(process.execArgv, ['--enable-source-maps'])
     t.equal(execFileSync(process.execPath, ['-p', show], { encoding: 'utf8' }).trim(), '[2,null]')`,
  )
  t.strictSame([result.failed.length === 0, result.tally], [true, { pass: 2, fail: 0, skip: 0 }], result.output)
})

t.test('of files that share a process, those that failed or asserted nothing are named', async (t) => {
  const test = (name: string, line: string): string =>
    `import t from 'tap'; t.test('${name}', async (t) => { ${line} })`
  const folder = t.testdir({
    'a.test.js': test('a', 't.ok(true)'),
    'b.test.js': test('b', "t.ok(true); t.equal(1, 2, 'of b')"),
    'c.test.js': 'export {}',
    'd.test.js': test('d', 'await new Promise(setImmediate); t.ok(true)'),
    'package.json': '{"type":"module"}',
  })
  const files = ['a', 'b', 'c', 'd'].map((name) => relative('.', join(folder, `${name}.test.js`)))
  const result = await runFiles(files, { timeoutMs: 20_000, graceMs: 0 })
  t.strictSame(result.tally, { pass: 3, fail: 1, skip: 0 })
  t.strictSame([...result.failed].sort(), [files[1], files[2]])
  const all = await runFiles(files.toSpliced(1, 2), { timeoutMs: 20_000, graceMs: 0 })
  t.strictSame([all.failed, all.tally], [[], { pass: 2, fail: 0, skip: 0 }])
})

t.test('when files share a process, an error before the first test of one is a failure', async (t) => {
  const folder = t.testdir({
    'a.test.js': "import t from 'tap'; t.test('a', async (t) => { t.ok(true) })",
    'b.test.js': "import './missing.js'",
    'package.json': '{"type":"module"}',
  })
  const files = ['a', 'b'].map((name) => relative('.', join(folder, `${name}.test.js`)))
  const { failed, output } = await runFiles(files, { timeoutMs: 20_000, graceMs: 0 })
  t.ok(failed.includes(files[1] ?? ''))
  t.match(output, 'missing.js')
})
