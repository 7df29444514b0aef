import { createBugzillaCore } from './bugzilla-core.ts'
import { type Bug, type Comment, type Product, type User, type VersionName, versions } from './bugzilla-records.ts'
import { answerRest } from './bugzilla-rest.ts'
import { answerXmlRpc } from './bugzilla-xml-rpc.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

export type { Bug, Comment, Product, User, VersionName }
export { versions }

/**
 * A stand-in for Bugzilla: users with passwords, keys and groups, bugs with comments, a workflow, private comments,
 * the lock after five wrong logins, XML-RPC in all versions, REST from 5.0 on; answers as recorded from running ones.
 */

export interface BugzillaOptions {
  readonly version?: VersionName
  readonly port?: number
  readonly users?: readonly User[]
  readonly bugs?: readonly Bug[]
  /** The group that may see and make private comments; '' (the default of the real one) is nobody. */
  readonly insiderGroup?: string
  /** Only with it does /rest/ work; /rest.cgi/ always does. */
  readonly modRewrite?: boolean
  /** Whether the Perl modules for XML-RPC are there. */
  readonly xmlRpc?: boolean
  /** Hours from UTC in which 3.4 reads and writes times. */
  readonly zone?: number
  readonly products?: readonly Product[]
  /** Instead of the default workflow's. */
  readonly statuses?: readonly string[]
  /** The parameter max_search_results. */
  readonly maxSearchResults?: number
  /** The parameter search_allow_no_criteria. */
  readonly allowsNoCriteria?: boolean
  /** The database is MySQL with a three-byte utf8. */
  readonly isThreeBytes?: boolean
  /** The constant MAX_COMMENT_LENGTH. */
  readonly longestComment?: number
  /** In these words a rule of the server's own refuses each change of a status. */
  readonly ruleOfItsOwn?: string
  /** Something in front removes the headers that a login is in, so that everybody is a visitor. */
  readonly losesLogin?: boolean
  readonly now?: () => Date
}

export interface BugzillaStandIn extends StandIn {
  /** What works now: 'database down' and 'maintenance' answer as the real one does then. */
  trouble: 'none' | 'database down' | 'maintenance'
  readonly users: User[]
  readonly bugs: Map<number, Bug>
  comments(bug: number): readonly Comment[]
  /** Somebody comments in the browser. */
  say(bug: number, comment: { author: string; text: string; isPrivate?: boolean; time?: Date }): Comment
  /** The server drops all its logins, as after a change of its cookies. */
  forgetCookies(): void
  /** How many logins it keeps, each of which is a row in its table `logincookies`. */
  logins(): number
  /** What was asked, in order: "Bug.add_comment" or "POST /rest/bug/1/comment". */
  readonly asked: readonly string[]
}

export async function startBugzilla(options: BugzillaOptions = {}): Promise<BugzillaStandIn> {
  const version = options.version ?? '5.2'
  const now = options.now ?? (() => new Date())
  const core = createBugzillaCore({
    version,
    users: options.users ?? standardUsers,
    bugs: options.bugs ?? [],
    insiderGroup: options.insiderGroup ?? '',
    zone: options.zone ?? 0,
    products: options.products ?? [product(2, 'Relay Product', ['Backend', 'User Interface'])],
    statuses: options.statuses ?? null,
    maxSearchResults: options.maxSearchResults ?? 10_000,
    allowsNoCriteria: options.allowsNoCriteria ?? true,
    isThreeBytes: options.isThreeBytes ?? false,
    longestComment: options.longestComment ?? 65_535,
    ruleOfItsOwn: options.ruleOfItsOwn ?? null,
    now,
  })
  const asked: string[] = []
  let trouble: BugzillaStandIn['trouble'] = 'none'

  function handle(received: Recorded): Answer {
    const request = options.losesLogin === true ? { ...received, headers: withoutLogin(received.headers) } : received
    if (trouble === 'maintenance') return page(503, 'Bugzilla is undergoing maintenance')
    if (request.path === '/xmlrpc.cgi' && (options.xmlRpc ?? true))
      return answerXmlRpc(core, request, trouble === 'database down', (method) => asked.push(method))
    if (request.path === '/xmlrpc.cgi') return page(500, 'The XML-RPC Interface feature is not available')
    const rest = /^\/(rest|rest\.cgi)(\/.*)$/.exec(request.path)
    if (rest !== null && core.isAtLeast('5.0') && (rest[1] === 'rest.cgi' || (options.modRewrite ?? true))) {
      asked.push(`${request.method} ${request.path}`)
      return trouble === 'database down' ? page(500, 'Software error') : answerRest(core, request, rest[2] ?? '/')
    }
    return page(404, 'Not Found')
  }

  const server = await startStandIn(
    (request) => {
      const answer = handle(request)
      return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
    },
    options.port === undefined ? {} : { port: options.port },
  )
  return {
    ...server,
    asked,
    users: core.users,
    bugs: core.bugs,
    comments: (bug) => core.bugs.get(bug)?.comments ?? [],
    say: core.say,
    logins: () => core.cookies.size,
    forgetCookies: () => core.cookies.clear(),
    get trouble() {
      return trouble
    },
    set trouble(now) {
      trouble = now
    },
  }
}

function withoutLogin(headers: Recorded['headers']): Recorded['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(cookie|x-bugzilla-.*)$/.test(name)))
}

const page = (status: number, title: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
})

export const standardUsers: readonly User[] = [
  { id: 2, login: 'relay@relay.test', password: 'Relay-Passw0rd1', apiKeys: ['Kq3vRelayKey'], groups: ['editbugs'] },
  { id: 3, login: 'plain@relay.test', password: 'Plain-Passw0rd1', apiKeys: ['Kq3vPlainKey'], groups: [] },
  {
    id: 4,
    login: 'insider@relay.test',
    password: 'Insider & <Passw0rd1>',
    apiKeys: ['Kq3vInsiderKey'],
    groups: ['editbugs', 'insiders', 'tweakparams'],
  },
]

/** A bug as it is after it was reported. */
export function bug(id: number, parts: Partial<Bug> = {}): Bug {
  return {
    id,
    status: 'CONFIRMED',
    resolution: '',
    reporter: 'insider@relay.test',
    visibleTo: null,
    summary: `Bug ${id}`,
    product: 'Relay Product',
    component: 'Backend',
    severity: 'normal',
    type: 'defect',
    createdAt: new Date('2026-11-23T23:19:33Z'),
    comments: [],
    ...parts,
  }
}

export function product(
  id: number,
  name: string,
  components: readonly string[],
  visibleTo: readonly string[] | null = null,
): Product {
  return { id, name, components, visibleTo }
}
