import { parseArgs } from 'node:util'

export interface Arguments {
  readonly isQuick: boolean
  readonly only: readonly string[]
  readonly rounds: number | null
  /** Where the results are written; null: nowhere. */
  readonly output: string | null
  readonly help: boolean
}

/** @throws {TypeError} if an option is not known */
export function readArguments(given: readonly string[], environment: NodeJS.ProcessEnv): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      output: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const only = values.only.flatMap((names) => names.split(','))
  const rounds = values.rounds ?? environment.BENCH_ROUNDS
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds))
    throw new TypeError(`--rounds must be a number from 1, not "${rounds}"`)
  // Only a whole run replaces the results that are kept.
  const kept = values.quick || only.length > 0 ? null : 'bench/RESULTS.md'
  return {
    isQuick: values.quick,
    only,
    rounds: rounds === undefined ? null : Number(rounds),
    output: values.output ?? kept,
    help: values.help,
  }
}

export function help(sections: readonly { readonly name: string; readonly title: string }[]): string {
  return `npm run bench -- [options]

Measures the relay beside what its parts can do alone, and beside others. Ends with 1 if what was accepted is not in the
store, or was not delivered once and in order; never because of a time.

  --quick          small sizes, one round: under 2 minutes, for the self-check
  --only A,B       only these sections: ${sections.map(({ name }) => name).join(', ')}
  --rounds N       medians of so many rounds (5; or BENCH_ROUNDS)
  --output FILE    where the results are written (bench/RESULTS.md if everything is measured, else nowhere)
  --help           this text

BENCH_PEERS        a folder with node_modules/node-red, n8n or pg-boss: npm install --prefix FOLDER node-red pg-boss
`
}
