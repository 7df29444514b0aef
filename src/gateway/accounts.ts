import type { Accounts } from '../connectors/contract/connector.ts'
import type { Store } from '../store/store.ts'

export type NoteVerbs = Pick<Store, 'loadNote' | 'saveNote' | 'forgetNote'>

/** What the integrations of a process share, kept in the store for the other processes and the next start. */
export function createAccounts(store: NoteVerbs, now: () => number): Accounts {
  const shared = new Map<string, unknown>()
  return {
    shared<T>(name: string, make: () => T): T {
      if (!shared.has(name)) shared.set(name, make())
      return shared.get(name) as T
    },
    load: (name) => store.loadNote(name),
    save: (name, note) => store.saveNote(name, note, now()),
    forget: (name) => store.forgetNote(name),
  }
}
