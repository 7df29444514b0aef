import type { Finding } from '../contract/connector.ts'
import { ok, error as problem, unencrypted, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import { A_PAGE, type Api, type Grant, type Project } from './api.ts'
import type { Place } from './place.ts'
import { noProject } from './refusal.ts'
import type { Settings } from './settings.ts'
import { firstPage } from './stories.ts'

/** The access level of the role Planner, the least that may close and label issues (docs.gitlab.com/user/permissions). */
export const WRITER = 15
/** A project with more labels than this many pages of them is not searched to the end. */
const MOST_LABEL_PAGES = 10

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly api: Api
}

/** Whose the token is and what it may do, the project, its labels, and what an import would find. */
export async function check({ settings, place, api }: CheckParts): Promise<readonly Finding[]> {
  const findings: Finding[] = unencrypted(place.base)
  const writes = settings.update_comments !== false || settings.update_state
  try {
    const me = await api.me()
    findings.push(
      me === null
        ? warning('token', 'GitLab does not tell whose the token is')
        : ok('token', `the token belongs to ${oneLine(me.username, 80)}`),
    )
    findings.push(...scopes(await api.grant(), writes))
    const project = await api.project()
    if (project === null) throw noProject(place.project)
    findings.push(...ofProject(project, writes, settings.update_state || settings.internal_comments))
    findings.push(...(await labels(settings, api)))
    const found = (await firstPage({ api, project: place.project, labels: settings.import_labels })).length
    const count = found === A_PAGE ? `${found} or more` : String(found)
    findings.push(ok('import_labels', `open issues that an import would find: ${count}`))
  } catch (error) {
    findings.push(findingOf(error, 'base_url'))
  }
  return findings
}

function scopes(grant: Grant | null, writes: boolean): Finding[] {
  if (grant === null) return []
  const has = grant.scopes.map((scope) => oneLine(scope, 40)).join(', ')
  const isEnough = grant.scopes.includes('api') || (!writes && grant.scopes.includes('read_api'))
  const end = grant.expires_at == null ? 'does not expire' : `expires on ${oneLine(grant.expires_at, 40)}`
  if (isEnough) return [ok('token', `the token has the scopes ${has}, and ${end}`)]
  const needed = writes ? 'api' : 'read_api'
  return [problem('token', `the token has the scopes ${has}. Create one with the scope ${needed}`)]
}

/** Of the account in the project; null when GitLab does not tell, as for a group that the project was shared with. */
export function levelOf({ permissions }: Project): number | null {
  const levels = [permissions?.project_access, permissions?.group_access].flatMap((each) => each?.access_level ?? [])
  return levels.length === 0 ? null : Math.max(...levels)
}

function ofProject(project: Project, writes: boolean, needsRole: boolean): Finding[] {
  const setting = 'project'
  const name = oneLine(project.path_with_namespace, 100)
  const findings: Finding[] = [ok(setting, `the project is ${name}`)]
  if (project.issues_enabled === false) findings.push(problem(setting, 'issues are switched off in this project'))
  if (writes && project.archived === true)
    findings.push(problem(setting, 'the project is archived, and takes no changes'))
  const level = levelOf(project)
  if (needsRole && level === null)
    findings.push(
      warning('token', 'GitLab does not tell the role of the token; it has to be Planner, Reporter or above'),
    )
  if (needsRole && level !== null && level < WRITER)
    findings.push(problem('token', "the token's account needs the role Planner, Reporter or above in this project"))
  return findings
}

/** GitLab makes a label of any name that it is given, so a slip in a name is found here or never. */
async function labels({ labels, import_labels, update_state }: Settings, api: Api): Promise<Finding[]> {
  const states = update_state
    ? Object.entries(labels).map(([state, name]) => [`labels.${state}`, name.trim()] as const)
    : []
  const named = [...states, ...import_labels.map((name) => ['import_labels', name.trim()] as const)]
  if (named.length === 0) return []
  const known = new Set<string>()
  for (let page = 1; ; page += 1) {
    const names = (await api.labels(page)) ?? []
    for (const name of names) known.add(name)
    if (names.length < A_PAGE) break
    if (page === MOST_LABEL_PAGES) return []
  }
  const missing = named.filter(([, name]) => !known.has(name))
  return missing.map(([setting, name]) => warning(setting, `the project has no label "${oneLine(name, 80)}"`))
}
