import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Arguments, help, readArguments } from './arguments.ts'
import { FIRST_NUMBER } from './bodies.ts'
import { chapter, type Done, report } from './report.ts'
import type { Bench, Section } from './section.ts'
import { backlog } from './sections/backlog.ts'
import { delivery } from './sections/delivery.ts'
import { drain } from './sections/drain.ts'
import { idle } from './sections/idle.ts'
import { imports } from './sections/imports.ts'
import { ingest } from './sections/ingest.ts'
import { peers } from './sections/peers.ts'
import { postgres } from './sections/postgres.ts'
import { createSelfCheck } from './self-check.ts'
import { startSink } from './sink-process.ts'
import { FULL, QUICK, type Sizes } from './sizes.ts'

/** `npm run bench`: how fast the relay is, in ratios, and whether it keeps its promises meanwhile. */

const SECTIONS: readonly Section[] = [ingest, drain, delivery, backlog, imports, idle, postgres, peers]

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function run(
  sections: readonly Section[],
  sizes: Sizes,
  isQuick: boolean,
  output: string | null,
): Promise<boolean> {
  const check = createSelfCheck(say)
  const home = mkdtempSync(join(tmpdir(), 'relay-bench-'))
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  const sink = await startSink()
  let next = FIRST_NUMBER
  const bench: Bench = {
    sizes,
    sink,
    check,
    say,
    folder: () => mkdtempSync(join(home, 'run-')),
    numbers(count) {
      const first = next
      next += count
      return first
    },
  }
  const done: Done[] = []
  for (const section of sections) {
    const one: Done = { section, ...(await section.measure(bench)) }
    done.push(one)
    say(`\n${chapter(one).join('\n')}`)
  }
  await sink.close()
  const text = report(done, { ...circumstances(), rounds: sizes.rounds, isQuick }, check)
  if (output !== null) writeFileSync(output, text)
  say(
    `self-check: ${check.made} checks, ${check.violations.length} violations${output === null ? '' : `; results in ${output}`}`,
  )
  for (const violation of check.violations) say(`  ${violation}`)
  return check.violations.length === 0
}

function circumstances() {
  const require = createRequire(import.meta.url)
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  let commit = 'unknown'
  try {
    commit = `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src', 'migrations') === '' ? '' : ' with changes'}`
  } catch {
    // Not a clone.
  }
  const version = (name: string) => (require(`${name}/package.json`) as { version: string }).version
  return {
    commit,
    date: new Date().toISOString().slice(0, 10),
    versions: {
      Node: process.versions.node,
      Fastify: version('fastify'),
      undici: version('undici'),
      sqlite3: version('sqlite3'),
    },
  }
}

/** @returns the exit code: 1 for a violation, 2 for arguments that make no sense */
async function main(given: readonly string[]): Promise<number> {
  let asked: Arguments
  try {
    asked = readArguments(given, process.env)
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${help(SECTIONS)}`)
    return 2
  }
  if (asked.help) {
    say(help(SECTIONS))
    return 0
  }
  const unknown = asked.only.find((name) => !SECTIONS.some((section) => section.name === name))
  if (unknown !== undefined) {
    say(`there is no section "${unknown}"\n\n${help(SECTIONS)}`)
    return 2
  }
  const chosen = SECTIONS.filter(({ name }) => asked.only.length === 0 || asked.only.includes(name))
  const sizes = asked.isQuick ? QUICK : FULL
  const rounds = asked.rounds ?? sizes.rounds
  return (await run(chosen, { ...sizes, rounds }, asked.isQuick, asked.output)) ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main(process.argv.slice(2))
