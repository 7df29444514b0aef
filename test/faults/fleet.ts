import { type ProcessOptions, type RelayProcess, relayProcess } from './relay-process.ts'

/** Several relays on one database, which are killed and started again. */
export interface Fleet {
  /** Where those that listen can be posted to, beginning with a certain one. */
  addresses(first: number): readonly string[]
  /** Starts one and waits until it listens. @throws {Error} if it does not come up */
  start(slot: number): Promise<void>
  /** Only gives the word to start. */
  launch(slot: number): Promise<void>
  kill(slot: number): Promise<void>
  relay(slot: number): RelayProcess
  /** The next one is not made ready any more before it is needed. */
  needsNoSpare(): void
  /** All that are running end as they do when they are asked to. */
  stop(): Promise<void>
  complaints(): string
  /** Of the largest relay. */
  peakMegabytes(): number
  /** How many were started so far. */
  readonly started: number
}

interface FleetParts {
  readonly configPath: string
  readonly leaseMs: number
  /** Of the n-th that is started, from 0. */
  options?(nth: number): ProcessOptions
}

interface Member {
  readonly relay: RelayProcess
  address: string | null
  /** Settled when it listens or has ended. */
  listening: Promise<void>
}

export function createFleet(
  t: { teardown(work: () => Promise<void>): void },
  { configPath, leaseMs, options = () => ({}) }: FleetParts,
): Fleet {
  const members = new Map<number, Member>()
  const all: RelayProcess[] = []
  /** The code of the next one is loaded meanwhile. */
  const ready: RelayProcess[] = []
  let started = 0
  let hasSpare = true

  function prepare(): void {
    const relay = relayProcess(t, configPath, leaseMs, options(all.length))
    all.push(relay)
    ready.push(relay)
  }

  function member(slot: number): Member {
    const found = members.get(slot)
    if (found === undefined) throw new Error(`no relay runs in slot ${slot}`)
    return found
  }

  async function launch(slot: number): Promise<void> {
    while (ready.length < (hasSpare ? 2 : 1)) prepare()
    const relay = ready.shift()
    if (relay === undefined) throw new Error('no relay is ready')
    await relay.loaded
    started += 1
    const added: Member = { relay, address: null, listening: Promise.resolve() }
    added.listening = relay.start().then((address) => {
      added.address = address
    })
    members.set(slot, added)
  }

  return {
    addresses(first) {
      const found = [...members.values()].flatMap(({ address }) => address ?? [])
      const at = found.length === 0 ? 0 : first % found.length
      return [...found.slice(at), ...found.slice(0, at)]
    },
    launch,
    async start(slot) {
      await launch(slot)
      const { relay, listening } = member(slot)
      await listening
      if (member(slot).address === null) throw new Error(`a relay did not start: ${relay.complaints()}`)
    },
    async kill(slot) {
      const { relay } = member(slot)
      members.delete(slot)
      await relay.end('SIGKILL')
    },
    relay: (slot) => member(slot).relay,
    needsNoSpare() {
      hasSpare = false
    },
    async stop() {
      await Promise.all([...members.values()].map(({ relay }) => relay.end('SIGTERM')))
      await Promise.all(ready.map((relay) => relay.end('SIGKILL')))
      members.clear()
    },
    complaints: () => all.map((relay) => relay.complaints()).join(''),
    peakMegabytes: () => Math.max(...all.map((relay) => relay.peakMegabytes())),
    get started() {
      return started
    },
  }
}
