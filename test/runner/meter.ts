import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a file of tests took. */
export interface Cost {
  readonly file: string
  readonly seconds: number
  /** Of the processor, also by descendants that were waited for; 0 where there is no /proc. */
  readonly cpuSeconds: number
}

export interface Meter {
  /** From now on it is this file that runs in the process. */
  begin(file: string): void
  /** Of all files, once the process has ended. */
  costs(): readonly Cost[]
}

let ofEnded: number | null = null

/** Tells what each file took of those that run one after the other in a process, which has just been started. */
export function createMeter(child: ChildProcess, first: string): Meter {
  const costs: Cost[] = []
  let current = first
  let beganAt = performance.now()
  let cpuBefore = 0
  ofEnded ??= cpuSecondsOf('self').children

  function charge(cpuSeconds: number): void {
    const now = performance.now()
    costs.push({ file: current, seconds: (now - beganAt) / 1000, cpuSeconds: Math.max(0, cpuSeconds - cpuBefore) })
    beganAt = now
    cpuBefore = cpuSeconds
  }

  // Right before, it was waited for, and so added to what the ended children of this process have used.
  child.once('exit', () => {
    const { children } = cpuSecondsOf('self')
    charge(children - (ofEnded ?? 0))
    ofEnded = children
  })
  return {
    begin(file) {
      if (file === current || child.exitCode !== null) return
      charge(cpuSecondsOf(String(child.pid)).sum)
      current = file
    },
    costs: () => costs,
  }
}

/** Fields 14 to 17 of proc_pid_stat(5), in hundredths of a second. The second field is a name in brackets. */
function cpuSecondsOf(pid: string): { readonly sum: number; readonly children: number } {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[^)]*$)/)
    const ticks = fields.split(' ').slice(11, 15).map(Number)
    const [user = 0, system = 0, childrensUser = 0, childrensSystem = 0] = ticks
    const children = (childrensUser + childrensSystem) / 100
    return { sum: (user + system) / 100 + children, children }
  } catch {
    return { sum: 0, children: 0 }
  }
}
