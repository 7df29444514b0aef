import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { complain, print } from '../print.ts'
import { UsageError } from '../usage-error.ts'
import { widthOfOutput } from './report.ts'
import { ALL_TARGETS, runDemo } from './run.ts'

interface Options {
  readonly stay?: boolean
  readonly all?: boolean
  readonly break?: string
  readonly deadline: string
  readonly json?: boolean
}

/**
 * `tracker-relay demo`: plays days of Tracker, Linear and Shortcut through a relay, into stand-ins of its targets on this
 * machine, and shows what each of them received.
 * @returns whether everything landed
 */
export async function demo(options: Options): Promise<boolean> {
  const deadlineSeconds = secondsOf(options.deadline)
  const broken = targetNamed(options.break)
  const folder = mkdtempSync(join(tmpdir(), 'tracker-relay-demo-'))
  const tidy = (): void => rmSync(folder, { recursive: true, force: true })
  const interrupted = interruption()
  const isAll = options.all === true
  const isStaying = options.stay === true
  const isForProgram = options.json === true
  const tell = isForProgram ? complain : print
  try {
    const playing = runDemo({
      folder,
      all: isAll,
      broken,
      deadlineSeconds,
      json: isForProgram,
      tell,
      print,
      width: widthOfOutput(process.stdout.columns),
    })
    const ended = await Promise.race([playing, interrupted])
    if (typeof ended === 'string') {
      tidy()
      // The signal itself, as a shell expects it: exit() would wait for the threads of a relay in the middle of its work.
      process.kill(process.pid, ended)
      return false
    }
    if (isStaying) {
      tell(`\nEverything keeps running, until Ctrl-C. Config, database and log stay in ${folder}`)
      await interrupted
    }
    await ended.close()
    return ended.landed
  } finally {
    if (!isStaying) tidy()
  }
}

/** Resolves with the first SIGINT or SIGTERM; keeps the process from ending by itself. */
function interruption(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
}

function secondsOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`--deadline must be a whole number of seconds, not "${text}"`)
  return Number(text)
}

function targetNamed(name: string | undefined): string | null {
  if (name === undefined) return null
  const names = ALL_TARGETS.map((target) => target.name)
  if (!names.includes(name)) throw new UsageError(`--break must be one of ${names.join(', ')}, not "${name}"`)
  return name
}
