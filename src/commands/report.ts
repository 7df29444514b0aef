import { print } from './print.ts'
import type { Colour, Screen } from './terminal/screen.ts'
import { printPainted } from './terminal/show.ts'
import { type Column, table } from './terminal/table.ts'

export interface Reported {
  /** What was tried: the config, the database, a project or an integration. */
  readonly subject: string
  /** Null if it is about the whole. */
  readonly setting: string | null
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
}

/** What `check` has found. */
export interface Report {
  /** Keeps the same thing once only. @param kind the type of an integration */
  tell(reported: Reported, kind?: string): void
  /** Prints a table and how much is wrong, or all of it as JSON. @returns whether there are no errors */
  end(): Promise<boolean>
}

interface Finding extends Reported {
  readonly kind: string | undefined
}

const WORDS: Readonly<Record<Reported['level'], string>> = { ok: 'ok', warning: 'WARNING', error: 'ERROR' }
const COLOURS: Readonly<Record<Reported['level'], Colour>> = { ok: 'green', warning: 'yellow', error: 'red' }

const COLUMNS: readonly Column<Finding>[] = [
  { header: 'result', value: ({ level }) => WORDS[level], colour: ({ level }) => COLOURS[level] },
  { header: 'where', value: placeOf },
  { header: 'found', value: ({ message }) => message, wraps: true },
]

/** @param screen null: for a program, as JSON */
export function createReport(screen: Screen | null): Report {
  const findings = new Map<string, Finding>()

  return {
    tell({ subject, setting, level, message }, kind) {
      const finding = { subject, setting, level, message, kind }
      findings.set(JSON.stringify([placeOf(finding), level, message]), finding)
    },
    async end() {
      const found = [...findings.values()]
      const count = (wanted: Reported['level']): number => found.filter(({ level }) => level === wanted).length
      const errors = count('error')
      const warnings = count('warning')
      if (screen === null) {
        const told: Reported[] = found.map(({ kind: _, ...reported }) => reported)
        print(JSON.stringify({ ok: errors === 0, errors, warnings, findings: told }, null, 2))
      } else {
        printPainted(await table(COLUMNS, found, screen))
        print(errors + warnings === 0 ? 'all is well' : `${times(errors, 'error')}, ${times(warnings, 'warning')}`)
      }
      return errors === 0
    },
  }
}

function placeOf({ subject, setting, kind }: Finding): string {
  return `${subject}${setting === null ? '' : `.${setting}`}${kind === undefined ? '' : ` (${kind})`}`
}

export function times(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`
}
