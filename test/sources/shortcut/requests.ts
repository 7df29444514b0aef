import { createHmac } from 'node:crypto'
import type { Directory, ForeignState } from '../../../src/sources/contract/source.ts'

export const SECRET = 'a-secret-given-to-shortcut'

export const STATES: ReadonlyMap<string, ForeignState> = new Map(
  [
    ['500000008', 'Unscheduled', 'unstarted'] as const,
    ['500000006', 'In Development', 'started'] as const,
    ['500000010', 'Ready for Review', 'started'] as const,
    ['500000011', 'Completed', 'done'] as const,
  ].map(([id, name, category]) => [id, { id, name, category, of: 'Development' }]),
)

export const PEOPLE: ReadonlyMap<string, string> = new Map([
  ['5b1fda16-626f-487f-9ecf-f3a4abf42b8b', 'Eeshan Garg'],
  ['60723f5f-28ca-4ec2-a3a2-37b2dc5606ae', 'Montgomery Scott'],
])

export const directory: Directory = {
  person: async (id) => PEOPLE.get(id) ?? null,
  state: async (id) => STATES.get(id) ?? null,
}

/** A request as Shortcut sends it. */
export function shortcutRequest(event: object, secret = SECRET) {
  const body = JSON.stringify(event)
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return { body, headers: { 'content-type': 'application/json', 'payload-signature': signature } }
}
