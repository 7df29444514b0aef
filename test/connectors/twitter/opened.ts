import type { Test } from 'tap'
import { Value } from 'typebox/value'
import type { Connection, Limit, Session } from '../../../src/connectors/contract/connector.ts'
import { SealError } from '../../../src/connectors/contract/seal-error.ts'
import twitter from '../../../src/connectors/twitter/index.ts'
import { Settings } from '../../../src/connectors/twitter/settings.ts'
import { type Clock, clockAt, type Ledger, openSession } from '../../harness.ts'
import { startTwitter, type Twitter, type TwitterOptions } from '../../targets/twitter.ts'
import { alone } from '../alone.ts'

/** The relay's place for credentials: what is in `kept` survives a restart. */
export function credentialStore() {
  const kept = new Map<string, string>()
  let failing = false
  const lost = new Set<string>()
  return {
    kept,
    /** What is kept under these names was sealed with a key that is gone. */
    loseKeyOf(names: Iterable<string>): void {
      for (const name of names) lost.add(name)
    },
    fail(whether: boolean): void {
      failing = whether
    },
    async load(name: string) {
      if (lost.has(name)) throw new SealError(`"${name}" opens with none of the keys`)
      return kept.get(name) ?? null
    },
    async save(name: string, value: string) {
      if (failing) throw new Error('disk full')
      lost.delete(name)
      kept.set(name, value)
    },
    async forget(name: string) {
      lost.delete(name)
      kept.delete(name)
    },
    alone: alone(),
  }
}
export type Store = ReturnType<typeof credentialStore>

export type Opened = Required<Pick<Session, 'perform' | 'confirm' | 'check'>> & {
  readonly connection: Connection
  readonly limits: [string, Limit][]
  readonly warnings: object[]
}

export interface SessionParts {
  readonly settings: object
  readonly clock: Clock
  readonly credentials?: Store | undefined
  readonly ledger?: Ledger | undefined
  readonly timeoutMs?: number | undefined
  readonly integration?: string
}

export function filled(settings: object): Settings {
  const value = Value.Default(Settings, structuredClone(settings))
  Value.Assert(Settings, value)
  return value
}

/** One more session on the same Twitter, as after a restart. */
export function sessionOn(t: Test, at: { readonly url: string }, parts: SessionParts): Opened {
  const limits: [string, Limit][] = []
  const warnings: object[] = []
  const { session, close } = openSession(
    twitter,
    { api_base_url: at.url, authorize_base_url: at.url, ...parts.settings },
    {
      integration: parts.integration ?? 'news',
      timeoutMs: parts.timeoutMs ?? 10_000,
      now: parts.clock.now,
      steady: parts.clock.steady,
      credentials: parts.credentials,
      ledger: parts.ledger,
      limit: (window, state) => limits.push([window, state]),
      warn: (fields) => warnings.push(fields),
    },
  )
  t.teardown(close)
  const { perform, confirm, check, connection } = session
  if (perform === undefined || confirm === undefined || check === undefined) throw new Error('a function is missing')
  const missing: Connection = {
    account: async () => {
      throw new Error('this session has no connection')
    },
    begin: async () => {
      throw new Error('this session has no connection')
    },
    finish: async () => {
      throw new Error('this session has no connection')
    },
    disconnect: async () => {
      throw new Error('this session has no connection')
    },
  }
  return { perform, confirm, check, connection: connection ?? missing, limits, warnings }
}

/** A Twitter, and a session whose account was pasted into the settings; both end with the test. */
export async function opened(t: Test, options: TwitterOptions & { settings?: object; timeoutMs?: number } = {}) {
  const clock = clockAt()
  const target = await startTwitter({ now: () => new Date(clock.steady()), ...options })
  t.teardown(() => target.close())
  const [access_token, access_token_secret] = target.oauth.issue()
  const settings = { ...appSettings(target), access_token, access_token_secret, ...options.settings }
  const session = sessionOn(t, target, { settings, clock, timeoutMs: options.timeoutMs })
  return { target, clock, settings, session }
}

/** A Twitter, and a session that is still to be authorised. */
export async function unconnected(t: Test, options: TwitterOptions & { settings?: (target: Twitter) => object } = {}) {
  const clock = clockAt()
  const target = await startTwitter({ now: () => new Date(clock.steady()), ...options })
  t.teardown(() => target.close())
  const credentials = credentialStore()
  const settings = options.settings?.(target) ?? appSettings(target)
  const again = (): Opened => sessionOn(t, target, { settings, clock, credentials })
  return { target, clock, credentials, settings, again, session: again() }
}

export function appSettings({ app }: Twitter): object {
  return { consumer_key: app.consumerKey, consumer_secret: app.consumerSecret }
}

export function clientSettings({ app }: Twitter): object {
  return { client_id: app.clientId, ...(app.clientSecret === null ? {} : { client_secret: app.clientSecret }) }
}
