import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response, Send } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswerToRead, refusal } from '../kit/answer.ts'
import { settingError } from '../kit/setting-error.ts'

/** The most that the API gives on a page, whatever limit is asked for. */
const PAGE_SIZE = 30
const MAX_PAGE_BYTES = 16 * 1024 * 1024

const text = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** A topic as caseysoftware/getsatisfaction-php and a recorded answer of 2011 (gist minichate/1040193) show it. */
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

export interface ApiParts {
  readonly base: string
  readonly company: string
  /** '' for the whole company */
  readonly product: string
  readonly login: { readonly email: string; readonly password: string } | null
  readonly send: Send
  readonly now: () => Date
}

export interface Api {
  /**
   * One page of topics, the newest first; the first page has the number 1.
   * @throws {DeliveryError}
   */
  topics(page: number): Promise<Page>
}

export function createApi({ base, company, product, login, send, now }: ApiParts): Api {
  const ofCompany = `${base}/companies/${encodeURIComponent(company)}`
  const ofProduct = product === '' ? ofCompany : `${ofCompany}/products/${encodeURIComponent(product)}`
  const headers = {
    accept: 'application/json',
    ...(login === null
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.email}:${login.password}`).toString('base64')}` }),
  }

  const get = (url: string, query: Readonly<Record<string, string>>): Promise<Response> =>
    send({
      method: 'GET',
      url: `${url}/topics.json?${new URLSearchParams(query)}`,
      headers,
      maxBytes: MAX_PAGE_BYTES,
    }).catch(noAnswerToRead)

  /** The same answer means that there is no such company or no such product: the company alone tells which. */
  async function missing(): Promise<DeliveryError> {
    const company404 = settingError(
      'company',
      `Get Satisfaction has no company ${company} (404): set company to what follows getsatisfaction.com/ in the address of the community`,
      { status: 404 },
    )
    if (product === '' || (await get(ofCompany, { limit: '1' })).status === 404) return company404
    return settingError(
      'product',
      `Get Satisfaction has no product ${product} of the company ${company} (404): set product to what follows /products/ in the address of its page, or leave it blank for the whole company`,
      { status: 404 },
    )
  }

  return {
    async topics(page) {
      const response = await get(ofProduct, {
        limit: String(PAGE_SIZE),
        page: String(page),
        sort: 'recently_created',
        // "none" is the word for a topic without a status.
        status: 'none,pending,active,rejected',
      })
      if (response.status === 404) throw await missing()
      if (response.status !== 200) throw refused(response, login !== null, now())
      return read(response)
    },
  }
}

function refused(response: Response, isLoggedIn: boolean, now: Date): DeliveryError {
  const { status } = response
  if (status === 401)
    return isLoggedIn
      ? settingError('password', 'Get Satisfaction rejects email and password (401): set those of a member', {
          status,
        })
      : settingError('email', 'Get Satisfaction asks for a login (401): set email and password of a member', {
          status,
        })
  if (status === 403)
    return settingError(
      'email',
      'Get Satisfaction does not let this login read the community (403): set email and password of a member of it',
      { status },
    )
  if (status >= 300 && status < 400)
    return settingError(
      'base_url',
      `Get Satisfaction answered ${status}, a redirect, which is never followed: set base_url to the address it points to`,
      { status },
    )
  return refusal('Get Satisfaction', response, now)
}

function read(response: Response): Page {
  if (response.truncated)
    throw new DeliveryError('retry', 'Get Satisfaction sent an answer that broke off or is longer than is read', {
      status: response.status,
    })
  const value = parse(response)
  if (!Value.Check(Page, value))
    throw settingError(
      'base_url',
      "the answer (200) is not one of Get Satisfaction's API, which is a list of topics: check base_url, and what stands in between",
      { status: response.status },
    )
  return value
}

function parse(response: Response): unknown {
  try {
    return response.json()
  } catch {
    return null
  }
}
