import type { Finding } from '../contract/connector.ts'
import { ok, error as problem, unencrypted, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api, Repository, User } from './api.ts'
import type { App } from './app.ts'
import type { Place } from './place.ts'
import { Moved, noRepository } from './refusal.ts'
import type { Settings } from './settings.ts'
import { isAmong } from './states.ts'
import { countOf } from './stories.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly api: Api
}

/** Whose the login is and what it may do, the repository, its labels, and what an import would find. */
export async function check({ settings, place, api }: CheckParts): Promise<readonly Finding[]> {
  const findings: Finding[] = unencrypted(place.base)
  const writes = settings.update_comments !== false || settings.update_state
  try {
    findings.push(...(api.app === null ? ofToken(await api.me(), writes) : await ofApp(api.app, writes)))
    const repository = await repositoryOf(api)
    if (repository === null) throw noRepository(place.repository)
    findings.push(...ofRepository(repository, settings, api.app !== null))
    findings.push(...(await labels(settings, api)))
    const setting = (settings.import_query ?? '').trim() === '' ? 'import_labels' : 'import_query'
    const count = await countOf({ api, repository: place.repository, settings })
    findings.push(ok(setting, `issues that an import would find: ${count}`))
  } catch (error) {
    findings.push(findingOf(error, 'base_url'))
  }
  return findings
}

/** GitHub tells the scopes of a classic token, and of no other. */
function ofToken({ login, scopes, expires }: User, writes: boolean): Finding[] {
  const end = expires === null ? '' : `, and expires on ${oneLine(expires, 40)}`
  const findings = [ok('token', `the token belongs to ${oneLine(login, 80)}${end}`)]
  if (scopes === null) return findings
  const has = scopes.split(',').map((scope) => scope.trim())
  if (has.includes('repo')) return findings
  if (has.includes('public_repo'))
    return [
      ...findings,
      warning('token', 'the token has the scope public_repo, which is enough for a public repository'),
    ]
  const lacks = `the classic token has the scopes "${oneLine(scopes, 100)}". Give it repo`
  return [...findings, writes ? problem('token', lacks) : warning('token', lacks)]
}

async function ofApp(app: App, writes: boolean): Promise<Finding[]> {
  const { name } = await app.self()
  const { id, permissions, suspended_at } = await app.installation()
  const issues = permissions.issues ?? 'none'
  const findings = [
    ok('app_id', `the App is ${oneLine(name, 80)}, its installation ${id} with the permission Issues: ${issues}`),
  ]
  if (suspended_at != null) findings.push(problem('app_installation_id', 'the installation is suspended'))
  if (issues !== 'write' && (writes || issues !== 'read'))
    findings.push(
      problem(
        'app_id',
        `give the App the permission Issues: ${writes ? 'read and write' : 'read-only'}, and accept it in the installation`,
      ),
    )
  return findings
}

async function repositoryOf(api: Api): Promise<Repository | null> {
  try {
    return await api.repository()
  } catch (error) {
    if (!(error instanceof Moved)) throw error
    const there = (await api.repositoryAt(error.repositoryId))?.full_name
    if (there === undefined) throw error
    throw new Moved(error.status ?? 301, error.repositoryId, oneLine(there, 150))
  }
}

/** Whether the account may close and label the issues of others; GitHub tells it of people, and not of Apps. */
export function mayTriage({ permissions }: Repository): boolean {
  return permissions?.triage === true || permissions?.push === true || permissions?.admin === true
}

function ofRepository(repository: Repository, { update_state, update_comments }: Settings, isApp: boolean): Finding[] {
  const setting = 'repository'
  const findings: Finding[] = [ok(setting, `the repository is ${oneLine(repository.full_name, 150)}`)]
  if (repository.has_issues === false) findings.push(problem(setting, 'issues are switched off in this repository'))
  if ((update_state || update_comments !== false) && repository.archived === true)
    findings.push(problem(setting, 'the repository is archived, and takes no changes'))
  if (update_state && !isApp && !mayTriage(repository))
    findings.push(problem('token', "the token's account needs the role Triage or above to close and label issues"))
  return findings
}

/** GitHub makes a label of any name that it is given, so a slip in a name is found here or never. */
async function labels({ labels, import_labels, update_state }: Settings, api: Api): Promise<Finding[]> {
  const states = update_state
    ? Object.entries(labels).map(([state, name]) => [`labels.${state}`, name.trim()] as const)
    : []
  const named = [...states, ...import_labels.map((name) => ['import_labels', name.trim()] as const)]
  if (named.length === 0) return []
  const known: string[] = []
  let search: string | null = null
  do {
    const page: Awaited<ReturnType<typeof api.labels>> = await api.labels(search)
    known.push(...(page?.values ?? []))
    search = page?.next ?? null
  } while (search !== null)
  const missing = named.filter(([, name]) => !isAmong(known, name))
  return missing.map(([setting, name]) => warning(setting, `the repository has no label "${oneLine(name, 80)}"`))
}
