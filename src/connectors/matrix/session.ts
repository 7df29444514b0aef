import type { Job, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { findWriting } from '../kit/own-writings.ts'
import { DAY_MS, earliestAtTarget } from '../kit/target-clock.ts'
import { createApi } from './api.ts'
import { checkRoom } from './check.ts'
import { contentOf, markOf, type Thread } from './message.ts'
import type { Settings } from './settings.ts'

/** The threads of so many of the latest messages need no question. */
const KNOWN_ROOTS = 1000

export function openSession(settings: Settings, tools: Tools): Session {
  const api = createApi(settings, tools)
  const roots = new Map<string, string>()
  let roomId: string | null = settings.room.startsWith('!') ? settings.room : null
  let ownId: string | null = null

  async function room(): Promise<string> {
    roomId ??= await api.roomId(settings.room)
    return roomId
  }

  /** A room that was upgraded takes nothing more, and its address leads to the new one. */
  function refused(error: unknown): never {
    const isClosed = error instanceof DeliveryError && (error.status === 403 || error.status === 404)
    if (isClosed && !settings.room.startsWith('!')) roomId = null
    throw error
  }

  async function threadFor(job: Job): Promise<Thread | null> {
    const latest = settings.threads ? await job.latest() : null
    if (latest === null) return null
    const root = roots.get(latest) ?? (await api.rootOf(await room(), latest))
    return root === null ? null : { root, latest }
  }

  function remember(id: string, root: string): void {
    roots.set(id, root)
    const [oldest] = roots.keys()
    if (roots.size > KNOWN_ROOTS && oldest !== undefined) roots.delete(oldest)
  }

  return {
    async perform(job) {
      const thread = await threadFor(job)
      const content = contentOf(job, thread, settings.templates)
      const receipt = await api.send(await room(), job.key, content).catch(refused)
      if (receipt.id) remember(receipt.id, thread?.root ?? receipt.id)
      return receipt
    },
    async confirm(job, since) {
      ownId ??= await api.me()
      const mark = markOf(job.key)
      const times = { since, targetTime: job.targetTime }
      const found = await findWriting(api.ownEvents(await room(), ownId), {
        isIt: (each) => each.mark === mark,
        notBefore: (clock) => earliestAtTarget(times, clock, tools.now(), DAY_MS),
        receipted: job.receipted,
      })
      return typeof found === 'string' ? found : { id: found.id, note: 'already in the room' }
    },
    check: async () => await checkRoom(settings, api),
  }
}
