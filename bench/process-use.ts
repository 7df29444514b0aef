import { existsSync, readFileSync } from 'node:fs'

/** What the system says about a process. Only Linux says it this way; elsewhere these measures are left out. */
export const HAS_PROC = existsSync('/proc/self/stat')

/** Clock ticks a second: Linux has the same for programs on every processor. */
const TICKS = 100

/** Processor seconds of all of its threads, those that have ended too. NaN where that is not known. */
export function cpuSeconds(pid: number): number {
  if (!HAS_PROC) return Number.NaN
  // The name, in brackets, may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident megabytes, now and at most. */
export function megabytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = HAS_PROC ? readFileSync(`/proc/${pid}/status`, 'utf8') : ''
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024
  return { now: of('VmRSS'), peak: of('VmHWM') }
}
