import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Finding, Job, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, noAnswerToRead, ofRead } from '../kit/answer.ts'
import { type HookRoom, hookSession, refusedBy, unencrypted } from '../kit/hook-room.ts'
import { findingOf, settingError } from '../kit/setting-error.ts'
import { bodyOf, threadName } from './message.ts'
import type { Settings } from './settings.ts'

const Written = Type.Object({ id: Type.String(), channel_id: Type.String() })
const Hook = Type.Object({ name: Type.Union([Type.String(), Type.Null()]), channel_id: Type.String() })
const Limited = Type.Object({ retry_after: Type.Number({ minimum: 0, maximum: 86_400 }) })
const Refused = Type.Object({ code: Type.Integer() })

/**
 * docs.discord.com/developers/topics/opcodes-and-status-codes: unknown channel, guild and web hook, a web hook's token that
 * is wrong, and a forum channel without a thread. Whoever goes on asking after these is banned.
 */
const UNKNOWN_CHANNEL = 10_003
const GONE = [UNKNOWN_CHANNEL, 10_004, 10_015, 50_027, 220_001]

export function openSession(settings: Settings, tools: Pick<Tools, 'send' | 'now'>): Session {
  const deleted = new Set<string>()
  const room: HookRoom = {
    target: 'Discord',
    url: writeUrl(settings.url, settings.thread_id ?? null),
    body: (job) => bodyOf(job, settings.templates, null),
    taken(answer) {
      const written = jsonAs(answer, Written)
      if (written === null) return null
      return { id: settings.threads ? `${written.channel_id}/${written.id}` : written.id }
    },
    isGone: (answer) => [401, 404].includes(answer.status) || GONE.includes(codeOf(answer)),
    retryAfterMs(answer) {
      const limited = answer.status === 429 ? jsonAs(answer, Limited) : null
      return limited === null ? null : Math.ceil(limited.retry_after * 1000)
    },
  }

  /** Begins the story's thread, or goes on in it. A thread that somebody has deleted is begun anew at the next try. */
  async function speakInThread(job: Job): Promise<Receipt> {
    const latest = (await job.latest())?.split('/')[0] ?? null
    const thread = latest === null || deleted.has(latest) ? null : latest
    let isDeleted = false
    const itsRoom: HookRoom = {
      ...room,
      url: writeUrl(settings.url, thread),
      body: (job) => bodyOf(job, settings.templates, thread === null ? threadName(job) : null),
      isGone(answer) {
        isDeleted = thread !== null && codeOf(answer) === UNKNOWN_CHANNEL
        return !isDeleted && room.isGone(answer)
      },
    }
    try {
      return await hookSession(itsRoom, tools).perform(job)
    } catch (error) {
      if (!isDeleted || thread === null) throw error
      deleted.add(thread)
      throw new DeliveryError('retry', 'Discord has no thread for the story any more; it is begun anew', {
        status: 404,
      })
    }
  }

  const hook = hookSession(room, tools)
  return {
    ...hook,
    perform: (job) => (settings.threads && job.effect.kind === 'announce' ? speakInThread(job) : hook.perform(job)),
    check: async () => await checkHook(settings, room, tools),
  }
}

const codeOf = (answer: Response): number => jsonAs(answer, Refused)?.code ?? 0

/** Without `wait` a message that Discord does not store is no error (resources/webhook, "Execute Webhook"). */
function writeUrl(url: string, thread: string | null): string {
  const address = new URL(url)
  address.searchParams.set('wait', 'true')
  if (thread !== null) address.searchParams.set('thread_id', thread)
  return address.href
}

/** A web hook tells of itself whoever knows its address. */
async function checkHook(
  { url }: Settings,
  room: HookRoom,
  { send, now }: Pick<Tools, 'send' | 'now'>,
): Promise<Finding[]> {
  const address = new URL(url)
  try {
    const { origin, pathname } = address
    const answer = await send({ method: 'GET', url: `${origin}${pathname}` }).catch(noAnswerToRead)
    const hook = hookIn(answer, room, now())
    const name = hook.name ?? 'a web hook without a name'
    const message = `speaks as ${name} in the channel ${hook.channel_id}`
    return [{ level: 'ok', setting: 'url', message }, ...unencrypted(address)]
  } catch (error) {
    return [findingOf(error, 'url')]
  }
}

function hookIn(answer: Response, room: HookRoom, now: Date) {
  if (answer.status !== 200) throw ofRead(refusedBy(room, answer, now))
  const hook = jsonAs(answer, Hook)
  if (hook === null) throw settingError('url', `${new URL(room.url).host} answered, but not as Discord does; check url`)
  return hook
}
