import { SendError } from '../../http/send.ts'
import type { Finding, Tools } from '../contract/connector.ts'
import { type Settings, signingSecrets } from './settings.ts'

export async function checkReceiver(url: URL, settings: Settings, send: Tools['send']): Promise<Finding[]> {
  return [await reach(url, send), ...protection(url, settings)]
}

/** Any answer to a HEAD of the root shows that name, connection and certificate are good. */
async function reach(url: URL, send: Tools['send']): Promise<Finding> {
  try {
    await send({ method: 'HEAD', url: `${url.origin}/`, maxBytes: 1024 })
    const message = `${url.host} can be reached; whether it takes web hooks shows only when one is sent, which a check never does`
    return { level: 'ok', setting: 'url', message }
  } catch (error) {
    if (error instanceof SendError) return { level: 'error', setting: 'url', message: error.message }
    throw error
  }
}

function protection(url: URL, settings: Settings): Finding[] {
  const findings: Finding[] = []
  if (url.protocol === 'http:')
    findings.push({ level: 'warning', setting: 'url', message: 'http can be read by everyone on the way; use https' })
  if (signingSecrets(settings).length === 0)
    findings.push({
      level: 'warning',
      setting: 'secret',
      message:
        'without a secret nothing is signed, and the receiver cannot tell the relay’s requests from others; set secret',
    })
  return findings
}
