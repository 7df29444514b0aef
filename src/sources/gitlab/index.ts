import type { SettingProblem } from '../../connectors/contract/connector.ts'
import { defineSource } from '../contract/source.ts'
import { accessProblems } from '../kit/api-access.ts'
import { secretsOfSigning } from '../kit/signature.ts'
import { openSession } from './api.ts'
import { read } from './read.ts'
import { Settings } from './settings.ts'
import { keyIn, sign, verify } from './verify.ts'

/** GitLab's web hooks: issues, tasks and incidents, and their notes, of a project or a group. */
export default defineSource({
  name: 'gitlab',
  title: 'GitLab',
  paste:
    'In the project: Settings, Webhooks, Add new webhook. Put it in as the URL, give it the signing token or secret token of the settings, and choose Issues events and Comments.',
  settings: Settings,
  configure(settings, project) {
    const { states, own_accounts: own, internal_notes: withInternal, max_age_seconds, secret_token } = settings
    const { token, api_url, catch_up_projects: projects } = settings
    const problems = problemsIn(settings)
    if (problems.length > 0) return problems
    const keys = secretsOfSigning(settings).flatMap((secret) => keyIn(secret) ?? [])
    const trusted = { keys, token: secret_token ?? null, maxAgeMs: max_age_seconds * 1000 }
    return {
      name: 'gitlab',
      writtenBy: 'gitlab',
      headers: [],
      home: 'https://gitlab.com/',
      verify: (request, now) => verify(request, trusted, now),
      sign: (body, now) => sign(body, trusted, now),
      read: (request) => read(request, { project, states, own, withInternal }),
      ...(token === undefined || projects === undefined
        ? {}
        : { open: (tools) => openSession({ token, api_url, projects }, tools) }),
    }
  },
})

function problemsIn(settings: Settings): SettingProblem[] {
  const { signing_secret, signing_secrets, secret_token } = settings
  if (signing_secret !== undefined && signing_secrets !== undefined)
    return [{ setting: 'signing_secrets', problem: 'must be left out when there is a signing_secret' }]
  const secrets = secretsOfSigning(settings)
  if (secrets.length === 0 && secret_token === undefined)
    return [
      { setting: 'signing_secret', problem: 'is missing; set it, or secret_token for a GitLab that does not sign' },
    ]
  if (secrets.every((secret) => keyIn(secret) !== null))
    return accessProblems(settings.token, {
      ...{ setting: 'catch_up_projects', named: settings.catch_up_projects, what: 'projects' },
    })
  const setting = signing_secret === undefined ? 'signing_secrets' : 'signing_secret'
  return [{ setting, problem: 'is broken: after whsec_ stands a key in Base64, as GitLab shows it' }]
}
