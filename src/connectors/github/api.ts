import { type Static, type TSchema, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { isSuccess, jsonAs } from '../kit/answer.ts'
import { createCalls, type Read } from '../kit/calls.ts'
import { limitIn } from '../kit/limit-headers.ts'
import { type Authorizer, fixedHeader } from '../kit/oauth/authorizer.ts'
import { isWebPage } from '../kit/web-page.ts'
import { type App, createApp } from './app.ts'
import { HEADERS } from './headers.ts'
import { nextSearch } from './link-header.ts'
import type { Place } from './place.ts'
import { notTheApi, refused } from './refusal.ts'

/** The calls of GitHub's REST API (docs.github.com/rest). Null: GitHub shows the login no such thing. */
export interface Api {
  /** Null for a person's token. */
  readonly app: App | null
  me(): Promise<User>
  repository(): Promise<Repository | null>
  /** The number of the repository of this name, also of a former one that GitHub leads on from. */
  idOf(name: string): Promise<string | null>
  /** By its number, which stays when it is renamed. */
  repositoryAt(id: string): Promise<Repository | null>
  /** 'deleted' if it was, as far as GitHub says so. */
  issue(number: string): Promise<Issue | 'deleted' | null>
  /** Comments that were written or edited since, oldest first. @param search of the page; null for the first */
  comments(number: string, since: Date, search: string | null): Promise<Page<Comment> | null>
  /** Open issues, oldest first, and pull requests, which GitHub counts among them. 'off': issues are switched off. */
  issues(labels: readonly string[], search: string | null): Promise<Page<ListedIssue> | 'off' | null>
  /** What a search finds, oldest first; `total` may be more than GitHub shows. */
  found(query: string, search: string | null): Promise<FoundPage>
  /** The names of the labels that the repository has. */
  labels(search: string | null): Promise<Page<string> | null>
  /** The id of the comment, where the answer tells it; 'gone' when there is no such issue. */
  addComment(number: string, body: string): Promise<{ readonly id: string | null } | 'gone'>
  /** The issue afterwards; 'gone' when there is no such issue. */
  update(number: string, change: object): Promise<Issue | 'gone'>
}

export interface Page<T> {
  readonly values: readonly T[]
  /** The query of the next page, as GitHub names it; null at the end. */
  readonly next: string | null
}

export interface FoundPage extends Page<ListedIssue> {
  readonly total: number
  /** False if GitHub's search gave up before it was through. */
  readonly isWhole: boolean
}

const Nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

const Account = Type.Object({ id: Type.Integer(), login: Type.String() })
export interface User extends Static<typeof Account> {
  /** Of a classic token; null for all others. */
  readonly scopes: string | null
  /** When the token ends, as GitHub writes it; null if it does not. */
  readonly expires: string | null
}

const Repository = Type.Object({
  id: Type.Integer(),
  full_name: Type.String(),
  archived: Nullable(Type.Boolean()),
  has_issues: Nullable(Type.Boolean()),
  permissions: Nullable(Type.Record(Type.String(), Type.Boolean())),
})
export type Repository = Static<typeof Repository>

const Labels = Type.Array(Type.Union([Type.String(), Type.Object({ name: Nullable(Type.String()) })]))

const RawIssue = Type.Object({
  number: Type.Integer(),
  state: Type.String(),
  labels: Labels,
  locked: Nullable(Type.Boolean()),
  pull_request: Type.Optional(Type.Unknown()),
})
export interface Issue {
  readonly state: string
  readonly labels: readonly string[]
  readonly isLocked: boolean
  readonly isPullRequest: boolean
}

const Comment = Type.Object({
  id: Type.Integer(),
  body: Nullable(Type.String()),
  created_at: Type.String(),
  /** Null for an account that was deleted. */
  user: Nullable(Account),
  performed_via_github_app: Nullable(Type.Object({ id: Type.Integer() })),
})
export type Comment = Static<typeof Comment>

const Created = Type.Object({ id: Type.Integer() })

const ListedIssue = Type.Object({
  number: Type.Integer(),
  title: Type.String(),
  body: Nullable(Type.String()),
  created_at: Type.String(),
  labels: Labels,
  type: Nullable(Type.Object({ name: Type.String() })),
  user: Nullable(Type.Object({ login: Type.String() })),
  pull_request: Type.Optional(Type.Unknown()),
})
export type ListedIssue = Static<typeof ListedIssue>

const Found = Type.Object({
  total_count: Type.Integer(),
  incomplete_results: Type.Boolean(),
  items: Type.Array(ListedIssue),
})

const Label = Type.Object({ name: Type.String() })

/** The most that GitHub gives. */
export const A_PAGE = 100

/** 100 bodies of at most 65,536 characters, each of them up to twelve bytes when it is escaped. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** @param access what the login is used for */
export function createApi(
  place: Place,
  access: 'read' | 'write',
  { send, now, limit }: Pick<Tools, 'send' | 'now' | 'limit'>,
): Api {
  const { login, repository } = place
  const app = login.kind === 'app' ? createApp({ ...place, login }, access, { send, now }) : null
  const authorizer: Authorizer = app?.authorizer ?? fixedHeader(`Bearer ${login.kind === 'token' ? login.token : ''}`)
  const refusedBy = (answer: Response) => refused(answer, now(), login.kind === 'token' ? 'token' : 'app_id')
  const calls = createCalls({
    target: 'GitHub',
    base: place.api,
    tools: {
      async send(request) {
        const answer = await send(request)
        const state = limitIn(answer, 'x-ratelimit')
        const window = answer.headers['x-ratelimit-resource'] === 'search' ? 'search' : 'hour'
        if (state !== null) limit?.(window, state)
        return answer
      },
    },
    maxBytes: MAX_ANSWER_BYTES,
    headers: async () => ({ ...HEADERS, authorization: await authorizer.header() }),
    renew: ({ authorization = '' }) => authorizer.renew(authorization),
    refused: refusedBy,
    foreign: ({ status }) => notTheApi(status),
  })
  const inRepository = `/repos/${repository}`

  async function get<S extends TSchema>(path: string, schema: S): Promise<Static<S> | null> {
    const answer = await calls.ask(path)
    return answer.status === 404 ? null : calls.understood(answer, schema).value
  }

  async function list<S extends TSchema>(path: string, search: string, schema: S) {
    const answer = await calls.ask(`${path}?${search}`, { maxBytes: MAX_PAGE_BYTES })
    const read = (): Read<Static<S>> => calls.understood(answer, schema)
    return { status: answer.status, read, next: nextSearch(answer, search) }
  }

  const paged = (query: Readonly<Record<string, string>>): string =>
    new URLSearchParams({ ...query, per_page: String(A_PAGE) }).toString()

  return {
    app,
    async me() {
      const answer = await calls.ask('/user')
      const { value } = calls.understood(answer, Account)
      return {
        ...value,
        scopes: answer.headers['x-oauth-scopes'] ?? null,
        expires: answer.headers['github-authentication-token-expiration'] ?? null,
      }
    },
    repository: () => get(inRepository, Repository),
    async idOf(name) {
      const answer = await calls.ask(`/repos/${name}`)
      if (answer.status === 404) return null
      const moved = /\/repositories\/(\d+)$/.exec(answer.headers.location ?? '')?.[1]
      return moved ?? String(calls.understood(answer, Repository).value.id)
    },
    repositoryAt: (id) => get(`/repositories/${id}`, Repository),
    async issue(number) {
      const answer = await calls.ask(`${inRepository}/issues/${number}`)
      if (answer.status === 404) return null
      return answer.status === 410 ? 'deleted' : issueOf(calls.understood(answer, RawIssue).value)
    },
    async comments(number, since, search) {
      // To the second, as GitHub takes it.
      const first = paged({ since: `${since.toISOString().slice(0, 19)}Z` })
      const { status, read, next } = await list(
        `${inRepository}/issues/${number}/comments`,
        search ?? first,
        Type.Array(Comment),
      )
      return status === 404 || status === 410 ? null : { values: read().value, next }
    },
    async issues(labels, search) {
      const first = paged({
        state: 'open',
        sort: 'created',
        direction: 'asc',
        ...(labels.length === 0 ? {} : { labels: labels.join(',') }),
      })
      const { status, read, next } = await list(`${inRepository}/issues`, search ?? first, Type.Array(ListedIssue))
      if (status === 404) return null
      return status === 410 ? 'off' : { values: read().value, next }
    },
    async found(query, search) {
      const first = paged({ q: query, sort: 'created', order: 'asc' })
      const { read, next } = await list('/search/issues', search ?? first, Found)
      const { items, total_count, incomplete_results } = read().value
      return { values: items, next, total: total_count, isWhole: !incomplete_results }
    },
    async labels(search) {
      const { status, read, next } = await list(`${inRepository}/labels`, search ?? paged({}), Type.Array(Label))
      return status === 404 ? null : { values: read().value.map(({ name }) => name), next }
    },
    async addComment(number, body) {
      const answer = await calls.write('POST', `${inRepository}/issues/${number}/comments`, { body })
      if (answer.status === 404 || answer.status === 410) return 'gone'
      if (!isSuccess(answer)) throw refusedBy(answer)
      if (answer.status !== 201 || isWebPage(answer)) throw notTheApi(answer.status, 'in doubt')
      const comment = jsonAs(answer, Created)
      return { id: comment === null ? null : String(comment.id) }
    },
    async update(number, change) {
      const answer = await calls.write('PATCH', `${inRepository}/issues/${number}`, change)
      if (answer.status === 404 || answer.status === 410) return 'gone'
      if (!isSuccess(answer)) throw refusedBy(answer)
      const issue = jsonAs(answer, RawIssue)
      if (issue === null) throw notTheApi(answer.status, 'in doubt')
      return issueOf(issue)
    },
  }
}

function issueOf({ state, labels, locked, pull_request }: Static<typeof RawIssue>): Issue {
  return {
    state,
    labels: namesOf(labels),
    isLocked: locked === true,
    isPullRequest: pull_request !== undefined && pull_request !== null,
  }
}

export function namesOf(labels: Static<typeof Labels>): readonly string[] {
  return labels.flatMap((each) => (typeof each === 'string' ? each : (each.name ?? [])))
}
