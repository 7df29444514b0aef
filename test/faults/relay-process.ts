import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ChildOptions } from './relay-child.ts'

/** A relay in a process of its own, which can be sent signals. */
export interface RelayProcess {
  readonly pid: number
  /** Resolves when its code is loaded, which takes a second or more. */
  readonly loaded: Promise<void>
  /** @returns where it listens; null when the process ended before it did */
  start(): Promise<string | null>
  signal(name: NodeJS.Signals): void
  /** Sends the signal and waits for the end of the process. */
  end(name: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Resolves when it has ended, by whatever. */
  readonly ended: Promise<void>
  setClock(aheadMs: number): void
  /** What it wrote to standard error. */
  complaints(): string
  /** The most memory that it has held so far, as far as the system tells; as it was before `end`. */
  peakMegabytes(): number
}

export interface ProcessOptions extends ChildOptions {
  /** `ulimit` flags and values: { n: 64 } for so many file descriptors, { f: 1000 } for files of so many KiB. */
  readonly limits?: Readonly<Record<string, number>>
  /** Another build of the relay. */
  readonly program?: string
}

/** In a few files, as the program is: to load the thousand that it consists of took most of a start, and each round starts some. */
const BUNDLED = fileURLToPath(new URL('../../program/relay-child.js', import.meta.url))

/** @param leaseMs after which a worker that has not extended a delivery is considered dead */
export function relayProcess(
  t: { teardown(work: () => Promise<void>): void },
  configPath: string,
  leaseMs: number,
  { limits = {}, program = BUNDLED, ...options }: ProcessOptions = {},
): RelayProcess {
  const limited = Object.entries(limits).map(([flag, value]) => `ulimit -S -${flag} ${value}; `)
  const args = [process.execPath, program, configPath, String(leaseMs), JSON.stringify(options)]
  // A clean environment: what watches the test must not slow the relay down, and no variable may reach the config.
  const child = spawn('/bin/sh', ['-c', `${limited.join('')}exec "$@"`, 'sh', ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const pid = child.pid
  if (pid === undefined) throw new Error('the relay process did not start')
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  // It may have been killed already.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const said = lines[Symbol.asyncIterator]()
  const nextLine = (): Promise<string | null> => said.next().then(({ value, done }) => (done === true ? null : value))
  const loaded = nextLine().then(() => {})
  let peak = 0

  function peakMegabytes(): number {
    peak = Math.max(peak, peakOf(pid ?? 0))
    return peak
  }

  async function end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    peakMegabytes()
    child.kill(name)
    await ended
  }

  t.teardown(() => end('SIGKILL'))
  return {
    pid,
    loaded,
    async start() {
      child.stdin.write('start\n')
      await loaded
      return await nextLine()
    },
    signal: (name) => void child.kill(name),
    end,
    ended,
    setClock: (aheadMs) => void child.stdin.write(`clock ${aheadMs}\n`),
    complaints: () => complaints.join(''),
    peakMegabytes,
  }
}

/** Zero where the system has no /proc, or the process has gone. */
function peakOf(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kilobytes) / 1024)
  } catch {
    return 0
  }
}

/** Starts a relay that must come up. */
export async function startRelayProcess(
  t: { teardown(work: () => Promise<void>): void },
  configPath: string,
  leaseMs: number,
  options: ProcessOptions = {},
): Promise<RelayProcess & { readonly address: string }> {
  const relay = relayProcess(t, configPath, leaseMs, options)
  const address = await relay.start()
  if (address === null) throw new Error(`the relay did not start: ${relay.complaints()}`)
  return { ...relay, address }
}
