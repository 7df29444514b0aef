import { createHash } from 'node:crypto'
import { Value } from 'typebox/value'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { Grant, type Issuer, isOver, type OAuthTools, requestGrant } from './grant.ts'

/**
 * A refresh ends the old pair: at once (support.zendesk.com 9182123625370), or after ten minutes (Atlassian), during
 * which the old token makes up for an answer that was lost. So the new pair is stored before it is used; one that could
 * not be stored is kept in memory and stored before anything else. One process refreshes at a time, and the others find
 * its pair: an issuer may take a token that comes twice for a stolen one, and end all that it has issued.
 */
export function refreshing(
  issuer: Issuer,
  first: string,
  tools: OAuthTools,
): (refused: string | null) => Promise<Grant> {
  const { credentials, integration, now } = tools
  const name = `${issuer.connector}/${integration}/oauth`
  const origin = createHash('sha256').update(first).digest('hex').slice(0, 16)
  const { setting } = issuer.remedy
  let unsaved: Grant | null = null

  function failed(cause: unknown): never {
    const message = `${issuer.name}: the OAuth tokens could not be read from or stored in the database`
    throw new DeliveryError('hold', message, { cause, setting })
  }

  const failedAlone = (error: unknown): never => {
    if (error instanceof DeliveryError) throw error
    return failed(error)
  }

  async function load(): Promise<Grant | null> {
    const kept = parse((await credentials?.load(name).catch(failed)) ?? null)
    return kept?.origin === origin ? kept : null
  }

  async function save(grant: Grant): Promise<Grant> {
    unsaved = grant
    await credentials?.save(name, JSON.stringify(grant)).catch(failed)
    unsaved = null
    return grant
  }

  const isUsable = (grant: Grant, refused: string | null): boolean =>
    grant.accessToken !== refused && !isOver(grant, now())

  async function refreshed(refused: string | null): Promise<Grant> {
    const kept = await load()
    if (kept !== null && isUsable(kept, refused)) return kept
    const refreshToken = kept?.refreshToken ?? first
    try {
      const grant = await requestGrant(issuer, { refresh_token: refreshToken }, origin, tools)
      // An issuer that sends no other one means that this one stays valid.
      return await save({ ...grant, refreshToken: grant.refreshToken ?? refreshToken })
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.verdict !== 'pause') throw error
      // A process of an earlier release may have refreshed first; then its pair is the valid one.
      const other = await load()
      if (other !== null && other.refreshToken !== refreshToken) return other
      throw error
    }
  }

  return async (refused) => {
    if (credentials === undefined)
      throw new DeliveryError(
        'pause',
        `${issuer.name}: the relay has no key to encrypt the token that replaces ${setting}; set credentials.keys, or log in with oauth_client_id and oauth_client_secret`,
        { setting },
      )
    if (unsaved !== null) return await save(unsaved)
    const kept = await load()
    if (kept !== null && isUsable(kept, refused)) return kept
    return await credentials.alone(name, () => refreshed(refused)).catch(failedAlone)
  }
}

function parse(text: string | null): Grant | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return Value.Check(Grant, value) ? value : null
  } catch {
    return null
  }
}
