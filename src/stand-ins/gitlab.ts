import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/**
 * A GitLab with one group of projects, after docs.gitlab.com/api (issues, notes, projects, labels, personal access
 * tokens) and the public source of its API: what it answers, what it leaves out without a word, and quick actions, which
 * it carries out instead of posting them.
 */

export interface GitLabToken {
  readonly userId: number
  readonly scopes: readonly string[]
  /** False as for an OAuth token: it may not ask about itself. */
  readonly tellsOfItself?: boolean
}

export interface GitLabProject {
  readonly id: number
  readonly path: string
  readonly archived?: boolean
  /** Paths that it had before. */
  readonly formerPaths?: readonly string[]
  readonly issuesEnabled?: boolean
  /** Access levels by user: 10 Guest, 15 Planner, 20 Reporter, 30 Developer. */
  readonly members?: Readonly<Record<number, number>>
  readonly isPublic?: boolean
  labels?: string[]
}

export interface GitLabIssue {
  readonly projectId: number
  readonly iid: number
  state: 'opened' | 'closed'
  title: string
  description: string | null
  labels: string[]
  readonly authorId: number
  readonly createdAt: string
  readonly weight: number | null
  /** Only members may write notes, and nobody can reopen it. */
  isLocked: boolean
  readonly notes: GitLabNote[]
  /** What was changed, as GitLab's state and label events tell it: "closed", "opened", "+label", "-label". */
  readonly events: { readonly at: string; readonly what: string }[]
}

export interface GitLabNote {
  readonly id: number
  readonly body: string
  readonly authorId: number
  readonly createdAt: string
  readonly system: boolean
  readonly internal: boolean
}

export interface GitLabOptions {
  /** Of a self-managed GitLab below a path: "/gitlab". */
  readonly root?: string
  readonly users?: Readonly<Record<number, string>>
  readonly tokens?: Readonly<Record<string, GitLabToken>>
  readonly projects?: readonly GitLabProject[]
  readonly now?: () => Date
}

export interface GitLabStandIn extends StandIn {
  /** The address with its path. */
  readonly address: string
  readonly issues: readonly GitLabIssue[]
  issue(iid: number, projectId?: number): GitLabIssue
  addIssue(seed: Partial<Omit<GitLabIssue, 'notes' | 'events'>> & { readonly iid: number }): GitLabIssue
  addNote(iid: number, note: { body: string; authorId?: number; createdAt?: string; system?: boolean }): void
  deleteIssue(iid: number): void
  /** What people see: notes that nobody's change made. */
  comments(iid: number): { readonly author: string; readonly body: string; readonly internal: boolean }[]
  /** Called right before a list of issues is put together. */
  beforeList(then: (requests: number) => void): void
}

export const GITLAB_TOKEN = 'glpat-Xk3vQm7RelayTok0012'
const RELAY: GitLabToken = { userId: 7, scopes: ['api'] }
const QUICK_ACTION =
  /^\/(close|reopen|label|unlabel|assign|title|confidential|shrug|due|spend|move|duplicate)\b[^\n]*\n?/gim

export async function startGitLab(options: GitLabOptions = {}): Promise<GitLabStandIn> {
  const now = options.now ?? (() => new Date())
  const root = options.root ?? ''
  const users = options.users ?? { 7: 'relay', 8: 'grace' }
  const tokens = options.tokens ?? { [GITLAB_TOKEN]: RELAY }
  const projects = (options.projects ?? [{ id: 42, path: 'starfleet/enterprise', members: { 7: 30 } }]).map((each) => ({
    ...each,
  }))
  const issues: GitLabIssue[] = []
  let noteIds = 300
  let lists = 0
  let beforeList: ((requests: number) => void) | null = null

  function handle(request: Recorded): Answer {
    const path = request.path.startsWith(`${root}/api/v4/`) ? request.path.slice(`${root}/api/v4`.length) : null
    if (path === null) return page(302, { location: `${standIn.url}${root}/users/sign_in` })
    const token = tokens[request.headers['private-token'] ?? '']
    if (token === undefined) return json(401, { message: '401 Unauthorized' })
    const isRead = request.method === 'GET'
    if (!token.scopes.includes('api') && !(isRead && token.scopes.includes('read_api')))
      return json(403, {
        error: 'insufficient_scope',
        error_description: 'The request requires higher privileges than provided by the access token.',
        scope: 'api',
      })
    if (!isRead && request.headers['content-type'] !== 'application/json')
      return json(415, { error: 'The provided content-type is not supported.' })
    if (path === '/user') return json(200, { id: token.userId, username: users[token.userId], state: 'active' })
    if (path === '/personal_access_tokens/self')
      return token.tellsOfItself === false
        ? json(404, { message: '404 Not Found' })
        : json(200, {
            id: 1,
            name: 'relay',
            revoked: false,
            active: true,
            scopes: token.scopes,
            expires_at: '2027-06-01',
          })
    // Whole, with its slashes escaped, or else it is another path.
    const [, named = '', rest = ''] = /^\/projects\/([^/]+)(\/.*)?$/.exec(path) ?? []
    const project = projects.find(({ id, path, formerPaths = [] }) =>
      [String(id), path, ...formerPaths].some((each) => each.toLowerCase() === decodeURIComponent(named).toLowerCase()),
    )
    const isNamed =
      project !== undefined &&
      [String(project.id), project.path.toLowerCase()].includes(decodeURIComponent(named).toLowerCase())
    const level = project?.members?.[token.userId] ?? 0
    if (project === undefined || (level === 0 && project.isPublic !== true))
      return json(404, { message: '404 Project Not Found' })
    if (!isNamed && isRead)
      return {
        ...json(301, { message: '301 Moved Permanently' }),
        headers: { ...JSON_HEADERS, location: `${standIn.url}${root}/api/v4/projects/${project.id}${rest}` },
      }
    if (!isNamed) return json(405, { message: '405 Non GET methods are not allowed for moved projects' })
    return inProject(request, project, rest, token, level)
  }

  function inProject(
    request: Recorded,
    project: GitLabProject,
    rest: string,
    token: GitLabToken,
    level: number,
  ): Answer {
    const isRead = request.method === 'GET'
    if (rest === '' && isRead)
      return json(200, {
        id: project.id,
        path_with_namespace: project.path,
        archived: project.archived === true,
        issues_enabled: project.issuesEnabled !== false,
        permissions: {
          project_access: level === 0 ? null : { access_level: level, notification_level: 3 },
          group_access: null,
        },
      })
    if (rest === '/labels' && isRead)
      return paged(
        request,
        (project.labels ?? []).map((name, id) => ({ id, name, color: '#dc143c' })),
        [],
      )
    if (rest === '/issues' && isRead) return list(request, project)
    const [, iid, below = ''] = /^\/issues\/(\d+)(\/notes)?$/.exec(rest) ?? []
    if (iid === undefined) return json(404, { error: '404 Not Found' })
    const issue = issues.find((each) => each.projectId === project.id && each.iid === Number(iid))
    if (issue === undefined) return json(404, { message: below === '' ? '404 Not found' : '404 Issue Not Found' })
    if (below !== '' && isRead) return notes(request, issue)
    if (below === '' && isRead) return json(200, issueBody(issue, project))
    if (project.archived === true) return json(403, { message: '403 Forbidden' })
    if (below !== '' && request.method === 'POST')
      return issue.isLocked && level === 0
        ? json(403, { message: '403 Forbidden' })
        : post(request, issue, token, level)
    if (below === '' && request.method === 'PUT') return update(request, issue, project, token, level)
    return json(405, { error: '405 Not Allowed' })
  }

  function list(request: Recorded, project: GitLabProject): Answer {
    beforeList?.(lists++)
    const { query } = request
    const wanted = query.get('labels')?.split(',') ?? []
    const after = Date.parse(query.get('created_after') ?? '1970-01-01')
    const found = issues
      .filter(({ projectId }) => projectId === project.id)
      .filter(({ state }) => query.get('state') === null || state === query.get('state'))
      .filter(({ labels }) => wanted.every((each) => labels.includes(each)))
      .filter(({ createdAt }) => Date.parse(createdAt) >= after)
      .sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || one.iid - other.iid)
    if (query.get('sort') !== 'asc') found.reverse()
    return paged(
      request,
      found.map((issue) => issueBody(issue, project)),
      ['state', 'scope', 'labels', 'order_by', 'sort', 'created_after'],
    )
  }

  function notes(request: Recorded, issue: GitLabIssue): Answer {
    const shown = issue.notes.filter(
      ({ system }) => !system || request.query.get('activity_filter') !== 'only_comments',
    )
    const sorted = shown.toSorted(
      (one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || one.id - other.id,
    )
    if (request.query.get('sort') !== 'asc') sorted.reverse()
    return paged(request, sorted.map(noteBody), ['order_by', 'sort', 'activity_filter'])
  }

  function post(request: Recorded, issue: GitLabIssue, token: GitLabToken, level: number): Answer {
    const given = fieldsOf(request, ['body', 'internal', 'confidential'])
    if (given === null) return json(400, { error: 'body is invalid' })
    const { body, internal = false } = given
    if (typeof body !== 'string' || typeof internal !== 'boolean') return json(400, { error: 'body is missing' })
    if (/^\/close\b/im.test(body)) issue.state = 'closed'
    const kept = body.replaceAll(QUICK_ACTION, '').trimEnd()
    if (kept.trim() === '') return json(202, { commands_changes: {}, summary: ['Done.'] })
    if (kept.length > 1_000_000)
      return json(400, { message: '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}' })
    const note = {
      id: ++noteIds,
      body: kept,
      authorId: token.userId,
      createdAt: now().toISOString(),
      system: false,
      internal: internal && level >= 15,
    }
    issue.notes.push(note)
    return json(201, noteBody(note))
  }

  function update(
    request: Recorded,
    issue: GitLabIssue,
    project: GitLabProject,
    token: GitLabToken,
    level: number,
  ): Answer {
    const given = fieldsOf(request, ['state_event', 'add_labels', 'remove_labels'])
    if (given === null || Object.keys(given).length === 0)
      return json(400, {
        error: 'state_event, add_labels, remove_labels are missing, at least one parameter must be provided',
      })
    const { state_event, add_labels, remove_labels } = given
    if (state_event !== undefined && state_event !== 'close' && state_event !== 'reopen')
      return json(400, { error: 'state_event does not have a valid value' })
    // In an issue of their own guests are passed over, elsewhere refused.
    if (level < 15 && issue.authorId !== token.userId) return json(403, { message: '403 Forbidden' })
    if (level >= 15) {
      const before = [issue.state, ...issue.labels.map((each) => `-${each}`)]
      if (state_event !== undefined && !(issue.isLocked && state_event === 'reopen'))
        issue.state = state_event === 'close' ? 'closed' : 'opened'
      const added = labelsIn(add_labels)
      const removed = labelsIn(remove_labels)
      issue.labels = [...new Set([...issue.labels.filter((each) => !removed.includes(each)), ...added])]
      project.labels = [...new Set([...(project.labels ?? []), ...added])]
      const after = [issue.state, ...issue.labels.map((each) => `-${each}`)]
      const what = [
        ...after.filter((each) => !before.includes(each)).map((each) => each.replace(/^-/, '+')),
        ...before.filter((each) => each.startsWith('-') && !after.includes(each)),
      ]
      issue.events.push({ at: now().toISOString(), what: what.join(' ') })
    }
    return json(200, issueBody(issue, project))
  }

  function issueBody(issue: GitLabIssue, project: GitLabProject): object {
    const { iid, state, title, description, labels, weight, createdAt, authorId, isLocked } = issue
    return {
      id: 9000 + iid,
      iid,
      project_id: project.id,
      title,
      description,
      state,
      created_at: createdAt,
      labels,
      author: userBody(authorId),
      type: 'ISSUE',
      issue_type: 'issue',
      discussion_locked: isLocked ? true : null,
      web_url: `${standIn.url}${root}/${project.path}/-/issues/${iid}`,
      ...(weight === null ? {} : { weight }),
    }
  }

  const userBody = (id: number): object => ({ id, username: users[id], name: users[id], state: 'active' })

  function noteBody({ id, body, authorId, createdAt, system, internal }: GitLabNote): object {
    return {
      id,
      type: null,
      body,
      author: userBody(authorId),
      created_at: createdAt,
      system,
      internal,
      confidential: internal,
    }
  }

  const standIn = await startStandIn((request) => {
    const answer = handle(request)
    return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
  })
  function find(iid: number, projectId = 42): GitLabIssue {
    const found = issues.find((each) => each.iid === iid && each.projectId === projectId)
    if (found === undefined) throw new Error(`there is no issue ${iid}`)
    return found
  }

  return {
    ...standIn,
    address: `${standIn.url}${root}`,
    issues,
    issue: find,
    addIssue(seed) {
      const issue: GitLabIssue = {
        projectId: 42,
        state: 'opened',
        title: `Issue ${seed.iid}`,
        description: 'It does not work',
        labels: [],
        authorId: 8,
        createdAt: '2026-11-20T08:00:00.000Z',
        weight: null,
        isLocked: false,
        ...seed,
        notes: [],
        events: [],
      }
      issues.push(issue)
      return issue
    },
    addNote(iid, { body, authorId = 8, createdAt = now().toISOString(), system = false }) {
      find(iid).notes.push({ id: ++noteIds, body, authorId, createdAt, system, internal: false })
    },
    deleteIssue(iid) {
      issues.splice(issues.indexOf(find(iid)), 1)
    },
    comments: (iid) =>
      find(iid)
        .notes.filter(({ system }) => !system)
        .map(({ authorId, body, internal }) => ({ author: users[authorId] ?? '', body, internal })),
    beforeList(then) {
      beforeList = then
    },
  }
}

/** @param allowed what may be asked beside the page */
function paged(request: Recorded, all: readonly object[], allowed: readonly string[]): Answer {
  const strange = [...request.query.keys()].filter((key) => ![...allowed, 'page', 'per_page'].includes(key))
  if (strange.length > 0) return json(400, { error: `the stand-in does not know ${strange.join(', ')}` })
  const perPage = Number(request.query.get('per_page') ?? 20)
  const number = Number(request.query.get('page') ?? 1)
  if (!(perPage >= 1 && number >= 1)) return json(400, { error: 'page does not have a valid value' })
  const size = Math.min(100, perPage)
  const shown = all.slice((number - 1) * size, number * size)
  const next = all.length > number * size ? String(number + 1) : ''
  return {
    ...json(200, shown),
    headers: { ...JSON_HEADERS, 'x-page': String(number), 'x-per-page': String(size), 'x-next-page': next },
  }
}

function fieldsOf({ body }: Recorded, allowed: readonly string[]): Readonly<Record<string, unknown>> | null {
  try {
    const given: unknown = JSON.parse(body.toString('utf8'))
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
    return Object.keys(given).every((key) => allowed.includes(key)) ? (given as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function labelsIn(given: unknown): string[] {
  return typeof given === 'string' ? given.split(',').map((each) => each.trim()) : []
}

const JSON_HEADERS = { 'content-type': 'application/json' }

function json(status: number, value: unknown): Answer {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

function page(status: number, headers: Readonly<Record<string, string>>): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
    body: '<html><body>You are being redirected.</body></html>',
  }
}
