import { randomBytes, randomInt } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { DeliveryError } from '../contract/delivery-error.ts'
import { type AccessParts, keepIn, lastSeen, Maybe, Text } from './access.ts'

/** Enough that a slow process never writes into the place of a later authorisation. */
const PLACES = 8

/** The valid authorisation; its tokens are stored apart. */
const Account = Type.Object({
  clientId: Text,
  id: Text,
  place: Type.Integer({ minimum: 0, maximum: PLACES - 1 }),
  userId: Maybe,
  screenName: Maybe,
})
type Account = Static<typeof Account>

const Pair = Type.Object({
  id: Text,
  accessToken: Text,
  refreshToken: Text,
  /** milliseconds since 1970 */
  expiresAt: Type.Number(),
})
export type Pair = Omit<Static<typeof Pair>, 'id'>
export type Grant = Account & Pair

/**
 * Stores an OAuth 2.0 account and its pair of tokens. A renewed pair goes to the place of its own authorisation, and
 * only a person changes which one is valid. So a refresh under way in another process neither restores an account that
 * was removed nor replaces a newer one.
 */
export interface Grants {
  account(): Promise<Account | null>
  load(): Promise<Grant | null>
  authorise(pair: Pair, who: Pick<Account, 'userId' | 'screenName'>): Promise<void>
  /** 'gone' if the account was removed meanwhile, 'another' if it was authorised again. */
  renew(grant: Grant): Promise<'kept' | 'gone' | 'another'>
  /** No other process of the relay does such work for this account meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Proves that the store can be written to, before a refresh token is spent. */
  prove(): Promise<void>
  /** Returns what was stored; null if that was nothing, or could not be read. */
  forget(): Promise<Grant | null>
}

export function grantsIn(parts: AccessParts, clientId: string): Grants {
  const account = keepIn(parts, 'oauth2', Account, (kept) => kept.clientId === clientId)
  const pairAt = (place: number) => keepIn(parts, `oauth2/${place}`, Pair, () => true)
  const proof = keepIn(parts, 'oauth2/refreshing', Type.Object({ since: Type.String() }), () => true)

  async function withPair(of: Account | null): Promise<Grant | null> {
    if (of === null) return null
    const pair = await pairAt(of.place).load()
    return pair === null || pair.id !== of.id ? null : { ...pair, ...of }
  }

  async function load(): Promise<Grant | null> {
    for (let before: Account | null = null; ; ) {
      const now = await account.load()
      const grant = await withPair(now)
      // At the first look, a missing pair may just have been replaced by that of a newer authorisation.
      if (grant !== null || now === null || now.id === before?.id) return grant
      before = now
    }
  }

  return {
    account: () => account.load(),
    load,
    async authorise(pair, who) {
      const before = await lastSeen(parts, () => account.load())
      const place = before === null ? randomInt(PLACES) : (before.place + 1) % PLACES
      const id = randomBytes(12).toString('base64url')
      await pairAt(place).save({ ...pair, id })
      await account.save({ clientId, id, place, ...who })
      if (before !== null) await pairAt(before.place).forget()
    },
    async renew({ id, place, accessToken, refreshToken, expiresAt }) {
      const standing = async (): Promise<'kept' | 'gone' | 'another'> => {
        const holds = await account.load()
        if (holds === null) return 'gone'
        return holds.id === id ? 'kept' : 'another'
      }
      const before = await standing()
      if (before !== 'kept') return before
      await pairAt(place).save({ id, accessToken, refreshToken, expiresAt })
      const after = await standing()
      if (after !== 'kept' && (await pairAt(place).load())?.id === id) await pairAt(place).forget()
      return after
    },
    async alone(work) {
      const { credentials, integration } = parts.tools
      if (credentials === undefined) return await work()
      return await credentials.alone(`twitter/${integration}/oauth2`, work).catch((cause: unknown) => {
        if (cause instanceof DeliveryError) throw cause
        throw new DeliveryError('hold', "Twitter: the database cannot say who refreshes the account's tokens", {
          cause,
        })
      })
    },
    prove: () => proof.save({ since: parts.tools.now().toISOString() }),
    async forget() {
      const holds = await lastSeen(parts, () => account.load())
      await account.forget()
      const last = await lastSeen(parts, () => withPair(holds))
      for (let place = 0; place < PLACES; place += 1) await pairAt(place).forget()
      await proof.forget()
      return last
    },
  }
}
