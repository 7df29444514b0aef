import type { Machine } from './machine.ts'
import type { Fate, Operation } from './world.ts'

/** Faults that strike at one of the next calls, whenever that is. */
export interface Arms {
  fateOf(operation: Pick<Operation, 'actor' | 'name' | 'kind'>): Fate
  /** @param dying called when it strikes, as in the others */
  crash(machine: Machine, how: Moment & { readonly when: 'before' | 'after' }, dying: () => void): void
  cutPower(afterWrites: number, dying: () => void): void
  freeze(machine: Machine, moment: Moment, freezing: () => void): void
  failDatabase(machine: Machine, calls: number, failing: (call: string) => Error): void
  disarm(): void
}

interface Countdown {
  left: number
  /** Counts from the next take on. */
  isInAttempt?: boolean
}

interface Moment {
  readonly afterCalls: number
  readonly isInAttempt: boolean
}

export function createArms(): Arms {
  const crashes = new Map<string, Countdown & { readonly when: 'before' | 'after'; dying(): void }>()
  const freezes = new Map<string, Countdown & { freezing(): void }>()
  const failures = new Map<string, Countdown & { failing(call: string): Error }>()
  let powerCut: (Countdown & { dying(): void }) | null = null

  function isOver(countdown: Countdown, call: string): boolean {
    if (countdown.isInAttempt === true && !call.startsWith('take')) return false
    countdown.isInAttempt = false
    countdown.left -= 1
    return countdown.left < 0
  }

  return {
    fateOf({ actor, kind, name }) {
      const machine = actor.name.charAt(0)
      const crash = crashes.get(machine)
      if (crash !== undefined && isOver(crash, name)) {
        crashes.delete(machine)
        crash.dying()
        return { type: 'dies', when: crash.when }
      }
      if (powerCut !== null && kind === 'writes' && isOver(powerCut, name)) {
        powerCut.dying()
        powerCut = null
        return { type: 'power cut' }
      }
      const failure = failures.get(machine)
      if (failure !== undefined && isOver(failure, name)) failures.delete(machine)
      else if (failure !== undefined) return { type: 'fails', error: failure.failing(name) }
      const freeze = freezes.get(machine)
      if (freeze !== undefined && isOver(freeze, name)) {
        freezes.delete(machine)
        freeze.freezing()
      }
      return { type: 'runs' }
    },
    crash(machine, { afterCalls, isInAttempt, when }, dying) {
      crashes.set(machine.name, { left: afterCalls, isInAttempt, when, dying })
    },
    cutPower(afterWrites, dying) {
      powerCut = { left: afterWrites, dying }
    },
    freeze(machine, { afterCalls, isInAttempt }, freezing) {
      freezes.set(machine.name, { left: afterCalls, isInAttempt, freezing })
    },
    failDatabase(machine, calls, failing) {
      failures.set(machine.name, { left: calls, failing })
    },
    disarm() {
      crashes.clear()
      freezes.clear()
      failures.clear()
      powerCut = null
    },
  }
}
