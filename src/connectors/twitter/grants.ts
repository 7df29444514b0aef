import { randomBytes, randomInt } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { type AccessParts, keepIn, lastSeen, Maybe, Text } from './access.ts'

/** Enough that an authorisation is never in the place of one which a slow process still writes to. */
const PLACES = 8

/** Which authorisation holds; its pair has a place of its own. */
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
 * The place of an OAuth 2.0 account and its pair of tokens. A renewed pair goes to the place of its own authorisation,
 * and only what a person does changes which one holds: so a refresh under way in any process neither brings an account
 * back that was taken away nor takes the place of a newer one.
 */
export interface Grants {
  account(): Promise<Account | null>
  load(): Promise<Grant | null>
  authorise(pair: Pair, who: Pick<Account, 'userId' | 'screenName'>): Promise<void>
  /** Keeps a renewed pair; 'gone': the account was taken away meanwhile, 'another': authorised anew. */
  renew(grant: Grant): Promise<'kept' | 'gone' | 'another'>
  /** Writes, so that no refresh token is spent whose successor could not be kept. */
  prove(): Promise<void>
  /** Forgets all, and tells the last of it; null where there was nothing, or nothing that could be read. */
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
      // A pair that is missing was, at the first look, just replaced by that of a newer authorisation.
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
