import type { ThreadedStore } from '../../store/thread.ts'
import { held, type Interludes } from './play.ts'
import type { RunningTarget, Target } from './target.ts'

/** What happening takes besides the targets. */
export interface Surroundings {
  readonly store: ThreadedStore
  settle(): Promise<boolean>
  /** Milliseconds since 1970. */
  readonly until: number
  /** The target that is down anyway. */
  readonly broken: string | null
  tell(text: string): void
}

/** Lets the targets' incidents happen at their moments of the day. */
export function incidentsOf(
  started: readonly { readonly target: Target; readonly running: RunningTarget }[],
  { store, settle, until, broken, tell }: Surroundings,
): { before: Interludes['before']; after(name: string): Promise<boolean> } {
  const all = started
    .filter(({ target }) => target.name !== broken)
    .flatMap(({ target, running }) => (target.incidents ?? []).map((incident) => ({ target, running, incident })))
  return {
    async before(name) {
      for (const { target, running, incident } of all) {
        if (incident.before !== name) continue
        if (!(await settle())) return false
        incident.happen(running)
        tell(`\n${target.title} ${incident.told}.`)
      }
      return true
    },
    async after(name) {
      for (const { target, running, incident } of all) {
        const { end } = incident
        if (end?.after !== name) continue
        if (!(await held(store, target.name, until))) return false
        end.happen(running)
        tell(`${target.title} ${end.told}.`)
      }
      return true
    },
  }
}
