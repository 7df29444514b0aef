import { hash } from 'node:crypto'

/** A key for an event that has no id of its own: the same for the same parts, in the same order. */
export function eventKey(source: string, parts: readonly unknown[]): string {
  return `${source}:${hash('sha256', JSON.stringify(parts)).slice(0, 40)}`
}
