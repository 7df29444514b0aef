import type { Finding } from '../../connectors/contract/connector.ts'
import { textOf } from '../../tracker/json-values.ts'
import { NO_DIRECTORY, type SourceSession, type SourceTools } from '../contract/source.ts'
import { createRestApi } from '../kit/rest-api.ts'
import { missedInGitLab } from './missed.ts'
import { statusesIn } from './statuses.ts'

export interface Access {
  readonly token: string
  readonly api_url: string
  /** Each a path with its groups, or a number. */
  readonly projects: readonly string[]
}

/** GitLab's REST API, version 4 (docs.gitlab.com/api/rest), as far as it is asked for what the hook missed. */
export function openSession({ token, api_url, projects }: Access, tools: SourceTools): SourceSession {
  const parts = {
    title: 'GitLab',
    base: api_url,
    headers: { accept: 'application/json', 'private-token': token.trim() },
    limit: { reset: 'ratelimit-reset', remaining: 'ratelimit-remaining' },
    newToken: 'create one with the scope read_api and the role Reporter, and set it as token',
    tools,
  }
  const api = createRestApi(parts)
  const graphql = createRestApi({
    ...parts,
    base: api_url.replace(/\/v4\/*$/, ''),
    headers: { accept: 'application/json', authorization: `Bearer ${token.trim()}` },
  })

  async function sees(project: string): Promise<Finding> {
    const setting = 'catch_up_projects'
    const found = await api.find(`/projects/${encodeURIComponent(project)}`)
    if (found === null)
      return {
        ...{ level: 'error', setting },
        message: `the token sees no project ${project}; check its present path, and whether the token's account is a member`,
      }
    if (found.issues_enabled === false)
      return { level: 'error', setting, message: `${project} has no issues: they are switched off` }
    return { level: 'ok', setting, message: `the token sees ${textOf(found.path_with_namespace) ?? project}` }
  }

  return {
    directory: NO_DIRECTORY,
    missed: missedInGitLab(api, projects, () => statusesIn(graphql)),
    async check() {
      const me = await api.find('/user', [404])
      const message = me === null ? 'the token may not ask whose it is' : `the token is ${textOf(me.username)}'s`
      const seen: Finding[] = []
      for (const project of projects) seen.push(await sees(project))
      return [{ level: 'ok', setting: 'token', message }, ...seen]
    },
  }
}
