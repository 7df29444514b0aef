import type { Send } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { WithoutDatabase } from '../refusal.ts'
import { baseOf, type Settings } from '../settings.ts'
import { type Conversation, sendQuestion } from './ask.ts'
import { answerOf, askByRest } from './rest.ts'
import { atLeast, parseVersion, type Version } from './version.ts'
import { askByXmlRpc, callXmlRpc } from './xml-rpc.ts'

export interface Bugzilla extends Conversation {
  readonly version: Version
}

/**
 * Finds the version without a login, and the protocol: XML-RPC up to 5.2, REST from 5.3 on (with "harmony" and Mozilla's
 * own), where XML-RPC may be switched off.
 */
export async function openBugzilla(settings: Settings, send: Send, now: () => Date): Promise<Bugzilla> {
  const old = await xmlRpcVersion(settings, send, now)
  if (!(old instanceof DeliveryError) && !atLeast(old, 5, 3))
    return { version: old, ...askByXmlRpc(settings, old, send, now) }
  for (const restUrl of [`${baseOf(settings)}/rest`, `${baseOf(settings)}/rest.cgi`]) {
    const version = await restVersion(settings, restUrl, send, now)
    if (version === null) continue
    if (atLeast(version, 5, 3)) return { version, ...askByRest(settings, restUrl, send, now) }
    throw new DeliveryError(
      'hold',
      `Bugzilla ${version.text} at url has no XML-RPC; install the Perl modules for it (checksetup.pl lists them)`,
    )
  }
  if (old instanceof DeliveryError) throw old
  throw new DeliveryError('hold', `Bugzilla ${old.text} is at url, but neither rest/ nor rest.cgi/ below it answers`)
}

/** A refusal is returned, because REST may still work; it throws if nobody answered, without a database, or for a rate limit. */
async function xmlRpcVersion(settings: Settings, send: Send, now: () => Date): Promise<Version | DeliveryError> {
  try {
    const question = { kind: 'read', method: 'Bugzilla.version' } as const
    const { value } = await callXmlRpc(settings, send, now, question, {})
    const said = typeof value === 'object' && value !== null && 'version' in value ? value.version : null
    return (
      parseVersion(said) ??
      new DeliveryError('hold', 'url does not lead to a Bugzilla that tells its version; correct url')
    )
  } catch (error) {
    const mayBeOtherwise = error instanceof DeliveryError && error.status !== null && error.status !== 429
    if (mayBeOtherwise && !(error instanceof WithoutDatabase)) return error
    throw error
  }
}

/** Null if this is not the URL of REST. */
async function restVersion(settings: Settings, restUrl: string, send: Send, now: () => Date): Promise<Version | null> {
  const request = { method: 'GET', url: `${restUrl}/version`, headers: { accept: 'application/json' } } as const
  const answer = await sendQuestion(send, 'read', request)
  try {
    const body = answerOf('read', settings.api_key === undefined ? 'password' : 'api_key', answer, now())
    return parseVersion((body as Record<string, unknown>).version)
  } catch (error) {
    if (error instanceof DeliveryError && answer.status < 500 && answer.status !== 429) return null
    throw error
  }
}
