import type { Finding, Tools } from '../contract/connector.ts'
import { reach } from '../kit/reach.ts'
import { type Settings, signingSecrets } from './settings.ts'

export async function checkReceiver(url: URL, settings: Settings, send: Tools['send']): Promise<Finding[]> {
  return [await reach(url, send, 'whether it takes web hooks'), ...protection(url, settings)]
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
