// npm test [FILE OR FOLDER...]: runs those test files, or all of them, and ends with 1 when one of them fails.
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FileResult, runFile, type Tally } from './runner/run-file.ts'

const ALL = relative(process.cwd(), fileURLToPath(new URL('.', import.meta.url)))
const SLOWEST_SHOWN = 10
const TIMEOUT_MS = 120_000

const asked = process.argv.slice(2)
const files = (asked.length > 0 ? asked : [ALL]).flatMap(testsIn)
if (files.length === 0) throw new Error(`no test files in ${asked.join(', ') || ALL}`)
const results: FileResult[] = []
const waiting = files.values()
await Promise.all(Array.from({ length: availableParallelism() }, runTheRest))
report()

function testsIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
  return names.filter((name) => name.endsWith('.test.js')).map((name) => join(path, name))
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
