import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { findIssues } from './github-search.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/**
 * A GitHub Enterprise Server, after docs.github.com/rest (issues, comments, labels, search, apps, "Getting started", "Rate
 * limits", "Troubleshooting") and the schemas of github/rest-api-description: what it answers, what it drops without a
 * word, and how it leads on from what was renamed or transferred.
 */

export interface GitHubToken {
  readonly userId: number
  /** Of a fine-grained token; default: write. */
  readonly issues?: 'none' | 'read' | 'write'
  /** The repositories that it was given; default: all of its user's. */
  readonly repositories?: readonly number[]
  /** Of a classic token, which has these instead. */
  readonly scopes?: readonly string[]
  /** As GitHub writes it: "2027-06-01 00:00:00 UTC". */
  readonly expires?: string
}

export interface GitHubRepository {
  readonly id: number
  readonly name: string
  readonly formerNames?: readonly string[]
  readonly isPublic?: boolean
  readonly archived?: boolean
  readonly hasIssues?: boolean
  /** By user. */
  readonly roles?: Readonly<Record<number, 'read' | 'triage' | 'write' | 'admin'>>
  labels?: string[]
}

export interface GitHubApp {
  readonly id: number
  readonly slug: string
  readonly publicKey: KeyObject
  readonly installations: readonly {
    readonly id: number
    readonly repositories: readonly number[]
    readonly permissions: Readonly<Record<string, string>>
    readonly suspended?: boolean
  }[]
}

export interface GitHubIssue {
  readonly repositoryId: number
  readonly number: number
  state: 'open' | 'closed'
  stateReason: string | null
  title: string
  body: string | null
  labels: string[]
  readonly type: string | null
  readonly milestone: string | null
  readonly authorId: number
  readonly createdAt: string
  readonly isPullRequest: boolean
  isLocked: boolean
  /** Where it was transferred to. */
  transferredTo: { readonly repositoryId: number; readonly number: number } | null
  isDeleted: boolean
  readonly comments: GitHubComment[]
  /** What was changed, as its timeline shows it: "closed as completed", "reopened", "+label", "-label". */
  readonly events: { readonly at: string; readonly what: string }[]
}

export interface GitHubComment {
  readonly id: number
  readonly body: string
  /** Null: by the App. */
  readonly authorId: number | null
  readonly createdAt: string
}

export interface GitHubOptions {
  readonly users?: Readonly<Record<number, string>>
  readonly tokens?: Readonly<Record<string, GitHubToken>>
  readonly app?: GitHubApp
  readonly repositories?: readonly GitHubRepository[]
  /** Requests that may be made in an hour. */
  readonly limit?: number
  readonly now?: () => Date
}

export interface GitHubStandIn extends StandIn {
  readonly issues: readonly GitHubIssue[]
  issue(number: number, repositoryId?: number): GitHubIssue
  addIssue(seed: Partial<Omit<GitHubIssue, 'comments' | 'events'>> & { readonly number: number }): GitHubIssue
  addComment(number: number, comment: { body: string; authorId?: number | null; createdAt?: string }): void
  comments(number: number): { readonly author: string; readonly body: string }[]
  /** Called right before a list of issues is put together. */
  beforeList(then: (requests: number) => void): void
  /** Tokens of the App's installation that were issued. */
  readonly issued: readonly string[]
  /** Ends all of them. */
  revoke(): void
}

export const GITHUB_TOKEN = 'github_pat_11RELAY0Xk3vQm7_TokenForTheRelay'
const VERSIONS = ['2022-11-28', '2026-03-10']
const ROLES = ['read', 'triage', 'write', 'admin']
const HOUR_MS = 60 * 60 * 1000

/** An App with a key of its own. @returns the private key in PEM, as GitHub hands it out (PKCS#1) */
export function githubApp(parts: Partial<GitHubApp> = {}): { readonly app: GitHubApp; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const installations = [{ id: 501, repositories: [42], permissions: { issues: 'write', metadata: 'read' } }]
  return {
    app: { id: 9001, slug: 'tracker-relay', publicKey, installations, ...parts },
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  }
}

/** Who asks. */
type Login =
  | { readonly kind: 'user'; readonly token: GitHubToken }
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly repositories: readonly number[]; readonly issues: string }

export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubStandIn> {
  const now = options.now ?? (() => new Date())
  const users = options.users ?? { 7: 'relay', 8: 'grace' }
  const tokens = options.tokens ?? { [GITHUB_TOKEN]: { userId: 7 } }
  const repositories = (options.repositories ?? [{ id: 42, name: 'starfleet/enterprise', roles: { 7: 'write' } }]).map(
    (each): GitHubRepository => ({ ...each }),
  )
  const { app, limit = 5000 } = options
  const issues: GitHubIssue[] = []
  const issued = new Map<string, Login & { readonly until: number }>()
  let commentIds = 300
  let lists = 0
  let used = 0
  let beforeList: ((requests: number) => void) | null = null

  function loginOf(authorization: string): Login | string {
    const [scheme = '', given = ''] = authorization.split(' ')
    if (given === '') return 'Requires authentication'
    if (!/^(bearer|token)$/i.test(scheme)) return 'Bad credentials'
    if (given.startsWith('eyJ') && app !== undefined) return jwtProblem(given, app, now()) ?? { kind: 'app' }
    const installation = issued.get(given)
    if (installation !== undefined) return installation.until > now().getTime() ? installation : 'Bad credentials'
    const token = tokens[given]
    return token === undefined ? 'Bad credentials' : { kind: 'user', token }
  }

  function handle(request: Recorded): Answer {
    const { headers } = request
    if ((headers['user-agent'] ?? '') === '')
      return text(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      )
    const path = request.path.startsWith('/api/v3/') ? request.path.slice('/api/v3'.length) : null
    if (path === null) return page(404)
    if (!/(^|,\s*)application\/(vnd\.github(\.v3)?\+)?json|\*\/\*/.test(headers.accept ?? '*/*'))
      return problem(415, "Unsupported 'Accept' header. Must accept 'application/json'.")
    if (!VERSIONS.includes(headers['x-github-api-version'] ?? '2022-11-28'))
      return problem(400, `"${headers['x-github-api-version']}" is not a supported version.`)
    const login = loginOf(headers.authorization ?? '')
    if (typeof login === 'string') return problem(401, login)
    used += 1
    if (used > limit)
      return problem(403, 'API rate limit exceeded for user ID 7. If you reach out to GitHub Support for help, ...')
    if (request.method !== 'GET' && objectIn(request) === null) return problem(400, 'Problems parsing JSON')
    if (path.startsWith('/app')) return login.kind === 'app' ? asApp(request, path) : problem(401, JWT_NEEDED)
    if (/^\/repos\/[^/]+\/[^/]+\/installation$/.test(path))
      return login.kind === 'app' ? installationOf(path) : problem(401, JWT_NEEDED)
    if (login.kind === 'app') return problem(403, 'Resource not accessible by integration')
    if (path === '/user') {
      if (login.kind !== 'user') return problem(403, 'Resource not accessible by integration')
      const { userId, scopes, expires } = login.token
      return {
        ...json(200, { login: users[userId], id: userId, type: 'User', name: null }),
        headers: {
          ...JSON_HEADERS,
          ...(scopes === undefined ? {} : { 'x-oauth-scopes': scopes.join(', ') }),
          ...(expires === undefined ? {} : { 'github-authentication-token-expiration': expires }),
        },
      }
    }
    if (path === '/search/issues') return search(request, login)
    const [, id, owner = '', name = '', rest = ''] =
      /^\/(?:repositories\/(\d+)|repos\/([^/]+)\/([^/]+))(\/.*)?$/.exec(path) ?? []
    const asked = `${owner}/${name}`.toLowerCase()
    const repository = repositories.find((each) =>
      id === undefined
        ? [each.name, ...(each.formerNames ?? [])].some((one) => one.toLowerCase() === asked)
        : String(each.id) === id,
    )
    if (repository === undefined || !mayRead(login, repository)) return problem(404, 'Not Found')
    if (id === undefined && repository.name.toLowerCase() !== asked)
      return ledOn(request, `/repositories/${repository.id}${rest}`)
    return inRepository(request, repository, rest, login)
  }

  function asApp(request: Recorded, path: string): Answer {
    if (app === undefined) return problem(404, 'Integration not found')
    if (path === '/app') return json(200, { id: app.id, slug: app.slug, name: app.slug, client_id: 'Iv23liRelay' })
    const [, id, tokens] = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(path) ?? []
    const installation = app.installations.find((each) => String(each.id) === id)
    if (installation === undefined) return problem(404, 'Not Found')
    if (tokens === undefined) return json(200, installationBody(installation))
    if (request.method !== 'POST') return problem(404, 'Not Found')
    if (installation.suspended === true) return problem(403, 'This installation has been suspended')
    const { repositories: names, permissions = {} } = objectIn(request) ?? {}
    const chosen = repositories.filter(
      ({ id, name }) =>
        installation.repositories.includes(id) &&
        (!isListOfTexts(names) || names.some((each) => isSame(each, name.slice(name.indexOf('/') + 1)))),
    )
    if (isListOfTexts(names) && chosen.length !== names.length)
      return problem(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      )
    const wanted = Object.entries(permissions as Record<string, string>)
    const has = (name: string, level: string): boolean =>
      installation.permissions[name] === level || installation.permissions[name] === 'write'
    if (!wanted.every(([name, level]) => has(name, level)))
      return problem(422, 'The permissions requested are not granted to this installation.')
    const token = `ghs_${app.id}_${String(issued.size + 1).padStart(4, '0')}InstallationToken`
    const until = now().getTime() + HOUR_MS
    const level = (permissions as Record<string, string>).issues ?? installation.permissions.issues ?? 'none'
    issued.set(token, { kind: 'installation', repositories: chosen.map(({ id }) => id), issues: level, until })
    return json(201, { token, expires_at: seconds(new Date(until)), permissions, repository_selection: 'selected' })
  }

  function installationOf(path: string): Answer {
    const [, owner = '', name = ''] = /^\/repos\/([^/]+)\/([^/]+)\//.exec(path) ?? []
    const repository = repositories.find((each) => each.name.toLowerCase() === `${owner}/${name}`.toLowerCase())
    const found = app?.installations.find(
      (each) => repository !== undefined && each.repositories.includes(repository.id),
    )
    return found === undefined ? problem(404, 'Not Found') : json(200, installationBody(found))
  }

  const installationBody = ({ id, permissions, suspended }: GitHubApp['installations'][number]): object => ({
    id,
    app_id: app?.id,
    app_slug: app?.slug,
    permissions,
    suspended_at: suspended === true ? seconds(now()) : null,
  })

  function roleOf(login: Login, { roles = {} }: GitHubRepository): number {
    return login.kind === 'user' ? ROLES.indexOf(roles[login.token.userId] ?? '') : -1
  }

  function mayRead(login: Login, repository: GitHubRepository): boolean {
    if (repository.isPublic === true) return true
    if (login.kind === 'installation') return login.repositories.includes(repository.id)
    if (login.kind !== 'user') return false
    const { repositories = [repository.id], scopes } = login.token
    if (scopes !== undefined && !scopes.includes('repo')) return false
    return repositories.includes(repository.id) && roleOf(login, repository) >= 0
  }

  /** Null: it may; else what GitHub answers. */
  function refusal(login: Login, level: 'read' | 'write', repository: GitHubRepository): Answer | null {
    const has =
      login.kind === 'installation' ? login.issues : login.kind === 'user' ? (login.token.issues ?? 'write') : 'none'
    const isGiven =
      login.kind === 'installation'
        ? login.repositories.includes(repository.id)
        : login.kind === 'user' && (login.token.repositories ?? [repository.id]).includes(repository.id)
    const isClassic = login.kind === 'user' && login.token.scopes !== undefined
    if (level === 'read' && (repository.isPublic === true || has !== 'none')) return null
    if (level === 'write' && (isClassic || (has === 'write' && isGiven))) return null
    const who = login.kind === 'installation' ? 'integration' : 'personal access token'
    return {
      ...problem(403, `Resource not accessible by ${who}`),
      headers: { ...JSON_HEADERS, 'x-accepted-github-permissions': `issues=${level}` },
    }
  }

  function inRepository(request: Recorded, repository: GitHubRepository, rest: string, login: Login): Answer {
    const isRead = request.method === 'GET'
    if (rest === '' && isRead) return json(200, repositoryBody(repository, login))
    const off = repository.hasIssues === false
    if (rest === '/issues' && isRead) {
      if (off) return problem(410, 'Issues are disabled for this repo')
      return refusal(login, 'read', repository) ?? list(request, repository)
    }
    if (rest === '/labels' && isRead) {
      const labels = (repository.labels ?? []).map((name, id) => ({ id, name, color: 'dc143c', default: false }))
      return refusal(login, 'read', repository) ?? paged(request, labels, [])
    }
    const [, number, below = ''] = /^\/issues\/(\d+)(\/comments)?$/.exec(rest) ?? []
    if (number === undefined) return problem(404, 'Not Found')
    const refused = refusal(login, isRead ? 'read' : 'write', repository)
    if (refused !== null) return refused
    const issue = issues.find((each) => each.repositoryId === repository.id && each.number === Number(number))
    if (off) return problem(410, 'Issues are disabled for this repo')
    if (issue === undefined) return problem(404, 'Not Found')
    if (issue.transferredTo !== null)
      return ledOn(
        request,
        `/repositories/${issue.transferredTo.repositoryId}/issues/${issue.transferredTo.number}${below}`,
      )
    if (issue.isDeleted) return problem(410, 'This issue was deleted')
    if (isRead) return below === '' ? json(200, issueBody(issue)) : comments(request, issue)
    if (repository.archived === true) return problem(403, 'Repository was archived so is read-only.')
    if (below === '/comments' && request.method === 'POST') return comment(request, issue, repository, login)
    if (below === '' && request.method === 'PATCH') return update(request, issue, repository, login)
    return problem(404, 'Not Found')
  }

  function list(request: Recorded, repository: GitHubRepository): Answer {
    beforeList?.(lists++)
    const { query } = request
    const wanted = query.get('labels')?.split(',') ?? []
    const state = query.get('state') ?? 'open'
    const found = issues
      .filter((issue) => issue.repositoryId === repository.id && !issue.isDeleted && issue.transferredTo === null)
      .filter((issue) => state === 'all' || issue.state === state)
      .filter(({ labels }) => wanted.every((each) => labels.some((one) => one.toLowerCase() === each.toLowerCase())))
      .sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || one.number - other.number)
    if (query.get('direction') !== 'asc') found.reverse()
    return byCursor(request, found)
  }

  /** Pages that each begin after an issue, whatever became of those before it. */
  function byCursor(request: Recorded, found: readonly GitHubIssue[]): Answer {
    const unknown = strange(request, ['state', 'labels', 'sort', 'direction', 'after', 'page'])
    if (unknown !== null) return unknown
    const size = sizeOf(request)
    const after = Buffer.from(request.query.get('after') ?? '', 'base64url').toString()
    const [createdAt = '', number = ''] = after.split(' ')
    const left = found.filter(
      (each) =>
        after === '' ||
        Date.parse(each.createdAt) > Date.parse(createdAt) ||
        (each.createdAt === createdAt && each.number > Number(number)),
    )
    const shown = left.slice(0, size)
    const last = shown.at(-1)
    const cursor = Buffer.from(`${last?.createdAt} ${last?.number}`).toString('base64url')
    const next = left.length > size ? { after: cursor } : null
    return linked(request, json(200, shown.map(issueBody)), next)
  }

  function search(request: Recorded, login: Login): Answer {
    const unknown = strange(request, ['q', 'sort', 'order', 'page'])
    if (unknown !== null) return unknown
    const visible = repositories.filter((each) => mayRead(login, each))
    const found = findIssues(request.query.get('q') ?? '', issues, visible)
    if (typeof found === 'string')
      return validation([{ message: found, resource: 'Search', field: 'q', code: 'invalid' }])
    if (request.query.get('order') !== 'asc') found.reverse()
    const size = sizeOf(request)
    const number = Number(request.query.get('page') ?? 1)
    if (number * size > 1000) return problem(422, 'Only the first 1000 search results are available')
    const items = found.slice((number - 1) * size, number * size).map(issueBody)
    const isLast = found.length <= number * size || number * size >= 1000
    const body = { total_count: found.length, incomplete_results: false, items }
    return linked(request, json(200, body), isLast ? null : { page: String(number + 1) })
  }

  function comments(request: Recorded, { comments }: GitHubIssue): Answer {
    const since = Date.parse(request.query.get('since') ?? '1970-01-01T00:00:00Z')
    if (Number.isNaN(since)) return problem(422, 'Invalid request. "since" is not a date')
    const shown = comments.filter(({ createdAt }) => Date.parse(createdAt) >= since)
    return paged(request, shown.map(commentBody), ['since'])
  }

  function comment(request: Recorded, issue: GitHubIssue, repository: GitHubRepository, login: Login): Answer {
    const given = fieldsOf(request, ['body'])
    if (given === null || typeof given.body !== 'string')
      return problem(422, 'Invalid request. "body" wasn\'t supplied.')
    const { body } = given
    const invalid = (message: string): Answer =>
      validation([{ resource: 'IssueComment', code: 'unprocessable', field: 'data', message }])
    if (body.trim() === '') return invalid("Body can't be blank")
    if ([...body].length > 65_536) return invalid('Body is too long (maximum is 65536 characters)')
    if (issue.isLocked && login.kind === 'user' && roleOf(login, repository) < ROLES.indexOf('write'))
      return problem(403, 'Unable to create comment because issue is locked.')
    const authorId = login.kind === 'user' ? login.token.userId : null
    const written = { id: ++commentIds, body, authorId, createdAt: seconds(now()) }
    issue.comments.push(written)
    const answer = json(201, commentBody(written))
    return { ...answer, headers: { ...answer.headers, location: `${standIn.url}/api/v3/comments/${written.id}` } }
  }

  function update(request: Recorded, issue: GitHubIssue, repository: GitHubRepository, login: Login): Answer {
    const given = fieldsOf(request, ['state', 'state_reason', 'labels'])
    if (given === null) return problem(422, 'Invalid request. There is a field that the stand-in does not know.')
    const { state, state_reason, labels } = given
    if (state !== undefined && state !== 'open' && state !== 'closed')
      return problem(422, `Invalid request. "${state}" is not a member of ["open", "closed"].`)
    if (state_reason != null && !['completed', 'not_planned', 'duplicate', 'reopened'].includes(String(state_reason)))
      return problem(422, `Invalid request. "${state_reason}" is not a member of ["completed", ...].`)
    if (labels !== undefined && !isListOfTexts(labels)) return problem(422, 'Invalid request. "labels" is no array.')
    if (labels !== undefined && (labels.length > 100 || labels.some((each) => each.trim() === '' || each.length > 50)))
      return validation([{ resource: 'Label', code: 'invalid', field: 'name', message: 'name is too long' }])
    const may = login.kind === 'installation' || roleOf(login, repository) >= ROLES.indexOf('triage')
    const isAuthor = login.kind === 'user' && issue.authorId === login.token.userId
    if (!may && !isAuthor) return problem(403, 'Must have admin rights to Repository.')
    const what: string[] = []
    if (state !== undefined && state !== issue.state) {
      issue.state = state
      issue.stateReason = String(state_reason ?? (state === 'closed' ? 'completed' : 'reopened'))
      what.push(state === 'closed' ? `closed as ${issue.stateReason}` : 'reopened')
    }
    // Without the right to set labels they are dropped without a word.
    if (labels !== undefined && may) {
      const known = repository.labels ?? []
      const named = [...new Set(labels.map((each) => known.find((one) => isSame(one, each)) ?? each))]
      what.push(...named.filter((each) => !issue.labels.includes(each)).map((each) => `+${each}`))
      what.push(...issue.labels.filter((each) => !named.includes(each)).map((each) => `-${each}`))
      issue.labels = named
      repository.labels = [...new Set([...known, ...named])]
    }
    if (what.length > 0) issue.events.push({ at: now().toISOString(), what: what.join(' ') })
    return json(200, issueBody(issue))
  }

  /** Reads are led on by 301, writes by 307, which keeps their method. */
  function ledOn({ method }: Recorded, path: string): Answer {
    const status = method === 'GET' ? 301 : 307
    const url = `${standIn.url}/api/v3${path}`
    const message = method === 'GET' ? 'Moved Permanently' : 'Temporary Redirect'
    return { ...json(status, { message, url }), headers: { ...JSON_HEADERS, location: url } }
  }

  function paged(request: Recorded, all: readonly object[], allowed: readonly string[]): Answer {
    const unknown = strange(request, [...allowed, 'page'])
    if (unknown !== null) return unknown
    const size = sizeOf(request)
    const number = Number(request.query.get('page') ?? 1)
    const shown = all.slice((number - 1) * size, number * size)
    return linked(request, json(200, shown), all.length > number * size ? { page: String(number + 1) } : null)
  }

  function linked(request: Recorded, answer: Answer, next: Readonly<Record<string, string>> | null): Answer {
    if (next === null) return answer
    const query = new URLSearchParams(request.query)
    for (const [name, value] of Object.entries(next)) query.set(name, value)
    const address = `${standIn.url}${request.path}`
    const link = `<${address}?page=1>; rel="first", <${address}?${query}>; rel="next"`
    return { ...answer, headers: { ...answer.headers, link } }
  }

  function repositoryBody(repository: GitHubRepository, login: Login): object {
    const role = roleOf(login, repository)
    const permissions = Object.fromEntries(
      ['pull', 'triage', 'push', 'admin'].map((name, index) => [name, role >= index]),
    )
    return {
      id: repository.id,
      full_name: repository.name,
      private: repository.isPublic !== true,
      archived: repository.archived === true,
      has_issues: repository.hasIssues !== false,
      permissions,
    }
  }

  function issueBody(issue: GitHubIssue): object {
    const name = repositories.find(({ id }) => id === issue.repositoryId)?.name
    const html = `${standIn.url}/${name}/${issue.isPullRequest ? 'pull' : 'issues'}/${issue.number}`
    return {
      id: 900_000 + issue.number,
      number: issue.number,
      title: issue.title,
      body: issue.body,
      state: issue.state,
      state_reason: issue.stateReason,
      locked: issue.isLocked,
      labels: issue.labels.map((name, id) => ({ id, name, color: 'dc143c' })),
      type: issue.type === null ? null : { id: 1, name: issue.type },
      user: userBody(issue.authorId),
      created_at: issue.createdAt,
      html_url: html,
      performed_via_github_app: null,
      ...(issue.isPullRequest ? { pull_request: { html_url: html } } : {}),
    }
  }

  const userBody = (id: number): object => ({ login: users[id], id, type: 'User' })

  function commentBody({ id, body, authorId, createdAt }: GitHubComment): object {
    const isApp = authorId === null
    return {
      id,
      body,
      user: isApp ? { login: `${app?.slug}[bot]`, id: 77_000, type: 'Bot' } : userBody(authorId),
      created_at: createdAt,
      updated_at: createdAt,
      performed_via_github_app: isApp ? { id: app?.id, slug: app?.slug } : null,
    }
  }

  const standIn = await startStandIn((request) => {
    const answer = handle(request)
    const reset = Math.ceil((now().getTime() + HOUR_MS) / 1000)
    const remaining = String(Math.max(0, limit - used))
    const limits = { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': remaining }
    const more = { 'x-ratelimit-reset': String(reset), 'x-ratelimit-resource': 'core' }
    const isKnown = answer.status !== 401
    return {
      ...answer,
      headers: { date: now().toUTCString(), ...(isKnown ? { ...limits, ...more } : {}), ...answer.headers },
    }
  })

  function find(number: number, repositoryId = 42): GitHubIssue {
    const found = issues.find((each) => each.number === number && each.repositoryId === repositoryId)
    if (found === undefined) throw new Error(`there is no issue ${number}`)
    return found
  }

  return {
    ...standIn,
    issues,
    issue: find,
    addIssue(seed) {
      const issue: GitHubIssue = {
        ...{ repositoryId: 42, state: 'open', stateReason: null, title: `Issue ${seed.number}` },
        ...{ body: 'It does not work', labels: [], type: null, milestone: null, authorId: 8 },
        ...{ createdAt: '2026-11-20T08:00:00Z', isPullRequest: false, isLocked: false },
        ...{ transferredTo: null, isDeleted: false },
        ...seed,
        comments: [],
        events: [],
      }
      issues.push(issue)
      return issue
    },
    addComment(number, { body, authorId = 8, createdAt = seconds(now()) }) {
      find(number).comments.push({ id: ++commentIds, body, authorId, createdAt })
    },
    comments: (number) =>
      find(number).comments.map(({ authorId, body }) => ({
        author: authorId === null ? `${app?.slug}[bot]` : (users[authorId] ?? ''),
        body,
      })),
    beforeList(then) {
      beforeList = then
    },
    get issued() {
      return [...issued.keys()]
    },
    revoke() {
      for (const [token, login] of issued) issued.set(token, { ...login, until: 0 })
    },
  }
}

const JWT_NEEDED = 'A JSON web token could not be decoded'

/** docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App" */
function jwtProblem(jwt: string, app: GitHubApp, now: Date): string | null {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const signed = Buffer.from(`${head}.${claims}`)
  const read = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())
  if (!verify('RSA-SHA256', signed, app.publicKey, Buffer.from(signature, 'base64url'))) return JWT_NEEDED
  if (read(head).alg !== 'RS256') return JWT_NEEDED
  const { iat, exp, iss } = read(claims)
  const seconds = now.getTime() / 1000
  if (String(iss) !== String(app.id)) return 'Integration not found'
  if (typeof iat !== 'number' || iat > seconds)
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
  if (typeof exp !== 'number' || exp <= seconds)
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
  return exp > seconds + 600 ? "'Expiration time' claim ('exp') is too far in the future" : null
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** GitHub tells no milliseconds. */
const seconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

/** GitHub ignores what it does not know; here nothing may be asked that it ignores. */
function strange({ query }: Recorded, allowed: readonly string[]): Answer | null {
  const unknown = [...query.keys()].filter((key) => ![...allowed, 'per_page'].includes(key))
  return unknown.length === 0 ? null : problem(422, `the stand-in does not know ${unknown.join(', ')}`)
}

const sizeOf = ({ query }: Recorded): number => Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30)))

const isListOfTexts = (given: unknown): given is string[] =>
  Array.isArray(given) && given.every((each) => typeof each === 'string')

function objectIn({ body }: Recorded): Readonly<Record<string, unknown>> | null {
  try {
    const given: unknown = JSON.parse(body.toString('utf8'))
    return typeof given === 'object' && given !== null && !Array.isArray(given)
      ? (given as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function fieldsOf(request: Recorded, allowed: readonly string[]): Readonly<Record<string, unknown>> | null {
  const given = objectIn(request)
  return given !== null && Object.keys(given).every((key) => allowed.includes(key)) ? given : null
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' }

function json(status: number, value: unknown): Answer {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

function problem(status: number, message: string): Answer {
  return json(status, { message, documentation_url: 'https://docs.github.com/rest', status: String(status) })
}

function validation(errors: readonly object[]): Answer {
  return json(422, {
    message: 'Validation Failed',
    errors,
    documentation_url: 'https://docs.github.com/rest',
    status: '422',
  })
}

function text(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

function page(status: number): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8' }
  return { status, headers, body: '<!DOCTYPE html><html><body>Page not found</body></html>' }
}
