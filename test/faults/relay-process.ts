import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A relay that runs in a process of its own and can be sent signals. */
export interface RelayProcess {
  /** Where it listens; null when it ended before it did. */
  readonly address: Promise<string | null>
  readonly isRunning: () => boolean
  signal(name: NodeJS.Signals): void
  /** Sends the signal and waits for the end of the process. */
  end(name: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** What it wrote to standard error. */
  complaints(): string
}

const CHILD = fileURLToPath(new URL('./relay-child.js', import.meta.url))

export function startRelayProcess(
  t: { teardown(work: () => Promise<void>): void },
  configPath: string,
  leaseMs: number,
): RelayProcess {
  // A clean environment: what watches the test must not slow the relay down, and no variable may reach the config.
  const child = spawn(process.execPath, ['--enable-source-maps', CHILD, configPath, String(leaseMs)], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  let running = true
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      running = false
      resolve()
    })
  })
  const lines = createInterface({ input: child.stdout })
  const firstLine = new Promise<string>((resolve) => lines.once('line', resolve))
  async function end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    child.kill(name)
    await ended
  }
  t.teardown(() => end('SIGKILL'))
  return {
    address: Promise.race([firstLine, ended.then(() => null)]),
    isRunning: () => running,
    signal: (name) => void child.kill(name),
    end,
    complaints: () => complaints.join(''),
  }
}
