import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'
import { type App, createOAuth, json, type User, unauthorized } from './twitter-oauth.ts'
import { type PostReader, readPosts } from './twitter-posts.ts'

export const user: User = { id: '6253282', screenName: 'enterprise' }

export interface Post {
  readonly id: string
  readonly text: string
  readonly at: Date
}

export interface TwitterOptions {
  readonly now?: () => Date
  readonly app?: Partial<App>
  /** How it reads what is posted. */
  readonly reader?: PostReader
}

type Window = { limit: number; remaining: number; resetAt: Date }

export interface Twitter extends StandIn {
  readonly app: App
  readonly oauth: ReturnType<typeof createOAuth>
  readonly posts: Post[]
  /** The account posts this, however often it has. @returns its id */
  repeat(text: string): string
  /** What the owner of the app and X itself have decided. */
  readonly state: {
    credits: boolean
    mayRead: boolean
    enrolled: boolean
    suspended: boolean
    protected: boolean
    /** What the parameter for fields is called; any other is refused. */
    fieldsParameter: 'tweet.fields' | 'post.fields'
    window: Window
    day: Window | null
  }
}

/** The parts of X that an account which only posts meets, as strict as the real ones (docs.x.com). */
export async function startTwitter(options: TwitterOptions = {}): Promise<Twitter> {
  const now = options.now ?? (() => new Date())
  const reader = options.reader ?? readPosts
  const linksOf = new Map<string, { url: string; expanded_url: string }[]>()
  const app: App = {
    consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
    consumerSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw&!*'",
    clientId: 'VGNibzFWSURBZ3lnYk9uU0VMQkFi',
    clientSecret: 'a-secret-of-the-client',
    callbacks: ['https://relay.example.com/connect/twitter/news/callback'],
    permission: 'Read and write',
    ...options.app,
  }
  const posts: Post[] = []
  const state: Twitter['state'] = {
    credits: true,
    mayRead: true,
    enrolled: true,
    suspended: false,
    protected: false,
    fieldsParameter: 'tweet.fields',
    window: { limit: 100, remaining: 100, resetAt: new Date(now().getTime() + 900_000) },
    day: null,
  }
  const oauth = createOAuth(app, user, () => standIn.url, now)

  function limitHeaders(): Record<string, string> {
    return {
      ...headersOf('x-rate-limit', state.window),
      ...(state.day === null ? {} : headersOf('x-user-limit-24hour', state.day)),
    }
  }

  function write(request: Recorded): Answer {
    const rights = oauth.rights(request)
    if (rights === null) return unauthorized
    if (request.headers['content-type'] !== 'application/json')
      return invalid('Requests with bodies must have content-type of application/json.')
    const text = textIn(request)
    if (typeof text !== 'string') return text
    if (!rights.write)
      return forbidden(
        `Your client app is not configured with the appropriate ${rights.kind} app permissions for this endpoint.`,
        `https://api.twitter.com/2/problems/${rights.kind}-permissions`,
      )
    if (!state.enrolled) return notEnrolled
    if (state.suspended)
      return forbidden('User has been suspended.', 'https://api.twitter.com/2/problems/user-suspended')
    if (!state.credits)
      return json(402, {
        title: 'CreditsDepleted',
        detail: 'Your enrolled account does not have any credits to fulfill this request.',
        type: 'https://api.twitter.com/2/problems/credits',
      })
    const windows = [state.window, ...(state.day === null ? [] : [state.day])]
    for (const window of windows)
      if (window.resetAt <= now())
        Object.assign(window, { remaining: window.limit, resetAt: new Date(now().getTime() + 900_000) })
    if (windows.some(({ remaining }) => remaining <= 0))
      return json(
        429,
        { title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank', status: 429 },
        limitHeaders(),
      )
    for (const window of windows) window.remaining -= 1
    const { isValid, length } = reader.read(text)
    if (!isValid)
      return length > 280
        ? json(403, { errors: [{ code: 186, message: 'Tweet needs to be a bit shorter.' }] })
        : invalid('The Tweet contains an invalid text.')
    if (reader.cashtagsIn(text).length > 1) return forbidden('You may not use more than one cashtag.', 'about:blank')
    if (posts.some((post) => post.text === text.normalize('NFC')))
      return forbidden('You are not allowed to create a Tweet with duplicate content.', 'about:blank')
    const id = add(text.normalize('NFC'))
    return json(201, { data: { id, text: shown(text), edit_history_tweet_ids: [id] } }, limitHeaders())
  }

  function add(text: string): string {
    const id = snowflake(now(), posts.length)
    posts.push({ id, text, at: now() })
    return id
  }

  function read(request: Recorded): Answer {
    if (oauth.rights(request) === null) return unauthorized
    if (!state.mayRead) return notEnrolled
    if (request.path === '/2/users/me') {
      const { id, screenName } = user
      const more = request.query.get('user.fields') === 'protected' ? { protected: state.protected } : {}
      return json(200, { data: { id, name: 'USS Enterprise', username: screenName, ...more } })
    }
    return timeline(request.query)
  }

  function timeline(query: URLSearchParams): Answer {
    const start = query.get('start_time') ?? ''
    const most = Number(query.get('max_results') ?? '10')
    const known = [state.fieldsParameter, 'exclude', 'max_results', 'start_time', 'pagination_token']
    const unknown = [...query.keys()].find((each) => !known.includes(each))
    if (unknown !== undefined) return invalid(`The query parameter [${unknown}] is not one of the allowed`)
    if (!(most >= 5 && most <= 100)) return invalid('The `max_results` query parameter value is not between 5 and 100')
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(start))
      return invalid('The `start_time` query parameter value is invalid')
    const fields = (query.get('tweet.fields') ?? '').split(',')
    if (fields.some((each) => !['', 'created_at', 'entities'].includes(each)))
      return invalid('The `tweet.fields` query parameter value is not one of the allowed')
    const kept = query.get('exclude')?.includes('replies') === true ? 800 : 3200
    const all = posts
      .slice(-kept)
      .filter(({ at }) => at.getTime() >= Date.parse(start))
      .reverse()
    const from = Number(query.get('pagination_token')?.replace('page-', '') ?? 0)
    const data = all.slice(from, from + most).map(({ id, text, at }) => ({
      id,
      text: shown(text),
      ...(fields.includes('created_at') ? { created_at: at.toISOString() } : {}),
      ...(fields.includes('entities') && linksIn(text).length > 0 ? { entities: { urls: linksIn(text) } } : {}),
    }))
    if (data.length === 0) return json(200, { meta: { result_count: 0 } })
    const meta = {
      result_count: data.length,
      ...(all.length > from + most ? { next_token: `page-${from + most}` } : {}),
    }
    return json(200, { data, meta })
  }

  /** X puts its own address for every link, and escapes three signs. */
  function shown(text: string): string {
    const short = linksIn(text).reduce((rest, { expanded_url, url }) => rest.replace(expanded_url, url), text)
    return short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  }

  function linksIn(text: string): { url: string; expanded_url: string }[] {
    const known = linksOf.get(text)
    if (known !== undefined) return known
    const urls = reader.linksIn(text)
    const links = urls.map((expanded_url, index) => ({ url: `https://t.co/Ab${index}cDeFgHi`, expanded_url }))
    linksOf.set(text, links)
    return links
  }

  const standIn: StandIn = await startStandIn((request) => {
    const answer = oauth.answer(request)
    const dated = (given: Answer): Answer => ({ ...given, headers: { date: now().toUTCString(), ...given.headers } })
    if (answer !== null) return dated(answer)
    if (request.method === 'POST' && request.path === '/2/tweets') return dated(write(request))
    if (request.method === 'GET' && /^\/2\/users\/(me|6253282\/tweets)$/.test(request.path)) return dated(read(request))
    return json(404, { title: 'Not Found', type: 'about:blank', status: 404, detail: 'Not Found' })
  })
  return Object.assign(standIn, { app, oauth, posts, repeat: add, state })
}

/** X's ids: milliseconds since its beginning, then 22 bits of its own. */
function snowflake(at: Date, sequence: number): string {
  return String((BigInt(at.getTime() - 1_288_834_974_657) << 22n) + BigInt(sequence))
}

function textIn(request: Recorded): string | Answer {
  let body: unknown
  try {
    body = JSON.parse(request.body.toString())
  } catch {
    return invalid('The request body is not valid JSON.')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return invalid('expected type: JSONObject')
  const extra = Object.keys(body).find((key) => key !== 'text')
  if (extra !== undefined)
    return invalid(`$.${extra}: is not defined in the schema and the schema does not allow additional properties`)
  const { text } = body as { text?: unknown }
  return typeof text === 'string' ? text : invalid('$.text: is missing')
}

function invalid(message: string): Answer {
  return json(400, {
    errors: [{ message }],
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    type: 'https://api.twitter.com/2/problems/invalid-request',
  })
}

function forbidden(detail: string, type: string): Answer {
  return json(403, { detail, type, title: 'Forbidden', status: 403 })
}

const notEnrolled = json(403, {
  client_id: '12345',
  detail:
    'When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project.',
  registration_url: 'https://developer.twitter.com/en/docs/projects/overview',
  title: 'Client Forbidden',
  required_enrollment: 'Appropriate Level of API Access',
  reason: 'client-not-enrolled',
  type: 'https://api.twitter.com/2/problems/client-forbidden',
})

function headersOf(prefix: string, { limit, remaining, resetAt }: Window): Record<string, string> {
  return {
    [`${prefix}-limit`]: String(limit),
    [`${prefix}-remaining`]: String(remaining),
    [`${prefix}-reset`]: String(Math.floor(resetAt.getTime() / 1000)),
  }
}
