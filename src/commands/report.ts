import { visible } from '../observability/visible.ts'
import { print } from './print.ts'

export interface Reported {
  /** What was tried: the config, the database, a project or an integration. */
  readonly subject: string
  /** Null if it is about the whole. */
  readonly setting: string | null
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
}

/** What `check` has found: a line for each thing, and at the end how much was wrong; or all of it as JSON. */
export interface Report {
  /** Says the same thing once only. @param kind the type of an integration */
  tell(reported: Reported, kind?: string): void
  /** @returns whether there are no errors */
  end(): boolean
}

export function createReport(json: boolean): Report {
  const findings: Reported[] = []
  const told = new Set<string>()

  return {
    tell({ subject, setting, level, message }, kind) {
      const where = `${setting === null ? subject : `${subject}.${setting}`}${kind === undefined ? '' : ` (${kind})`}`
      const line = `${where}: ${level === 'ok' ? 'ok' : level.toUpperCase()}: ${visible(message)}`
      if (told.has(line)) return
      told.add(line)
      findings.push({ subject, setting, level, message })
      if (!json) print(line)
    },
    end() {
      const count = (wanted: Reported['level']): number => findings.filter(({ level }) => level === wanted).length
      const errors = count('error')
      const warnings = count('warning')
      if (json) print(JSON.stringify({ ok: errors === 0, errors, warnings, findings }, null, 2))
      else print(errors + warnings === 0 ? 'all is well' : `${times(errors, 'error')}, ${times(warnings, 'warning')}`)
      return errors === 0
    },
  }
}

export function times(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`
}
