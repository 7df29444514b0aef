import { StoreError } from './store-error.ts'

/**
 * What the relay itself has stored as JSON. A turned bit makes it unreadable without SQLite's knowledge.
 * @param where names the value, for who repairs the database
 * @throws {StoreError} without anything of the value
 */
export function storedJson<T>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new StoreError('unavailable', `the database is damaged: ${where} cannot be read`)
  }
}
