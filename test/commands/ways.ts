import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RelaySetup } from '../gateway/running-relay.ts'
import { type AdministeredRelay, administeredRelay, OPERATOR } from '../routes/api/administered.ts'
import { type Ran, tracker } from './command-line.ts'

export interface Steered {
  readonly relay: AdministeredRelay
  /** Who the list of what was done names. */
  readonly who: string
  run(...args: string[]): Promise<Ran>
  /** What the command prints for programs, each line or all of it. */
  objects(...args: string[]): Promise<Record<string, unknown>[]>
}

/** The two ways in which a command works: on the database, and on the relay itself. */
export const WAYS = ['on the local database', 'on a relay by its address'] as const

/** A relay that runs, and the command line on its database or at its address. */
export async function steeredRelay(
  t: Parameters<typeof administeredRelay>[0],
  way: (typeof WAYS)[number],
  setup: RelaySetup,
): Promise<Steered> {
  const relay = await administeredRelay(t, setup)
  const file = join(relay.folder, 'token')
  writeFileSync(file, `${OPERATOR}\n`)
  const where =
    way === 'on the local database'
      ? ['--config', join(relay.folder, 'relay.yaml')]
      : ['--url', relay.url, '--token-file', file]
  const run = (...args: string[]): Promise<Ran> => tracker([...args, ...where])
  return {
    relay,
    who: way === 'on the local database' ? 'command line' : 'kirk',
    run,
    async objects(...args) {
      const { code, stdout, stderr } = await run(...args, '--json')
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${stderr}`)
      if (stdout === '') return []
      const isWhole = stdout.startsWith('{\n')
      return isWhole
        ? [JSON.parse(stdout)]
        : stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line))
    },
  }
}
