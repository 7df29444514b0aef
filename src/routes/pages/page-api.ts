import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { AdminToken } from '../administrators.ts'
import { API } from '../api/routes.ts'

/** Undefined and empty values are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** The admin API, asked in this process as the administrator who looks at the page. */
export interface PageApi {
  /** @throws {ApiRefusal} */
  get<T>(path: string, query?: Query): Promise<T>
  /** @throws {ApiRefusal} */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T>
}

/** What the API answered in place of doing it. */
export class ApiRefusal extends Error {
  readonly status: number
  readonly title: string
  constructor(status: number, title: string, detail: string) {
    super(detail)
    this.name = 'ApiRefusal'
    this.status = status
    this.title = title
  }
}

/** Marks a request of a page, which is not logged and counted besides the page's own. Nobody outside knows it. */
const INSIDE = randomBytes(18).toString('base64url')
const INSIDE_HEADER = 'x-relay-page'

export function isFromPage(headers: Readonly<Record<string, unknown>>): boolean {
  return headers[INSIDE_HEADER] === INSIDE
}

/** @param address of the browser */
export function pageApi(app: FastifyInstance, { token }: AdminToken, address: string): PageApi {
  async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const answer = await app.inject({
      method,
      url: `${API}${path}`,
      remoteAddress: address,
      headers: {
        host: 'localhost',
        authorization: `Bearer ${token}`,
        [INSIDE_HEADER]: INSIDE,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    if (answer.statusCode < 300) return answer.body === '' ? null : JSON.parse(answer.body)
    const { title = 'Not possible', detail = '' } = JSON.parse(answer.body) as { title?: string; detail?: string }
    throw new ApiRefusal(answer.statusCode, title, detail)
  }

  return {
    get: async <T>(path: string, query: Query = {}) => (await ask('GET', withQuery(path, query))) as T,
    send: async <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: object = {}) =>
      (await ask(method, path, method === 'DELETE' ? undefined : body)) as T,
  }
}

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return given.length === 0 ? path : `${path}?${given.join('&')}`
}
