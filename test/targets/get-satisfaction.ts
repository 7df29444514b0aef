import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * A Get Satisfaction community: companies, products, topics, members. Built after the old documentation of its API, the
 * public clients krapolu/getsatisfaction-connector and caseysoftware/getsatisfaction-php, and an answer of 2011 that was
 * kept in the gist minichate/1040193.
 */

export interface TopicSeed {
  readonly id: number
  readonly style: 'question' | 'idea' | 'problem' | 'praise' | 'update'
  readonly status?: 'pending' | 'active' | 'complete' | 'rejected' | null
  readonly subject?: string
  readonly content?: string
  readonly product?: string
  readonly author?: string | null
  /** `2011/06/16 14:52:20 +0000` */
  readonly createdAt?: string
}

export interface GetSatisfactionOptions {
  /** Topics in the order in which they were written. */
  readonly companies: Readonly<Record<string, readonly TopicSeed[]>>
  readonly products?: Readonly<Record<string, readonly string[]>>
  /** Only these may read: email and password. */
  readonly members?: Readonly<Record<string, string>>
  /** Does without the count of all topics. */
  readonly hasTotal?: boolean
  /** Answers the first page whatever is asked for. */
  readonly ignoresPage?: boolean
  /** The most that is given at once, whatever is asked for. */
  readonly mostAtOnce?: number
  /** Has lost what was on this page. */
  readonly lostPage?: number
  /** Passes over the status that is asked for, as later copies of it may. */
  readonly ignoresStatus?: boolean
}

export interface GetSatisfaction extends StandIn {
  /** Somebody writes a topic. */
  add(company: string, topic: TopicSeed): void
}

const MAX_LIMIT = 30

export async function startGetSatisfaction(options: GetSatisfactionOptions): Promise<GetSatisfaction> {
  const companies = new Map(Object.entries(options.companies).map(([name, topics]) => [name, [...topics]]))

  function handle(request: Recorded): Answer {
    if (request.method !== 'GET') return json(405, { error: 'method not allowed' })
    const login = loginOf(request)
    if (options.members !== undefined && (login === null || options.members[login[0]] !== login[1]))
      return {
        status: 401,
        headers: { 'content-type': 'text/html', 'www-authenticate': 'Basic realm="Get Satisfaction"' },
        body: '<html><body>HTTP Basic: Access denied.</body></html>',
      }
    const [, company = '', product] =
      /^\/companies\/([^/]+)(?:\/products\/([^/]+))?\/topics\.json$/.exec(request.path) ?? []
    const topics = companies.get(decodeURIComponent(company))
    if (topics === undefined) return notFound()
    if (product === undefined) return page(request, company, topics)
    const name = decodeURIComponent(product)
    if (options.products?.[company]?.includes(name) !== true) return notFound()
    return page(
      request,
      company,
      topics.filter((topic) => topic.product === name),
    )
  }

  function page({ query }: Recorded, company: string, topics: readonly TopicSeed[]): Answer {
    const limit = Math.min(options.mostAtOnce ?? MAX_LIMIT, Number(query.get('limit') ?? '10'))
    const number = options.ignoresPage === true ? 1 : Math.max(1, Number(query.get('page') ?? '1'))
    if (query.has('sort') && query.get('sort') !== 'recently_created') return json(400, { error: 'unknown sort' })
    const statuses = options.ignoresStatus === true ? undefined : query.get('status')?.split(',')
    const all = topics.toReversed().filter(({ status }) => statuses?.includes(status ?? 'none') ?? true)
    const topicsOfPage = number === options.lostPage ? [] : all.slice((number - 1) * limit, number * limit)
    const data = topicsOfPage.map((topic) => shown(topic, company))
    return json(200, options.hasTotal === false ? { data } : { total: all.length, data })
  }

  const standIn = await startStandIn(handle)
  return {
    ...standIn,
    add(company, topic) {
      companies.get(company)?.push(topic)
    },
  }
}

function shown(topic: TopicSeed, company: string): object {
  const { id, style, status = null, subject = `Topic ${id}`, content = '', author = 'John Doe' } = topic
  const createdAt = topic.createdAt ?? '2011/06/16 14:52:20 +0000'
  const slug = `${subject.toLowerCase().replace(/\W+/g, '_').slice(0, 30)}-${id}`
  return {
    me_too_count: 1,
    status,
    employee: false,
    follower_count: 1,
    style,
    reply_count: 0,
    slug,
    last_active_at: createdAt,
    at_sfn: `http://getsatisfaction.com/${company}/topics/${slug}`,
    created_at: createdAt,
    subject,
    content,
    company_id: 81150,
    id,
    url: `http://api.getsatisfaction.com/topics/${id}`,
    author:
      author === null
        ? null
        : { name: author, canonical_name: `${author.toLowerCase().replace(/\W+/g, '_')}_2286285`, id: 2286285 },
  }
}

function loginOf({ headers }: Recorded): readonly [email: string, password: string] | null {
  const encoded = /^Basic (\S+)$/.exec(headers.authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const [email = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
  return [email, rest.join(':')]
}

function notFound(): Answer {
  return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><body>Not found</body></html>' }
}

function json(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) }
}
