import type { Finding } from '../../connectors/contract/connector.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import type { Directory, ForeignState, SourceSession, SourceTools } from '../contract/source.ts'
import { createDirectory } from '../kit/directory.ts'
import { stateFindings } from '../kit/state-findings.ts'
import { CATEGORIES, type Settings } from './settings.ts'

/** A workspace may have thousands of members. */
const MOST_BYTES = 8 * 1024 * 1024

/** Shortcut's REST API v3, as far as it is asked: all members and workflows, each in one answer. */
export function openSession(settings: Settings & { readonly token: string }, tools: SourceTools): SourceSession {
  const base = settings.api_url.replace(/\/+$/, '')

  async function list(path: 'members' | 'workflows'): Promise<Values[]> {
    const response = await tools.send({
      method: 'GET',
      url: `${base}/${path}`,
      headers: { 'shortcut-token': settings.token.trim(), accept: 'application/json' },
      maxBytes: MOST_BYTES,
    })
    const { status } = response
    if (status === 401 || status === 403)
      throw new Error(
        `Shortcut's API rejects the token (${status}); create one in Shortcut's settings under API tokens, and set it as token`,
      )
    if (status !== 200 || response.truncated)
      throw new Error(`Shortcut's API answered ${status}${response.truncated ? ' with too much' : ''}; check api_url`)
    try {
      return listOf(response.json(), path)
    } catch {
      throw new Error(`Shortcut's API answered something other than a list of ${path}; check api_url`)
    }
  }

  async function states(): Promise<ForeignState[]> {
    return (await list('workflows')).flatMap(({ name: of, states: its }) =>
      listOf(its, 'states').flatMap(({ id, name, type }) => {
        const [stateId, stateName] = [textOf(id), textOf(name)]
        if (stateId === null || stateName === null) return []
        const workflow = textOf(of)
        return [
          { id: stateId, name: stateName, category: textOf(type), ...(workflow === null ? {} : { of: workflow }) },
        ]
      }),
    )
  }

  async function people(): Promise<Map<string, string>> {
    return new Map(
      (await list('members')).flatMap(({ id, profile }) => {
        const [memberId, name] = [textOf(id), textOf(objectOf(profile).name)]
        return memberId === null || name === null ? [] : [[memberId, name]]
      }),
    )
  }

  const asked = createDirectory(async () => {
    const [found, persons] = await Promise.all([states(), people()])
    return { people: persons, states: new Map(found.map((each) => [each.id, each])) }
  }, tools)
  asked.warm()
  return {
    directory: withMembers(asked, settings),
    async check() {
      const [found, persons] = await Promise.all([states(), people()])
      const known: Finding = { level: 'ok', setting: 'token', message: `${persons.size} people have names` }
      return [known, ...stateFindings(found, settings.states, CATEGORIES)]
    },
  }
}

/** Names of the settings come before those that are asked for. */
export function withMembers(directory: Directory, { members }: Pick<Settings, 'members'>): Directory {
  return { person: async (id) => named(members, id) ?? (await directory.person(id)), state: directory.state }
}
