import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A relay in a process of its own, which can be sent signals. */
export interface RelayProcess {
  /** Resolves when its code is loaded, which takes a second or more. */
  readonly loaded: Promise<void>
  /** @returns where it listens; null when the process ended before it did */
  start(): Promise<string | null>
  signal(name: NodeJS.Signals): void
  /** Sends the signal and waits for the end of the process. */
  end(name: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** What it wrote to standard error. */
  complaints(): string
}

const CHILD = fileURLToPath(new URL('./relay-child.js', import.meta.url))

/** @param leaseMs after which a worker that has not extended a delivery is considered dead */
export function relayProcess(
  t: { teardown(work: () => Promise<void>): void },
  configPath: string,
  leaseMs: number,
): RelayProcess {
  // A clean environment: what watches the test must not slow the relay down, and no variable may reach the config.
  const child = spawn(process.execPath, [CHILD, configPath, String(leaseMs)], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  // It may have been killed already.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const said = lines[Symbol.asyncIterator]()
  const nextLine = (): Promise<string | null> => said.next().then(({ value, done }) => (done === true ? null : value))
  const loaded = nextLine().then(() => {})

  async function end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    child.kill(name)
    await ended
  }

  t.teardown(() => end('SIGKILL'))
  return {
    loaded,
    async start() {
      child.stdin.write('start\n')
      await loaded
      return await nextLine()
    },
    signal: (name) => void child.kill(name),
    end,
    complaints: () => complaints.join(''),
  }
}

/** Starts a relay that must come up. */
export async function startRelayProcess(
  t: { teardown(work: () => Promise<void>): void },
  configPath: string,
  leaseMs: number,
): Promise<RelayProcess & { readonly address: string }> {
  const relay = relayProcess(t, configPath, leaseMs)
  const address = await relay.start()
  if (address === null) throw new Error(`the relay did not start: ${relay.complaints()}`)
  return { ...relay, address }
}
