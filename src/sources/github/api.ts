import type { Finding } from '../../connectors/contract/connector.ts'
import { textOf } from '../../tracker/json-values.ts'
import { NO_DIRECTORY, type SourceSession, type SourceTools } from '../contract/source.ts'
import { createRestApi } from '../kit/rest-api.ts'
import { missedInGitHub } from './missed.ts'

export interface Access {
  readonly token: string
  readonly api_url: string
  /** Each owner/name. */
  readonly repositories: readonly string[]
}

/** GitHub's REST API (docs.github.com/rest), as far as it is asked for what the hook missed. */
export function openSession({ token, api_url, repositories }: Access, tools: SourceTools): SourceSession {
  const api = createRestApi({
    title: 'GitHub',
    base: api_url,
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      authorization: `Bearer ${token.trim()}`,
    },
    limit: { reset: 'x-ratelimit-reset', remaining: 'x-ratelimit-remaining' },
    newToken: 'create a fine-grained token that can read Issues of the repositories, and set it as token',
    tools,
  })

  async function sees(repository: string): Promise<Finding> {
    const setting = 'catch_up_repositories'
    const found = await api.find(`/repos/${repository}`)
    if (found === null)
      return {
        ...{ level: 'error', setting },
        message: `the token sees no repository ${repository}; check its present name, and whether the token was given it`,
      }
    if (found.has_issues === false)
      return { level: 'error', setting, message: `${repository} has no issues: they are switched off` }
    return { level: 'ok', setting, message: `the token sees ${textOf(found.full_name) ?? repository}` }
  }

  return {
    directory: NO_DIRECTORY,
    missed: missedInGitHub(api, repositories),
    async check() {
      // The token of an App's installation is nobody's.
      const me = await api.find('/user', [403, 404])
      const message = me === null ? 'the token is that of an App' : `the token is ${textOf(me.login)}'s`
      const seen: Finding[] = []
      for (const repository of repositories) seen.push(await sees(repository))
      return [{ level: 'ok', setting: 'token', message }, ...seen]
    },
  }
}
