import { defineSource } from '../contract/source.ts'
import { secretsOfSigning } from '../kit/signature.ts'
import { openSession, withMembers } from './api.ts'
import { read } from './read.ts'
import { Settings } from './settings.ts'
import { sign, verify } from './verify.ts'

/** Shortcut's outgoing web hooks, version 1: stories, their comments and tasks. */
export default defineSource({
  name: 'shortcut',
  title: 'Shortcut',
  paste:
    'Register it by the API of Shortcut with a secret of your own, which is also the setting signing_secret: src/sources/shortcut/README.md has the command. Made in Settings, Integrations, Webhooks it works too, and without a secret there its requests are not signed.',
  settings: Settings,
  configure(settings, project) {
    const { states, token } = settings
    const secrets = secretsOfSigning(settings)
    if (settings.signing_secret !== undefined && settings.signing_secrets !== undefined)
      return [{ setting: 'signing_secrets', problem: 'must be left out when there is a signing_secret' }]
    return {
      name: 'shortcut',
      headers: [],
      home: 'https://app.shortcut.com/',
      read: (request, directory) => read(request, { project, states, directory: withMembers(directory, settings) }),
      ...(secrets.length === 0
        ? {
            warnings: [
              {
                level: 'warning',
                setting: 'signing_secret',
                message:
                  'is not set, so only the secret in the URL protects the hook; make the web hook by the API of Shortcut with a secret, and set it here',
              },
            ],
          }
        : { verify: (request) => verify(request, secrets), sign: (body) => sign(body, secrets[0] ?? '') }),
      ...(token === undefined ? {} : { open: (tools) => openSession({ ...settings, token }, tools) }),
    }
  },
})
