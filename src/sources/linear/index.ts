import { defineSource } from '../contract/source.ts'
import { secretsOfSigning } from '../kit/signature.ts'
import { openSession } from './api.ts'
import { read } from './read.ts'
import { Settings } from './settings.ts'
import { sign, verify } from './verify.ts'

/** Linear's web hooks: issues, comments, and attachments, which are links. */
export default defineSource({
  name: 'linear',
  title: 'Linear',
  paste:
    'Open Settings, API, Webhooks, and New webhook. Put it in as the URL, choose Issues, Issue comments and Issue attachments, and create it. The signing secret that Linear shows then is the setting signing_secret.',
  settings: Settings,
  configure(settings, project) {
    const { max_age_seconds, states, token } = settings
    const secrets = secretsOfSigning(settings)
    if (settings.signing_secret !== undefined && settings.signing_secrets !== undefined)
      return [{ setting: 'signing_secrets', problem: 'must be left out when there is a signing_secret' }]
    if (secrets.length === 0)
      return [{ setting: 'signing_secret', problem: 'is missing; Linear shows it on the page of the web hook' }]
    return {
      name: 'linear',
      headers: [],
      home: 'https://linear.app/',
      verify: (request, now) => verify(request, secrets, { now, maxAgeMs: max_age_seconds * 1000 }),
      sign: (body, now) => sign(body, secrets[0] ?? '', now),
      read: (request, directory) => read(request, { project, directory, states }),
      ...(token === undefined ? {} : { open: (tools) => openSession({ ...settings, token }, tools) }),
    }
  },
})
