import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import type { Finding, Receipt, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, refusal } from '../kit/answer.ts'
import { messageOf } from './message.ts'
import { type Settings, signingSecrets } from './settings.ts'
import { signedHeaders } from './signature.ts'

/**
 * There is no `confirm`: a web hook cannot be asked what it has got. Its receiver knows a repetition by `webhook-id`.
 */
export function openSession(settings: Settings, { send, now }: Tools): Session {
  const url = new URL(settings.url)
  const who = `the web hook at ${url.host}`

  return {
    async perform(job): Promise<Receipt> {
      const { contentType, body } = await messageOf(job, settings.payload)
      const headers = {
        ...lowerCased(settings.headers),
        ...signedHeaders(signingSecrets(settings), job.key, now(), body),
        'content-type': contentType,
      }
      const response = await send({ method: 'POST', url: url.href, headers, body }).catch(noAnswer)
      if (response.status >= 200 && response.status < 300) return { id: job.key, note: `answered ${response.status}` }
      throw failure(who, response, now())
    },
    async check(): Promise<readonly Finding[]> {
      return [...(await reach(url, send)), ...protection(url, settings)]
    },
  }
}

/**
 * A receiver may be misconfigured for hours without an event being lost: what it refuses is tried again, each
 * delivery for itself, so that one that a receiver never takes does not hold up the others.
 */
function failure(who: string, response: Response, now: Date): DeliveryError {
  const { status, headers } = response
  if (status === 410)
    return new DeliveryError('pause', `${who} answered 410: it is gone for good and wants no more; mend the url`, {
      status,
    })
  if (status >= 400 && status < 500 && status !== 429 && status !== 408)
    return new DeliveryError('retry', `${who} answered ${status}`, {
      status,
      retryAfterMs: retryAfterMs(headers['retry-after'], now),
    })
  return refusal(who, response, now)
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** Asks only the front door, with a HEAD: whatever it answers, the name, the connection and the certificate are good. */
async function reach(url: URL, send: Tools['send']): Promise<Finding[]> {
  try {
    await send({ method: 'HEAD', url: `${url.origin}/`, maxBytes: 1024 })
    return [
      {
        level: 'ok',
        setting: 'url',
        message: `${url.host} can be reached; whether it takes web hooks shows only when one is sent, which a check never does`,
      },
    ]
  } catch (error) {
    if (error instanceof SendError) return [{ level: 'error', setting: 'url', message: error.message }]
    throw error
  }
}

function protection(url: URL, settings: Settings): Finding[] {
  const findings: Finding[] = []
  if (url.protocol === 'http:')
    findings.push({ level: 'warning', setting: 'url', message: 'http is read by everyone on the way; use https' })
  if (signingSecrets(settings).length === 0)
    findings.push({
      level: 'warning',
      setting: 'secret',
      message: 'without a secret nothing is signed: the receiver cannot tell our requests from anybody else’s',
    })
  return findings
}
