import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type {
  Configured,
  Connector,
  Job,
  Session,
  SettingProblem,
  StoryRef,
  Ticket,
} from '../src/connectors/contract/connector.ts'
import { type Effect, storyOf } from '../src/connectors/contract/effect.ts'
import { createClient } from '../src/http/client.ts'
import type { Activity } from '../src/tracker/activity.ts'

function filledIn<S extends TSchema>(connector: Connector<S>, settings: unknown): Static<S> {
  return Value.Default(connector.settings, structuredClone(settings)) as Static<S>
}

/** The connector with these settings, the defaults filled in. */
export function configured<S extends TSchema>(connector: Connector<S>, settings: unknown): Configured {
  const result = connector.configure(filledIn(connector, settings))
  if (!Array.isArray(result)) return result
  throw new Error(result.map(({ setting, problem }) => `${setting}: ${problem}`).join('; '))
}

/** What the connector finds wrong with these settings, the defaults filled in; empty when nothing is. */
export function problemsOf<S extends TSchema>(connector: Connector<S>, settings: unknown): readonly SettingProblem[] {
  const result = connector.configure(filledIn(connector, settings))
  return Array.isArray(result) ? result : []
}

const PAUSES = new WeakMap<Session, number[]>()

/** How long a session of `openSession` has paused each time, in milliseconds; in truth it goes on at once. */
export function pausesOf(session: Session): readonly number[] {
  return PAUSES.get(session) ?? []
}

/** Opens a connector's session as the relay does: real HTTP, defaults filled in. */
export function openSession<S extends TSchema>(
  connector: Connector<S>,
  settings: unknown,
  options: { timeoutMs?: number; now?: () => Date } = {},
): { session: Session; settings: Static<S>; close: () => Promise<void> } {
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs: options.timeoutMs ?? 5000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
  })
  const quiet = (): void => {}
  const pauses: number[] = []
  const session = configured(connector, settings).open({
    integration: connector.name,
    send: client.send,
    now: options.now ?? (() => new Date()),
    random: () => 0.5,
    async pause(ms) {
      pauses.push(ms)
    },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
  PAUSES.set(session, pauses)
  return {
    session,
    settings: filledIn(connector, settings),
    close: async () => {
      await session.close?.()
      await client.close()
    },
  }
}

export interface JobParts {
  readonly inDoubt?: boolean
  readonly overtaken?: boolean
  key?: string
  story?: Partial<StoryRef>
  ticket?: Ticket | null
  activity?: Activity
  raw?: Buffer
  contentType?: string
}

/** A delivery as the worker would hand it to a session. */
export function jobFor(effect: Effect, parts: JobParts = {}): Job {
  const storyId = storyOf(effect)
  const story: StoryRef | null =
    storyId === null
      ? null
      : {
          id: storyId,
          projectId: '26',
          name: 'More power to shields',
          type: 'feature',
          url: `https://www.pivotaltracker.com/story/show/${storyId}`,
          ...parts.story,
        }
  return {
    key: parts.key ?? 'dlv_0123456789abcdef',
    effect,
    story,
    ticket: parts.ticket ?? null,
    inDoubt: parts.inDoubt ?? false,
    overtaken: parts.overtaken ?? false,
    occurredAt: new Date('2009-12-14T22:12:09.000Z'),
    activity: async () => {
      if (parts.activity === undefined) throw new Error('this job was made without an activity')
      return {
        activity: parts.activity,
        raw: parts.raw ?? Buffer.from(''),
        contentType: parts.contentType ?? null,
      }
    },
  }
}
