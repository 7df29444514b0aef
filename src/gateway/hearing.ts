import type { Logger } from '../observability/logger.ts'
import type { Hearing } from '../store/news.ts'
import { StoreError } from '../store/store-error.ts'
import type { ThreadedStore } from '../store/thread.ts'

interface HearingParts {
  readonly store: Pick<ThreadedStore, 'heard'>
  readonly log: Logger
  /** Something may be due for these integrations; 'all': for any. */
  wake(names: readonly string[] | 'all'): void
  noticeOthers(): Promise<void>
  lookAtReplays(): void
  onError(error: unknown): void
}

export interface OthersHeard {
  /** Whether what others do is told, so that there is no need to look for it often. */
  isOn(): boolean
  /** Resolves when the store is closed, or at once if it tells nothing. Never rejects. */
  readonly ended: Promise<void>
}

/** Wakes whom another instance has given something to do. */
export function hearOthers({ store, log, wake, noticeOthers, lookAtReplays, onError }: HearingParts): OthersHeard {
  let state: Hearing['state'] = 'lost'
  let isDeafKnown = false

  function changed(hearing: Hearing): void {
    if (hearing.state === state) return
    if (hearing.state === 'on') log.info({}, 'other instances are heard at once')
    else if (hearing.state === 'lost') {
      if (state === 'on')
        log.warn({ reason: hearing.reason }, 'other instances are not heard; the relay looks every two seconds')
    } else if (!isDeafKnown) {
      isDeafKnown = true
      log.warn(
        {},
        'NOTIFY does not arrive, as through a proxy that pools transactions; the relay looks every two seconds. To be told at once, connect to PostgreSQL directly, or by a pool of sessions',
      )
    }
    state = hearing.state
  }

  async function hear(): Promise<void> {
    for (;;) {
      try {
        const heard = await store.heard()
        if (heard === null) return
        changed(heard.hearing)
        wake(heard.due)
        if (heard.replays) lookAtReplays()
        if (heard.states) await noticeOthers()
      } catch (error) {
        if (error instanceof StoreError && error.reason === 'stopping') return
        onError(error)
      }
    }
  }

  return { isOn: () => state === 'on', ended: hear() }
}
