import { defineSource } from '../contract/source.ts'
import { accessProblems } from '../kit/api-access.ts'
import { secretsOfSigning } from '../kit/signature.ts'
import { openSession } from './api.ts'
import { DELIVERY, EVENT, HOOK, read } from './read.ts'
import { Settings } from './settings.ts'
import { sign, verify } from './verify.ts'

/** GitHub's web hooks: issues and their comments, of a repository, an organisation or an App. */
export default defineSource({
  name: 'github',
  title: 'GitHub',
  paste:
    'In the repository or organisation: Settings, Webhooks, Add webhook. Put it in as the Payload URL, choose application/json, give it a secret of your own, which is also the setting signing_secret, and let it send the events Issues and Issue comments.',
  settings: Settings,
  configure(settings, project) {
    const { states, own_accounts: own, token, api_url, catch_up_repositories: repositories } = settings
    const secrets = secretsOfSigning(settings)
    if (settings.signing_secret !== undefined && settings.signing_secrets !== undefined)
      return [{ setting: 'signing_secrets', problem: 'must be left out when there is a signing_secret' }]
    if (secrets.length === 0)
      return [{ setting: 'signing_secret', problem: 'is missing; GitHub signs only what has a secret at its web hook' }]
    const places = { setting: 'catch_up_repositories', named: repositories, what: 'repositories' }
    const problems = accessProblems(token, places)
    if (problems.length > 0) return problems
    return {
      name: 'github',
      writtenBy: 'github',
      headers: [EVENT, HOOK, DELIVERY],
      home: 'https://github.com/',
      verify: (request) => verify(request, secrets),
      sign: (body) => sign(body, secrets[0] ?? ''),
      read: (request) => read(request, { project, states, own }),
      ...(token === undefined || repositories === undefined
        ? {}
        : { open: (tools) => openSession({ token, api_url, repositories }, tools) }),
    }
  },
})
