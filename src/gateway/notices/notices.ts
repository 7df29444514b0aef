import type { Config } from '../../config/schema.ts'
import type { NoticeLine } from '../../connectors/contract/effect.ts'
import type { Logger } from '../../observability/logger.ts'
import { planNotice } from '../../queue/plan.ts'
import { NO_PROJECT } from '../../store/notice.ts'
import type { ThreadedStore } from '../../store/thread.ts'
import type { Condition } from './condition.ts'
import { createFewest, newsSince, type Told } from './news.ts'

interface NoticeParts {
  readonly store: Pick<ThreadedStore, 'append' | 'lastNotice'>
  readonly log: Logger
  config(): Config
  now(): number
  conditions(): Promise<readonly Condition[]>
  wake(integrations: readonly string[]): void
}

/** What is kept of a notice, as the raw bytes of its activity. */
interface Kept {
  readonly lines: readonly NoticeLine[]
  readonly told: Told
}

/**
 * Tells what has begun to need a person, and what is over, once for all instances: a notice is stored like an activity,
 * with a number for its key, so that of two instances that see the same one is the duplicate. The newest one is also
 * what is known to be told.
 * @returns what looks once
 */
export function createNotices(parts: NoticeParts): () => Promise<void> {
  const { store, log, config, now, conditions, wake } = parts
  const withFewest = createFewest()
  return async () => {
    const { to } = config().notices
    if (to.length === 0) return
    const last = await store.lastNotice()
    const known = config().integrations.map(({ name }) => name)
    const told = last === null ? {} : (JSON.parse(last.raw.toString()) as Kept).told
    const current = await conditions()
    const news = newsSince(withFewest(told, current), current, now())
    if (news === null) return
    const key = keyAfter(last?.key ?? null)
    const deliveries = to.flatMap((name) => {
      // Not through the integration that it is about: it would only get to know what it cannot say.
      const lines = news.lines.filter(({ about }) => about !== name)
      return lines.length === 0 || !known.includes(name) ? [] : [planNotice(key, name, { kind: 'notice', lines })]
    })
    const { duplicate } = await store.append({
      projectId: NO_PROJECT,
      activity: { key, kind: 'relay_notice', occurredAt: new Date(now()).toISOString(), stories: [] },
      raw: Buffer.from(JSON.stringify(news satisfies Kept)),
      contentType: 'application/json',
      receivedAt: now(),
      deliveries,
    })
    if (duplicate) return
    log.info({ to, messages: news.lines.map(({ message }) => message) }, 'notice')
    wake(deliveries.map(({ integration }) => integration))
  }
}

/** Keys are compared as texts. */
function keyAfter(key: string | null): string {
  const number = key === null ? 1 : Number(key.slice(PREFIX.length)) + 1
  return `${PREFIX}${String(number).padStart(12, '0')}`
}

const PREFIX = 'notice-'
