import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Finding, Session, Tools } from '../contract/connector.ts'
import { jsonAs, noAnswerToRead, ofRead } from '../kit/answer.ts'
import { type HookRoom, hookSession, refusedBy, unencrypted } from '../kit/hook-room.ts'
import { findingOf, settingError } from '../kit/setting-error.ts'
import { bodyOf } from './message.ts'
import type { Settings } from './settings.ts'

const Written = Type.Object({ id: Type.String(), channel_id: Type.String() })
const Hook = Type.Object({ name: Type.Union([Type.String(), Type.Null()]), channel_id: Type.String() })
const Limited = Type.Object({ retry_after: Type.Number({ minimum: 0, maximum: 86_400 }) })
const Refused = Type.Object({ code: Type.Integer() })

/**
 * docs.discord.com/developers/topics/opcodes-and-status-codes: unknown channel, guild and web hook, a web hook's token that
 * is wrong, and a forum channel without a thread. Whoever goes on asking after these is banned.
 */
const GONE = [10_003, 10_004, 10_015, 50_027, 220_001]

export function openSession(settings: Settings, tools: Pick<Tools, 'send' | 'now'>): Session {
  const room: HookRoom = {
    target: 'Discord',
    url: writeUrl(settings),
    body: (job) => bodyOf(job, settings.templates),
    taken(answer) {
      const written = jsonAs(answer, Written)
      return written === null ? null : { id: written.id }
    },
    isGone: (answer) => [401, 404].includes(answer.status) || GONE.includes(jsonAs(answer, Refused)?.code ?? 0),
    retryAfterMs(answer) {
      const limited = answer.status === 429 ? jsonAs(answer, Limited) : null
      return limited === null ? null : Math.ceil(limited.retry_after * 1000)
    },
  }
  return { ...hookSession(room, tools), check: async () => await checkHook(settings, room, tools) }
}

/** Without `wait` a message that Discord does not store is no error (resources/webhook, "Execute Webhook"). */
function writeUrl({ url, thread_id }: Settings): string {
  const address = new URL(url)
  address.searchParams.set('wait', 'true')
  if (thread_id !== undefined) address.searchParams.set('thread_id', thread_id)
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
