import type { Config } from '../config/schema.ts'
import { erase } from '../operations/erase.ts'
import type { Events } from '../operations/events.ts'
import { moveDeliveries } from '../operations/move.ts'
import { cancelReplay, counted, previewReplay, startReplay } from '../operations/replays.ts'
import { skipDeliveries, skipDelivery } from '../operations/skip.ts'
import type { Project } from '../queue/journal.ts'
import type { ApiParts } from '../routes/api/routes.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface Parts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  readonly version: string
  config(): Config
  now(): number
  noticeOthers(): Promise<void>
  project(id: string): Project | undefined
  /** Something new is due for these integrations. */
  wake(names: readonly string[]): void
  /** See `Imports`. */
  eraseLists(matches: (list: string) => boolean, dryRun: boolean): Promise<number>
  readonly events: Events
  /** There may be a new job. */
  lookAtReplays(): void
}

export function adminParts(parts: Parts): Omit<ApiParts, 'tokens' | 'guesses'> {
  const { store, integrations, version, config, now } = parts
  const redact = (name: string, text: string): string => integrations.worker(name)?.integration.redact(text) ?? text
  const redactAll = (text: string): string =>
    integrations.workers().reduce((shown, { integration }) => integration.redact(shown), text)
  return {
    version,
    hosts: () => adminHosts(config()),
    deliveries: {
      store,
      redact,
      async replay({ id }, who) {
        const { released, integrations: woken } = await store.replayThose([id], who, now())
        parts.wake(woken)
        return released > 0
      },
    },
    deliveryActions: {
      redact,
      delivery: store.delivery,
      count: (selection) => counted(store, selection),
      skip: (asked) => skipDeliveries(parts, { ...asked, now: now() }),
      skipOne: (asked) => skipDelivery(parts, { ...asked, now: now() }),
      move: (move) =>
        moveDeliveries(
          { ...parts, types: Object.fromEntries(config().integrations.map(({ name, type }) => [name, type])) },
          move,
          now(),
        ),
    },
    replays: {
      preview: (what) => previewReplay(parts, what),
      async start(job) {
        const started = await startReplay(store, job, now())
        parts.lookAtReplays()
        return started
      },
      cancel: (id, who) => cancelReplay(store, id, who, now()),
      list: store.replays,
      show: store.replayJob,
    },
    stats: { read: store.stats, rebuild: (who) => store.rebuildStats(who, now()), now },
    erasures: { erase: (erasure) => erase(parts, erasure) },
    events: { events: parts.events, redact, redactAll },
    audit: {
      list: store.auditList,
      redact: redactAll,
    },
  }
}

/** The names by which the admin API may be reached. */
function adminHosts({ server, admin }: Config): readonly string[] {
  const { public_url } = server
  return [
    ...admin.hosts,
    ...(public_url === undefined ? [] : [new URL(public_url).hostname]),
    (admin.listen ?? server).host,
  ]
}
