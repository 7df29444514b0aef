import type { Receipt, Session, Tools } from '../contract/connector.ts'
import { isSuccess, noAnswer } from '../kit/answer.ts'
import { checkReceiver } from './check.ts'
import { messageOf } from './message.ts'
import { refusedBy } from './refusal.ts'
import { type Settings, signingSecrets } from './settings.ts'
import { signer } from './signature.ts'

/** There is no `confirm`, because a web hook cannot be asked what it received. Its receiver recognises a repeat by `webhook-id`. */
export function openSession(settings: Settings, { send, now }: Tools): Session {
  const url = new URL(settings.url)
  const who = `the web hook at ${url.host}`
  const own = lowerCased(settings.headers)
  const sign = signer(signingSecrets(settings))

  return {
    async perform(job): Promise<Receipt> {
      const { contentType, body } = await messageOf(job, settings.payload)
      const headers = {
        ...own,
        ...sign(job.key, now(), body),
        'content-type': contentType,
      }
      const request = { method: 'POST', url: url.href, headers, body, isWrite: true, tellsTrace: true } as const
      const response = await send(request).catch(noAnswer)
      if (isSuccess(response)) return { id: job.key, note: `answered ${response.status}` }
      throw refusedBy(who, response, now())
    },
    check: async () => await checkReceiver(url, settings, send),
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
