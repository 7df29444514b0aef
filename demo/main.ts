import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { print } from '../src/commands/print.ts'
import { widthOfOutput } from './report.ts'
import { runDemo } from './run.ts'
import { TARGETS } from './targets.ts'

interface Options {
  readonly stay: boolean
  readonly all: boolean
  readonly break?: string
  readonly deadline: number
}

await new Command('demo')
  .description(
    'Plays a recorded day in a Tracker project through the relay, into stand-ins of its targets on this machine, and ' +
      'shows what each of them received. Ends with 0 when everything landed, with 1 when anything did not.',
  )
  .option('--stay', 'keep everything running, until Ctrl-C', false)
  .option('--all', 'show everything that was received, however much it is', false)
  .addOption(
    new Option('--break <target>', 'take a target down for good, to see what happens then').choices(
      TARGETS.map(({ name }) => name),
    ),
  )
  .option('--deadline <seconds>', 'give up after so long', seconds, 60)
  .action(demo)
  .parseAsync()

async function demo(options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tracker-relay-demo-'))
  const tidy = (): void => rmSync(folder, { recursive: true, force: true })
  const interrupted = interruption()
  try {
    const playing = runDemo({
      folder,
      all: options.all,
      broken: options.break ?? null,
      deadlineSeconds: options.deadline,
      width: widthOfOutput(process.stdout.columns),
    })
    const ended = await Promise.race([playing, interrupted])
    if (typeof ended === 'string') {
      tidy()
      // The signal itself, as a shell expects it: exit() would wait for the threads of a relay in the middle of its work.
      process.kill(process.pid, ended)
      return
    }
    if (options.stay) {
      print(`\nEverything keeps running, until Ctrl-C. Config, database and log stay in ${folder}`)
      await interrupted
    }
    await ended.close()
    process.exitCode = ended.landed ? 0 : 1
  } finally {
    if (!options.stay) tidy()
  }
}

/** Resolves with the first SIGINT or SIGTERM; keeps the process from ending by itself. */
function interruption(): Promise<'SIGINT' | 'SIGTERM'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is a whole number of seconds.')
  return Number(text)
}
