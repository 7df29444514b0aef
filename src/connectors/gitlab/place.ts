import type { SettingProblem, Ticket } from '../contract/connector.ts'
import { baseUrl, NOT_A_BASE_URL } from '../kit/base-url.ts'
import type { Settings } from './settings.ts'

/** The project that is written to and read from. */
export interface Place {
  /** GitLab's address, without a slash at its end. */
  readonly base: string
  /** Its path: group/project. */
  readonly project: string
  readonly token: string
}

/** Groups and their project; no part is "." or "..". */
const PATH = /^(?!groups\/|projects\/)[\p{L}\p{N}_][\p{L}\p{N}_.-]*(\/(?!\.{1,2}(\/|$))[\p{L}\p{N}_.-]+)+$/u
/** Addresses of issues; "/-/" came with GitLab 12, incidents with 13, work items with 15. */
const ISSUE = /^\/?(.+?)(?:\/-)?\/(?:issues(?:\/incident)?|work_items)\/([1-9]\d{0,14})\/?$/
/** What may follow the project in an address that somebody copied from a browser. */
const BELOW_A_PROJECT = /(?:\/-(?:\/.*)?|\/(?:issues|merge_requests|tree|blob|wikis)(?:\/.*)?|\.git)$/

/** Reads the place from the settings, or says all that keeps it from being read. */
export function placeOf({ base_url, project, token, import_labels }: Settings): Place | SettingProblem[] {
  const problems: SettingProblem[] = []
  const base = baseUrl(base_url)?.replace(/\/api\/v4$/, '') ?? null
  if (base === null) problems.push({ setting: 'base_url', problem: NOT_A_BASE_URL })
  const named = projectOf(project, base ?? '')
  if (named === null)
    problems.push({
      setting: 'project',
      problem: 'must be a path such as group/project, or the address of a project at base_url',
    })
  const secret = token.trim()
  if (!/^[!-~]+$/.test(secret))
    problems.push({ setting: 'token', problem: 'must be a token: letters, digits and signs, without blanks' })
  if (import_labels.some((label) => /^(none|any)$/i.test(label.trim())))
    problems.push({
      setting: 'import_labels',
      problem: 'must name labels; GitLab takes None and Any for "no label" and "any label"',
    })
  return base === null || named === null || problems.length > 0 ? problems : { base, project: named, token: secret }
}

/** An issue as a link names it; `project` is null when the link names the issue alone. */
export interface NamedIssue {
  readonly project: string | null
  readonly iid: string
}

/** The issue in a link: "12", "#12", "group/project#12" or an address at `base`; null when it is none of these. */
export function issueOf({ externalId, externalUrl }: Ticket, base: string): NamedIssue | null {
  const id = externalId.trim()
  const [, path = null, number] = /^(?:([^#\s]+))?#?([1-9]\d{0,14})$/.exec(id.includes('#') ? id : `#${id}`) ?? []
  const named = number === undefined ? inAddress(id, base) : { project: path, iid: number }
  if (named === null || named.project !== null || pathAt(externalUrl ?? '', base) === null) return named
  // The number alone would be an issue of any project: an address at the same GitLab has to agree.
  const linked = inAddress(externalUrl ?? '', base)
  return linked?.iid === named.iid ? linked : null
}

function inAddress(text: string, base: string): NamedIssue | null {
  const path = pathAt(text, base)
  const [, project, iid] = ISSUE.exec(path ?? '') ?? []
  return project === undefined || iid === undefined || !PATH.test(project) ? null : { project, iid }
}

function projectOf(text: string, base: string): string | null {
  const given = text.trim()
  const isAddress = /^https?:\/\//i.test(given)
  const path = (isAddress ? (pathAt(given, base) ?? '') : given).replace(/^\/+|\/+$/g, '')
  const project = isAddress ? path.replace(BELOW_A_PROJECT, '') : path
  const host = URL.canParse(base) ? new URL(base).host : ''
  return PATH.test(project) && !project.startsWith(`${host}/`) ? project : null
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
