// npm test -- [FILE OR FOLDER...]: runs those test files, named as they lie in test/, or all of them; ends with 1 when one fails.
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type FileResult, runFile, type Tally } from './runner/run-file.ts'

const SLOWEST_SHOWN = 10
const TIMEOUT_MS = 120_000

const asked = process.argv.slice(2)
const files = (asked.length > 0 ? asked : ['test']).flatMap(testsIn)
if (files.length === 0) throw new Error(`there is no test file in ${asked.join(', ')}`)
const results: FileResult[] = []
const waiting = files.values()
await Promise.all(Array.from({ length: availableParallelism() }, runTheRest))
report()

/** Sources are listed, not what was compiled: that may still be there when its source has gone. */
function testsIn(path: string): string[] {
  const sources = statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .sort()
        .map((name) => join(path, name))
  return sources.map((source) => join('build', source).replace(/\.ts$/, '.js'))
}

async function runTheRest(): Promise<void> {
  for (const file of waiting) {
    const result = await runFile(file, { timeoutMs: TIMEOUT_MS })
    results.push(result)
    const { ok, tally, seconds, output } = result
    console.log(`${ok ? 'ok' : 'not ok'} ${results.length} - ${file} # ${total(tally)} in ${seconds.toFixed(1)} s`)
    if (!ok) console.log(output.replaceAll(/^/gm, '    '))
  }
}

function report(): void {
  const sum: Tally = { pass: 0, fail: 0, skip: 0 }
  for (const { tally } of results) {
    sum.pass += tally.pass
    sum.fail += tally.fail
    sum.skip += tally.skip
  }
  const failed = results.filter(({ ok }) => !ok)
  const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST_SHOWN)
  console.log(`1..${results.length}`)
  if (files.length > SLOWEST_SHOWN) {
    console.log('# the slowest files:')
    for (const { file, seconds } of slowest) console.log(`#   ${seconds.toFixed(1)} s  ${file}`)
  }
  for (const { file } of failed) console.log(`# failed: ${file}`)
  console.log(`# { total: ${total(sum)}, pass: ${sum.pass}, fail: ${sum.fail}, skip: ${sum.skip} }`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

function total({ pass, fail, skip }: Tally): number {
  return pass + fail + skip
}
