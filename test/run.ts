// npm test -- [FILE OR FOLDER...]: runs those test files, named as they lie in test/, or all of them; ends with 1 when one fails.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { type Cluster, deadlocksIn, openCluster, withoutPostgres } from './connectors/other/postgres-cluster.ts'
import { type FilesResult, runFiles, type Tally } from './runner/run-files.ts'

const SLOWEST_SHOWN = 10
const TIMEOUT_MS = 240_000
/**
 * Starting a process and loading what a test needs takes about as long as most files of tests, so those of a folder
 * share processes of this many files.
 */
const TOGETHER = 6
/** Each of these needs a process of its own: they measure it, load the machine, or play with processes. */
const ALONE = [
  'test/pages/',
  'test/commands/demo/demo',
  'test/faults/',
  'test/imports/memory',
  'test/packaging/',
  'test/runner/',
  'test/simulate/',
]

const NEEDS_POSTGRES = /postgres/

const asked = process.argv.slice(2)
const files = (asked.length > 0 ? asked : ['test']).flatMap(testsIn)
if (files.length === 0) throw new Error(`there is no test file in ${asked.join(', ')}`)
const results: FilesResult[] = []
const waiting = groupsOf(files).values()
// One server for all: making one takes seconds.
const postgres = files.some((file) => NEEDS_POSTGRES.test(readFileSync(file, 'utf8'))) ? await startPostgres() : null
// One more than there are cores: most tests wait now and then.
await Promise.all(Array.from({ length: availableParallelism() + 1 }, runTheRest))
report()
await postgres?.close()

/** Null: a server is given, or there is none; then the tests say what is missing. */
async function startPostgres(): Promise<Cluster | null> {
  if (process.env.RELAY_TEST_POSTGRES !== undefined || withoutPostgres !== null) return null
  const cluster = await openCluster()
  process.env.RELAY_TEST_POSTGRES = cluster.url
  process.env.RELAY_TEST_POSTGRES_LOG = cluster.logFile
  return cluster
}

/** Sources are listed, not what was compiled: that may still be there when its source has gone. */
function testsIn(path: string): string[] {
  return statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .sort()
        .map((name) => join(path, name))
}

/** Those that run alone come first, since the longest are among them. */
function groupsOf(files: readonly string[]): string[][] {
  const isAlone = (file: string): boolean => ALONE.some((each) => file.startsWith(each))
  const groups = files.filter(isAlone).map((file) => [file])
  for (const file of files.filter((file) => !isAlone(file))) {
    const last = groups.at(-1)
    const isNext = last?.[0] !== undefined && !isAlone(last[0]) && dirname(last[0]) === dirname(file)
    if (isNext && last.length < TOGETHER) last.push(file)
    else groups.push([file])
  }
  return groups.map((group) => group.map((source) => join('build', source).replace(/\.ts$/, '.js')))
}

async function runTheRest(): Promise<void> {
  for (const group of waiting) {
    const result = await runFiles(group, { timeoutMs: TIMEOUT_MS })
    results.push(result)
    const { failed, tally, seconds, output } = result
    console.log(
      `${failed.length === 0 ? 'ok' : 'not ok'} ${results.length} - ${nameOf(result)} # ${total(tally)} in ${seconds.toFixed(1)} s`,
    )
    if (failed.length > 0) console.log(output.replaceAll(/^/gm, '    '))
  }
}

function nameOf({ files }: FilesResult): string {
  const [first = '', ...others] = files
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

function report(): void {
  const sum: Tally = { pass: 0, fail: 0, skip: 0 }
  for (const { tally } of results) {
    sum.pass += tally.pass
    sum.fail += tally.fail
    sum.skip += tally.skip
  }
  const failed = results.flatMap(({ failed }) => failed)
  const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST_SHOWN)
  console.log(`1..${results.length}`)
  if (results.length > SLOWEST_SHOWN) {
    console.log('# the slowest:')
    for (const result of slowest) console.log(`#   ${result.seconds.toFixed(1)} s  ${nameOf(result)}`)
  }
  for (const file of failed) console.log(`# failed: ${file}`)
  const deadlocks = deadlocksIn(postgres?.log() ?? '')
  for (const line of deadlocks) console.log(`# PostgreSQL: ${line}`)
  console.log(`# { total: ${total(sum)}, pass: ${sum.pass}, fail: ${sum.fail}, skip: ${sum.skip} }`)
  process.exitCode = failed.length + deadlocks.length > 0 ? 1 : 0
}

function total({ pass, fail, skip }: Tally): number {
  return pass + fail + skip
}
