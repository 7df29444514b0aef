import type { Finding } from '../../connectors/contract/connector.ts'
import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import type { Directory, ForeignState, SourceSession, SourceTools } from '../contract/source.ts'
import { SourceApiError } from '../contract/source-api-error.ts'
import { createDirectory } from '../kit/directory.ts'
import { stateFindings } from '../kit/state-findings.ts'
import { missedInShortcut, type Search } from './missed.ts'
import { CATEGORIES, type Settings } from './settings.ts'

/** A workspace may have thousands of members. */
const MOST_BYTES = 8 * 1024 * 1024
/** Shortcut finds no more stories at once. */
const MOST_FOUND = 1000
/** Shortcut allows 200 requests a minute, and does not document that it names a wait. */
const LIMITED_MS = 60_000

/** Shortcut's REST API v3, as far as it is asked: members, workflows, and what a hook missed of stories. */
export function openSession(settings: Settings & { readonly token: string }, tools: SourceTools): SourceSession {
  const base = settings.api_url.replace(/\/+$/, '')

  async function ask(path: string, body?: object): Promise<Response> {
    const response = await tools
      .send({
        method: body === undefined ? 'GET' : 'POST',
        url: `${base}/${path}`,
        headers: {
          ...{ 'shortcut-token': settings.token.trim(), accept: 'application/json' },
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        maxBytes: MOST_BYTES,
      })
      .catch((error: unknown) => {
        if (!(error instanceof SendError)) throw error
        throw new SourceApiError(`Shortcut's API: ${error.message}`, { cause: error })
      })
    const { status, headers } = response
    const asked = retryAfterMs(headers['retry-after'], new Date(tools.now()))
    if (status === 401 || status === 403)
      throw new SourceApiError(
        `Shortcut's API rejects the token (${status}); create one in Shortcut's settings under API tokens, and set it as token`,
      )
    if (status === 429)
      throw new SourceApiError("Shortcut's API was asked too often (429); it is asked again later", {
        retryAfterMs: asked ?? LIMITED_MS,
      })
    if (status !== 200 && status !== 201 && status !== 404)
      throw new SourceApiError(`Shortcut's API answered ${status}; check api_url`, { retryAfterMs: asked })
    return response
  }

  function listIn(response: Response, what: string): Values[] {
    if (response.status === 404 || response.truncated)
      throw new SourceApiError(
        `Shortcut's API answered ${response.status}${response.truncated ? ' with too much' : ''}; check api_url`,
      )
    try {
      return listOf(response.json(), what)
    } catch {
      throw new SourceApiError(`Shortcut's API answered something other than a list of ${what}; check api_url`)
    }
  }

  const list = async (path: 'members' | 'workflows'): Promise<Values[]> => listIn(await ask(path), path)

  async function changedStories({ changed, made }: Search) {
    const iso = (at: number): string => new Date(at).toISOString()
    const response = await ask('stories/search', {
      ...{ updated_at_start: iso(changed.from), updated_at_end: iso(changed.to) },
      ...(made === undefined ? {} : { created_at_start: iso(made.from), created_at_end: iso(made.to) }),
    })
    if (response.truncated) return { stories: [], isWhole: false }
    const stories = listIn(response, 'stories')
    return { stories, isWhole: stories.length < MOST_FOUND }
  }

  async function history(storyId: string): Promise<Values[]> {
    const response = await ask(`stories/${encodeURIComponent(storyId)}/history`)
    // It was deleted a moment ago.
    return response.status === 404 ? [] : listIn(response, 'changes')
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
    missed: missedInShortcut({ changedStories, history }, tools),
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
