/**
 * What a write changes at a ticket, in words that the connector and the source of a tool share: the tool tells of it like of
 * anything that people do, and the relay must know it again.
 */
export interface OwnWrite {
  /** The ticket's page, for people. */
  readonly page: string
  /** All of it. */
  readonly changes: readonly TicketChange[]
}

/** Labels that differ only in case are the same, and so are statuses (=done). */
export type TicketChange = 'closed' | 'opened' | `+${string}` | `-${string}` | `=${string}`

export const labelAdded = (label: string): TicketChange => `+${label.trim().toLowerCase()}`
export const labelRemoved = (label: string): TicketChange => `-${label.trim().toLowerCase()}`

export const statusSet = (name: string): TicketChange => `=${name.trim().toLowerCase()}`

/** What a list of labels has gained and lost. */
export function labelChanges(before: readonly string[], after: readonly string[]): TicketChange[] {
  const [had, has] = [before, after].map((labels) => new Set(labels.map((label) => label.trim().toLowerCase())))
  return [
    ...[...(has ?? [])].filter((label) => had?.has(label) !== true).map(labelAdded),
    ...[...(had ?? [])].filter((label) => has?.has(label) !== true).map(labelRemoved),
  ]
}

/** What somebody changes who takes a change back; null for a status, which any other one takes back. */
export function opposite(change: TicketChange): TicketChange | null {
  if (change.startsWith('=')) return null
  if (change === 'closed') return 'opened'
  if (change === 'opened') return 'closed'
  return change.startsWith('+') ? `-${change.slice(1)}` : `+${change.slice(1)}`
}
