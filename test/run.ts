// npm test -- [FILE OR FOLDER...]: runs those test files, named as they lie in test/, or all of them; ends with 1 when one fails.
// It tells which took most of the processor; `npm test -- --costs` tells it of all of them.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { type Cluster, deadlocksIn, openCluster, withoutPostgres } from './connectors/other/postgres-cluster.ts'
import { type FilesResult, runFiles, type Tally } from './runner/run-files.ts'

const COSTLIEST_SHOWN = 15
const TIMEOUT_MS = 240_000
/**
 * Starting a process and loading what a test needs takes about as long as most files of tests, so those of a folder
 * share processes of this many files.
 */
const TOGETHER = 6
/**
 * Each of these needs a process of its own: they measure it, load the machine, play with processes, or leave it in another
 * state (a process that has met a pooler names no statements any more). Most of the time they wait, and the longest tests are
 * among them, so they come first.
 */
const ALONE = [
  'test/faults/',
  'test/commands/demo/demo',
  'test/imports/memory',
  'test/pages/',
  'test/packaging/',
  'test/runner/',
  'test/store/postgres-pooler',
]
/** These too, and they compute all the time, so they come last, where one process begins. */
const COMPUTING = ['test/simulate/']

const NEEDS_POSTGRES = /postgres/

const asked = process.argv.slice(2).filter((each) => each !== '--costs')
const shown = process.argv.includes('--costs') ? Number.POSITIVE_INFINITY : COSTLIEST_SHOWN
const files = (asked.length > 0 ? asked : ['test']).flatMap(testsIn)
if (files.length === 0) throw new Error(`there is no test file in ${asked.join(', ')}`)
const results: FilesResult[] = []
const waiting = groupsOf(files)
// One server for all: making one takes seconds.
const postgres = files.some((file) => NEEDS_POSTGRES.test(readFileSync(file, 'utf8'))) ? await startPostgres() : null
// One more than there are cores: most tests wait now and then. That one begins at the other end, where they compute.
await Promise.all([
  ...Array.from({ length: availableParallelism() }, () => runTheRest(() => waiting.shift())),
  runTheRest(() => waiting.pop()),
])
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

/** In the order of ALONE, then the others by folder, then COMPUTING. */
function groupsOf(files: readonly string[]): string[][] {
  const isOneOf = (prefixes: readonly string[]) => (file: string) => prefixes.some((each) => file.startsWith(each))
  const [isAlone, isComputing] = [isOneOf(ALONE), isOneOf(COMPUTING)]
  const first = ALONE.flatMap((prefix) => files.filter((file) => file.startsWith(prefix))).map((file) => [file])
  const groups: string[][] = []
  for (const file of files.filter((file) => !isAlone(file) && !isComputing(file))) {
    const last = groups.at(-1)
    const isNext = last?.[0] !== undefined && dirname(last[0]) === dirname(file)
    if (isNext && last.length < TOGETHER) last.push(file)
    else groups.push([file])
  }
  const last = files.filter(isComputing).map((file) => [file])
  return [...first, ...groups, ...last].map((group) =>
    group.map((source) => join('build', source).replace(/\.ts$/, '.js')),
  )
}

async function runTheRest(next: () => readonly string[] | undefined): Promise<void> {
  for (let group = next(); group !== undefined; group = next()) {
    const result = await runFiles(group, { timeoutMs: TIMEOUT_MS })
    results.push(result)
    const { failed, tally, costs, output } = result
    const seconds = costs.reduce((sum, cost) => sum + cost.seconds, 0)
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
  const costs = results.flatMap(({ costs }) => costs).toSorted((a, b) => b.cpuSeconds - a.cpuSeconds)
  const cpuSeconds = costs.reduce((sum, cost) => sum + cost.cpuSeconds, 0)
  console.log(`1..${results.length}`)
  console.log(
    `# ${cpuSeconds.toFixed(0)} s of the processor in ${(performance.now() / 1000).toFixed(0)} s, most of it for:`,
  )
  for (const cost of costs.slice(0, shown))
    console.log(`#   ${cost.cpuSeconds.toFixed(1)} s, in ${cost.seconds.toFixed(1)} s  ${cost.file}`)
  for (const file of failed) console.log(`# failed: ${file}`)
  const deadlocks = deadlocksIn(postgres?.log() ?? '')
  for (const line of deadlocks) console.log(`# PostgreSQL: ${line}`)
  console.log(`# { total: ${total(sum)}, pass: ${sum.pass}, fail: ${sum.fail}, skip: ${sum.skip} }`)
  process.exitCode = failed.length + deadlocks.length > 0 ? 1 : 0
}

function total({ pass, fail, skip }: Tally): number {
  return pass + fail + skip
}
