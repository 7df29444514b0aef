import type { SettingProblem, Ticket } from '../contract/connector.ts'
import { baseUrl, NOT_A_BASE_URL } from '../kit/base-url.ts'
import type { Settings } from './settings.ts'

/** The project that is written to and read from. */
export interface Place {
  /** GitLab's address, without a slash at its end. */
  readonly base: string
  /** The project's number or its path, as GitLab takes either. */
  readonly project: string
  readonly token: string
}

const NUMBER = /^[1-9]\d{0,14}$/
/** Groups and their projects; GitLab forbids names that begin or end with a sign, or with ".git" (doc/user/reserved_names). */
const PATH = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*(\/[\p{L}\p{N}_][\p{L}\p{N}_.-]*)+$/u
/** Addresses of issues; "/-/" came with GitLab 12, work items with 15. */
const ISSUE = /^\/?(.+?)(?:\/-)?\/(?:issues|work_items)\/([1-9]\d{0,14})\/?$/

/** Reads the place from the settings, or says all that keeps it from being read. */
export function placeOf({ base_url, project, token }: Settings): Place | SettingProblem[] {
  const problems: SettingProblem[] = []
  const base = baseUrl(base_url)?.replace(/\/api\/v4$/, '') ?? null
  if (base === null) problems.push({ setting: 'base_url', problem: NOT_A_BASE_URL })
  const named = projectOf(String(project), base ?? '')
  if (named === null)
    problems.push({
      setting: 'project',
      problem: 'must be a path such as group/project, a number, or the address of a project at base_url',
    })
  const secret = token.trim()
  if (!/^[!-~]+$/.test(secret))
    problems.push({ setting: 'token', problem: 'must be a token: letters, digits and signs, without blanks' })
  return base === null || named === null || problems.length > 0 ? problems : { base, project: named, token: secret }
}

/** What tells two projects apart; GitLab leads from the number to the project's page. */
export function projectUrl({ base, project }: Place): string {
  return NUMBER.test(project) ? `${base}/projects/${project}` : `${base}/${project}`
}

/** An issue as a link names it; `project` is null when the link names the issue alone. */
export interface NamedIssue {
  readonly project: string | null
  readonly iid: string
}

/** The issue in a link: "12", "#12", "group/project#12" or an address; null when it is none of these. */
export function issueOf({ externalId, externalUrl }: Ticket, base: string): NamedIssue | null {
  const id = externalId.trim()
  const [, path = null, number] = /^(?:([^#\s]+))?#?([1-9]\d{0,14})$/.exec(id.includes('#') ? id : `#${id}`) ?? []
  const named = number === undefined ? inAddress(id, base) : { project: path, iid: number }
  if (named === null || named.project !== null) return named
  const linked = inAddress(externalUrl ?? '', base)
  return linked?.iid === named.iid ? linked : named
}

function inAddress(text: string, base: string): NamedIssue | null {
  const path = pathAt(text, base)
  const [, project, iid] = ISSUE.exec(path ?? '') ?? []
  return project === undefined || iid === undefined || !PATH.test(project) ? null : { project, iid }
}

function projectOf(text: string, base: string): string | null {
  const given = text.trim()
  if (NUMBER.test(given)) return given
  const path = (pathAt(given, base) ?? given).replace(/^\/+|\/+$/g, '').replace(/\/-(\/.*)?$/, '')
  return PATH.test(path) ? path : null
}

/** What follows GitLab's own address; null for any other address and for what is none. */
function pathAt(text: string, base: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  const { host, pathname } = new URL(text)
  const own = URL.canParse(base) ? new URL(base) : null
  const root = own?.pathname.replace(/\/+$/, '') ?? ''
  if (own === null || own.host !== host || !pathname.startsWith(`${root}/`)) return null
  return decoded(pathname.slice(root.length))
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
