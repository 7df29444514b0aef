import type { SettingProblem, Ticket } from '../contract/connector.ts'
import { baseUrl, NOT_A_BASE_URL } from '../kit/base-url.ts'
import { type Login, loginOf } from './login.ts'
import type { Settings } from './settings.ts'

/** The repository that is written to and read from. */
export interface Place {
  /** GitHub's address for people, without a slash at its end. */
  readonly base: string
  /** The address of its REST API. */
  readonly api: string
  /** owner/name */
  readonly repository: string
  readonly login: Login
}

/** Owners have letters, digits, hyphens and, if a company manages them, one underscore; names also dots. */
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[\w.-]{1,100}$/
/** Addresses of issues. A pull request shares their numbers, and GitHub leads from one to the other. */
const ISSUE = /^\/([^/]+\/[^/]+)\/issues\/([1-9]\d{0,14})\/?$/
/** What may follow the repository in an address that somebody copied from a browser. */
const BELOW_A_REPOSITORY = /(?:\/(?:issues|pulls?|projects|tree|blob|settings|wiki|labels|milestones)(?:\/.*)?|\.git)$/

/** Reads the place from the settings, or says all that keeps it from being read. */
export function placeOf(settings: Settings): Place | SettingProblem[] {
  const problems: SettingProblem[] = []
  const base = webOf(settings.base_url)
  if (base === null) problems.push({ setting: 'base_url', problem: NOT_A_BASE_URL })
  const named = repositoryOf(settings.repository, base ?? '')
  if (named === null)
    problems.push({ setting: 'repository', problem: 'must be owner/name, or the address of a repository at base_url' })
  const login = loginOf(settings)
  if (Array.isArray(login)) problems.push(...login)
  problems.push(...queryProblems(settings))
  return base === null || named === null || Array.isArray(login) || problems.length > 0
    ? problems
    : { base, api: apiOf(base), repository: named, login }
}

/** The address for people, also where that of the API was set. */
function webOf(text: string): string | null {
  const base = baseUrl(text)?.replace(/\/api\/v3$/, '') ?? null
  return base?.replace(/^(https?:\/\/)api\.(github\.com|[a-z0-9-]+\.ghe\.com)$/i, '$1$2') ?? null
}

/** github.com and ghe.com have their API at a name of its own, an Enterprise Server below a path. */
function apiOf(base: string): string {
  const { protocol, host } = new URL(base)
  return host === 'github.com' || host.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${base}/api/v3`
}

function queryProblems({ import_query }: Settings): SettingProblem[] {
  if (/(^|\s)-?(repo|org|user|is:pr|type:pr|is:pull-request|type:pull-request)(:|\s|$)/i.test(import_query ?? ''))
    return [
      {
        setting: 'import_query',
        problem: 'must not say repo:, org:, user: or is:pr; it searches the issues of the repository',
      },
    ]
  return []
}

/** An issue as a link names it; `repository` is null when the link names the issue alone. */
export interface NamedIssue {
  readonly repository: string | null
  readonly number: string
}

/** The issue in a link: "12", "#12", "owner/name#12" or an address at `base`; null when it is none of these. */
export function issueOf({ externalId, externalUrl }: Ticket, base: string): NamedIssue | null {
  const id = externalId.trim()
  const [, repository = null, number] = /^([^#\s]+)?#([1-9]\d{0,14})$/.exec(id.includes('#') ? id : `#${id}`) ?? []
  const named = number === undefined ? inAddress(id, base) : { repository, number }
  if (named === null || (repository !== null && !REPOSITORY.test(repository))) return null
  if (named.repository !== null || pathAt(externalUrl ?? '', base) === null) return named
  // The number alone would be an issue of any repository: an address at the same GitHub has to agree.
  const linked = inAddress(externalUrl ?? '', base)
  return linked?.number === named.number ? linked : null
}

function inAddress(text: string, base: string): NamedIssue | null {
  const [, repository, number] = ISSUE.exec(pathAt(text, base) ?? '') ?? []
  return repository === undefined || number === undefined || !REPOSITORY.test(repository)
    ? null
    : { repository, number }
}

function repositoryOf(text: string, base: string): string | null {
  const given = text.trim()
  const isAddress = /^https?:\/\//i.test(given)
  const path = (isAddress ? (pathAt(given, base) ?? '') : given).replace(/^\/+|\/+$/g, '')
  const repository = isAddress ? path.replace(BELOW_A_REPOSITORY, '') : path
  return REPOSITORY.test(repository) ? repository : null
}

/** What follows GitHub's own address; null for any other address and for what is none. */
function pathAt(text: string, base: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text) || !URL.canParse(base)) return null
  const { host, pathname } = new URL(text)
  const own = new URL(base)
  const root = own.pathname.replace(/\/+$/, '')
  const isOwn = host === own.host || host === `www.${own.host}`
  return isOwn && pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : null
}
