import { UsageError } from './usage-error.ts'

/** The values of `--header`, by their names in lower case. @throws {UsageError} */
export function headersIn(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(given.map(headerIn))
}

function headerIn(text: string): [string, string] {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/s.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new UsageError(`--header must be a name, a colon and a value, not "${text}"`)
  return [name.toLowerCase(), value]
}
