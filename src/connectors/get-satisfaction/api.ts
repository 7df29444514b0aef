import { type Static, Type } from 'typebox'
import type { Tools } from '../contract/connector.ts'
import { basicAuth } from '../kit/basic-auth.ts'
import { createCalls } from '../kit/calls.ts'
import type { Place } from './place.ts'
import { foreign, noCompany, noProduct, refused } from './refusal.ts'

/** The API's maximum. */
const PAGE_SIZE = 30
const MAX_PAGE_BYTES = 16 * 1024 * 1024

const text = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** As in caseysoftware/getsatisfaction-php and a recorded answer of 2011 (gist minichate/1040193). */
const Topic = Type.Object({
  id: Type.Union([Type.Integer(), Type.String({ minLength: 1 })]),
  style: text,
  status: text,
  subject: text,
  content: text,
  created_at: text,
  at_sfn: text,
  author: Type.Optional(Type.Union([Type.Object({ name: text, canonical_name: text }), Type.Null()])),
})
export type Topic = Static<typeof Topic>

const Page = Type.Object({ total: Type.Optional(Type.Integer()), data: Type.Array(Topic) })
export type Page = Static<typeof Page>

export interface Api {
  /** The newest topics first; pages count from 1. @throws {DeliveryError} */
  topics(page: number): Promise<Page>
}

export function createApi({ base, company, product, login }: Place, tools: Pick<Tools, 'send' | 'now'>): Api {
  const ofCompany = `/companies/${encodeURIComponent(company)}`
  const ofProduct = product === '' ? ofCompany : `${ofCompany}/products/${encodeURIComponent(product)}`
  const calls = createCalls({
    target: 'Get Satisfaction',
    base,
    tools,
    maxBytes: MAX_PAGE_BYTES,
    headers: () => ({
      accept: 'application/json',
      ...(login === null ? {} : { authorization: basicAuth(login.email, login.password) }),
    }),
    refused: (answer) => refused(answer, login !== null, tools.now()),
    foreign,
  })

  const ask = (of: string, query: Readonly<Record<string, string>>) =>
    calls.ask(`${of}/topics.json?${new URLSearchParams(query)}`)

  /** Both are a 404; asking for the company alone tells which is missing. */
  async function isProductMissing(): Promise<boolean> {
    return product !== '' && (await ask(ofCompany, { limit: '1' })).status !== 404
  }

  return {
    async topics(page) {
      const answer = await ask(ofProduct, {
        limit: String(PAGE_SIZE),
        page: String(page),
        sort: 'recently_created',
        // "none" is the word for a topic without a status.
        status: 'none,pending,active,rejected',
      })
      if (answer.status === 404) throw (await isProductMissing()) ? noProduct(product, company) : noCompany(company)
      return calls.understood(answer, Page).value
    },
  }
}
