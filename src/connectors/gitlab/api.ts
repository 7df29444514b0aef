import { type Static, type TSchema, Type } from 'typebox'
import type { Tools } from '../contract/connector.ts'
import { isSuccess, jsonAs } from '../kit/answer.ts'
import { createCalls, type Read } from '../kit/calls.ts'
import { isWebPage } from '../kit/web-page.ts'
import type { Place } from './place.ts'
import { notTheApi, refused } from './refusal.ts'

/** The calls of GitLab's REST API, version 4 (docs.gitlab.com/api/rest). Null: GitLab shows the token no such thing. */
export interface Api {
  /** The account that the token acts as; null when the token may not ask. */
  me(): Promise<User | null>
  /** What the token may do; null when GitLab does not tell (before 15.5, and for OAuth tokens). */
  grant(): Promise<Grant | null>
  project(): Promise<Project | null>
  /** The number of the project with this path, also a former one that GitLab leads on from. */
  idOf(path: string): Promise<number | null>
  issue(iid: string): Promise<Issue | null>
  /** Notes of people, the latest first; pages count from 1. */
  notes(iid: string, page: number): Promise<Read<readonly Note[]> | null>
  /** Open issues in the order of their creation. @param createdAfter inclusive, in ISO 8601 */
  openIssues(
    labels: readonly string[],
    createdAfter: string | null,
    page: number,
  ): Promise<readonly ListedIssue[] | null>
  /** The names of the labels that the project can use; pages count from 1. */
  labels(page: number): Promise<readonly string[] | null>
  /** 'gone' when there is no such issue. */
  addNote(iid: string, body: string, isInternal: boolean): Promise<Written | 'gone'>
  /** The issue afterwards; 'gone' when there is no such issue. */
  update(iid: string, change: object): Promise<Issue | 'gone'>
}

/** A new note: its id where the answer tells it, and whether everybody can read it. */
export interface Written {
  readonly id: string | null
  readonly isPublic: boolean
}

const Nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

const User = Type.Object({ id: Type.Integer(), username: Type.String() })
export type User = Static<typeof User>

const Grant = Type.Object({ scopes: Type.Array(Type.String()), expires_at: Nullable(Type.String()) })
export type Grant = Static<typeof Grant>

const Access = Nullable(Type.Object({ access_level: Type.Integer() }))
const Project = Type.Object({
  id: Type.Integer(),
  path_with_namespace: Type.String(),
  archived: Nullable(Type.Boolean()),
  issues_enabled: Nullable(Type.Boolean()),
  permissions: Nullable(Type.Object({ project_access: Access, group_access: Access })),
})
export type Project = Static<typeof Project>

const Issue = Type.Object({
  iid: Type.Integer(),
  state: Type.String(),
  labels: Type.Array(Type.String()),
  discussion_locked: Nullable(Type.Boolean()),
})
export type Issue = Static<typeof Issue>

const Note = Type.Object({
  id: Type.Integer(),
  body: Type.String(),
  created_at: Type.String(),
  author: Nullable(Type.Object({ id: Type.Integer() })),
})
export type Note = Static<typeof Note>

/** Internal notes were called confidential before 15.5. */
const Created = Type.Object({
  id: Type.Integer(),
  internal: Nullable(Type.Boolean()),
  confidential: Nullable(Type.Boolean()),
})

const ListedIssue = Type.Object({
  iid: Type.Integer(),
  title: Type.String(),
  description: Nullable(Type.String()),
  created_at: Type.String(),
  labels: Type.Array(Type.String()),
  weight: Nullable(Type.Number()),
  author: Nullable(Type.Object({ name: Type.String() })),
})
export type ListedIssue = Static<typeof ListedIssue>

const Label = Type.Object({ name: Type.String() })

/** The most that GitLab gives (docs.gitlab.com/api/rest, "Pagination"). */
export const A_PAGE = 100

/** A note or a description holds up to 1,000,000 characters (docs.gitlab.com/administration/instance_limits). */
const MAX_PAGE_BYTES = 64 * 1024 * 1024
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

export function createApi({ base, project, token }: Place, { send, now }: Pick<Tools, 'send' | 'now'>): Api {
  const calls = createCalls({
    target: 'GitLab',
    base: `${base}/api/v4`,
    tools: { send },
    maxBytes: MAX_ANSWER_BYTES,
    headers: () => ({ accept: 'application/json', 'private-token': token }),
    refused: (answer) => refused(answer, now()),
    foreign: ({ status }) => notTheApi(status),
  })
  const inProject = `/projects/${encodeURIComponent(project)}`

  async function get<S extends TSchema>(path: string, schema: S, maxBytes?: number): Promise<Read<Static<S>> | null> {
    const answer = await calls.ask(path, maxBytes === undefined ? {} : { maxBytes })
    return answer.status === 404 ? null : calls.understood(answer, schema)
  }

  async function list<S extends TSchema>(path: string, query: Record<string, string>, page: number, schema: S) {
    const search = new URLSearchParams({ ...query, per_page: String(A_PAGE), page: String(page) })
    return await get(`${inProject}${path}?${search}`, Type.Array(schema), MAX_PAGE_BYTES)
  }

  return {
    async me() {
      const answer = await calls.ask('/user')
      return answer.status === 403 || answer.status === 404 ? null : calls.understood(answer, User).value
    },
    async grant() {
      const answer = await calls.ask('/personal_access_tokens/self')
      return [400, 403, 404].includes(answer.status) ? null : calls.understood(answer, Grant).value
    },
    async project() {
      return (await get(inProject, Project))?.value ?? null
    },
    async idOf(path) {
      const answer = await calls.ask(`/projects/${encodeURIComponent(path)}`)
      const moved = /\/projects\/(\d+)$/.exec(answer.headers.location ?? '')?.[1]
      if (moved !== undefined) return Number(moved)
      return answer.status === 404 ? null : calls.understood(answer, Project).value.id
    },
    async issue(iid) {
      return (await get(`${inProject}/issues/${iid}`, Issue))?.value ?? null
    },
    notes: (iid, page) =>
      list(
        `/issues/${iid}/notes`,
        { order_by: 'created_at', sort: 'desc', activity_filter: 'only_comments' },
        page,
        Note,
      ),
    async openIssues(labels, createdAfter, page) {
      const query = {
        state: 'opened',
        scope: 'all',
        order_by: 'created_at',
        sort: 'asc',
        ...(labels.length === 0 ? {} : { labels: labels.join(',') }),
        ...(createdAfter === null ? {} : { created_after: createdAfter }),
      }
      return (await list('/issues', query, page, ListedIssue))?.value ?? null
    },
    async labels(page) {
      return (await list('/labels', {}, page, Label))?.value.map(({ name }) => name) ?? null
    },
    async addNote(iid, body, isInternal) {
      const sent = { body, ...(isInternal ? { internal: true, confidential: true } : {}) }
      const answer = await calls.write('POST', `${inProject}/issues/${iid}/notes`, sent)
      if (answer.status === 404) return 'gone'
      if (!isSuccess(answer)) throw refused(answer, now())
      if (answer.status !== 201 || isWebPage(answer)) throw notTheApi(answer.status, 'in doubt')
      const note = jsonAs(answer, Created)
      return {
        id: note === null ? null : String(note.id),
        isPublic: note?.internal !== true && note?.confidential !== true,
      }
    },
    async update(iid, change) {
      const answer = await calls.write('PUT', `${inProject}/issues/${iid}`, change)
      if (answer.status === 404) return 'gone'
      if (!isSuccess(answer)) throw refused(answer, now())
      const issue = jsonAs(answer, Issue)
      if (issue === null) throw notTheApi(answer.status, 'in doubt')
      return issue
    },
  }
}
