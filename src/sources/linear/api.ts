import { retryAfterMs } from '../../http/retry-after.ts'
import { type Response, SendError } from '../../http/send.ts'
import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { ForeignState, SourceSession, SourceTools } from '../contract/source.ts'
import { SourceApiError } from '../contract/source-api-error.ts'
import { createDirectory } from '../kit/directory.ts'
import { stateFindings } from '../kit/state-findings.ts'
import { missedInLinear } from './missed.ts'
import { CATEGORIES, type Settings } from './settings.ts'

const STATES = `query States($after: String) {
  workflowStates(first: 250, after: $after) {
    nodes { id name type team { key name } }
    pageInfo { hasNextPage endCursor }
  }
}`

/** Of 250 states each. */
const MOST_PAGES = 40
const MOST_BYTES = 1024 * 1024

/** Linear's GraphQL API, as far as it is asked: the states of all teams. */
export function openSession(settings: Settings & { readonly token: string }, tools: SourceTools): SourceSession {
  async function states(): Promise<ForeignState[]> {
    const found: ForeignState[] = []
    let after: string | null = null
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { nodes, pageInfo } = objectOf((await ask(STATES, { after })).workflowStates)
      found.push(...listOf(nodes, 'nodes').flatMap(stateOf))
      const { hasNextPage, endCursor } = objectOf(pageInfo)
      after = textOf(endCursor)
      if (hasNextPage !== true || after === null) break
    }
    return found
  }

  async function ask(query: string, variables: object, maxBytes = MOST_BYTES): Promise<Values> {
    const response = await tools
      .send({
        method: 'POST',
        url: settings.api_url,
        headers: { authorization: authorization(settings.token), 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        maxBytes,
      })
      .catch((error: unknown) => {
        if (!(error instanceof SendError)) throw error
        throw new SourceApiError(`Linear's API: ${error.message}`, { cause: error })
      })
    const { data, errors } = answerIn(response)
    if (response.status === 200 && data !== undefined && errors === undefined) return objectOf(data)
    throw new SourceApiError(whyNot(response, errors), { retryAfterMs: waitIn(response, new Date(tools.now())) })
  }

  const directory = createDirectory(
    async () => ({ people: new Map(), states: new Map((await states()).map((each) => [each.id, each])) }),
    tools,
  )
  directory.warm()
  const teams = settings.catch_up_teams
  return {
    directory,
    ...(teams === undefined ? {} : { missed: missedInLinear(ask, teams) }),
    async check() {
      const found = await states()
      if (found.length > 0) return stateFindings(found, settings.states, CATEGORIES)
      return [{ level: 'warning', setting: 'token', message: 'the API key sees no team of Linear' }]
    },
  }
}

/** A personal API key stands alone; an access token of an OAuth application is a bearer token. */
function authorization(token: string): string {
  const plain = token.trim()
  return plain.startsWith('lin_api_') || /^bearer /i.test(plain) ? plain : `Bearer ${plain}`
}

function stateOf({ id, name, type, team }: Values): ForeignState[] {
  const [stateId, stateName] = [textOf(id), textOf(name)]
  if (stateId === null || stateName === null) return []
  const { key, name: teamName } = objectOf(team)
  const of = [textOf(teamName), textOf(key) === null ? null : `(${textOf(key)})`].filter(Boolean).join(' ')
  return [{ id: stateId, name: stateName, category: textOf(type), ...(of === '' ? {} : { of }) }]
}

/** Linear says when its window of an hour begins anew, in milliseconds since 1970 (linear.app/developers/rate-limiting). */
function waitIn({ status, headers }: Response, now: Date): number | null {
  const reset = Number(headers['x-ratelimit-requests-reset'] ?? Number.NaN)
  const isLimited = status === 429 || headers['x-ratelimit-requests-remaining'] === '0'
  if (isLimited && reset > now.getTime()) return reset - now.getTime()
  return retryAfterMs(headers['retry-after'], now)
}

function answerIn(response: Response): Values {
  try {
    return objectOf(response.json())
  } catch {
    return {}
  }
}

/** Linear answers a wrong key with 400 or 401 and an error of GraphQL. */
function whyNot({ status }: Response, errors: unknown): string {
  const [first] = Array.isArray(errors) ? errors : []
  const { message, extensions } = objectOf(first)
  const said = textOf(message)
  const isDenied = status === 401 || status === 403 || /AUTHENTICATION/i.test(String(objectOf(extensions).code ?? ''))
  const told = said === null ? `${status}` : `${status}: ${said.slice(0, 200)}`
  return isDenied
    ? `Linear's API rejects the token (${told}); create an API key in Linear's settings and set it as token`
    : `Linear's API answered ${told}; check api_url`
}
