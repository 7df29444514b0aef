import { request } from 'undici'
import { eventually } from '../eventually.ts'
import type { RelayProcess } from '../relay-process.ts'
import type { CommitLock } from './commit-lock.ts'
import type { End } from './kinds.ts'
import type { Scene, UnderWay } from './scene.ts'

export interface Strikes {
  /** Ends the relay that cannot commit, and lets others commit. */
  end(how: End, lock: CommitLock): Promise<void>
  /** How often a relay died while it carried out the delivery of the activity with this number. */
  readonly doubts: ReadonlyMap<number, number>
  /** What a relay that was told to stop has left under way. */
  readonly left: readonly string[]
}

export function createStrikes({ fleet, relay, underWay }: Scene): Strikes {
  const doubts = new Map<number, number>()
  const left: string[] = []
  /** What a relay that was killed has left. */
  let inherited = new Set<string>()

  /** @returns the relay, which takes nothing new any more */
  async function beginToStop(): Promise<RelayProcess> {
    const address = relay()
    const stopping = fleet.relay(0)
    stopping.signal('SIGTERM')
    await eventually(async () => !(await isListening(address)), 'it listens no more')
    return stopping
  }

  async function kill(lock: CommitLock): Promise<void> {
    const before = await underWay()
    await fleet.kill(0)
    await lock.release()
    await lock.isGone()
    const after = await underWay()
    if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('something was committed after all')
    for (const { number } of before) doubts.set(number, (doubts.get(number) ?? 0) + 1)
    inherited = new Set(before.map(nameOf))
  }

  async function stop(lock: CommitLock): Promise<void> {
    const stopping = await beginToStop()
    await lock.release()
    await stopping.ended
    await lock.isGone()
    for (const each of await underWay())
      if (!inherited.has(nameOf(each)))
        left.push(`a relay that was told to stop has left attempt ${nameOf(each)} under way`)
  }

  return {
    doubts,
    left,
    async end(how, lock) {
      if (how === 'stopped') return await stop(lock)
      if (how === 'stopped in vain') await beginToStop()
      await kill(lock)
    },
  }
}

const nameOf = ({ number, integration, attempts }: UnderWay): string =>
  `${attempts} of activity ${number} to ${integration}`

async function isListening(address: string): Promise<boolean> {
  try {
    await (await request(`${address}/metrics`)).body.dump()
    return true
  } catch {
    return false
  }
}
