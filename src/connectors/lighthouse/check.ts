import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, unencrypted, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api, Project, User } from './api.ts'
import type { Place } from './place.ts'
import { noProject } from './refusal.ts'
import { Settings } from './settings.ts'
import { goalOf, moves } from './states.ts'
import { openBin, pageOf } from './stories.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly api: Api
}

export async function check(parts: CheckParts): Promise<readonly Finding[]> {
  const { settings, place, api } = parts
  const writes = settings.update_comments !== false || settings.update_state
  const findings: Finding[] = unencrypted(place.base)
  try {
    const me = place.token === '' ? null : await api.me()
    findings.push(identity(me, writes))
    const project = await api.project()
    if (project === null) throw noProject(place.project)
    findings.push(...described(project))
    if (me !== null && writes) findings.push(...(await membership(api, me, settings)))
    if (settings.update_state) findings.push(...mapping(settings, project))
    if (place.bin !== null) findings.push(await imported(api, place, place.bin))
  } catch (failure) {
    findings.push(findingOf(failure, settingBehind(failure, settings)))
  }
  return findings
}

function identity(me: User | null, writes: boolean): Finding {
  if (me === null)
    return (writes ? warning : ok)('token', 'without a token, a public account can be read but not written to')
  const found = `the token belongs to ${shown(me.name ?? '')} (user ${me.id})`
  // That URL (/tokens/TOKEN) would stand in the logs of every server on the way.
  const unasked = 'make sure that it has full access, which Lighthouse tells only at a URL that contains the token'
  return ok('token', writes ? `${found}; ${unasked}` : found)
}

async function membership(api: Api, me: User, { update_state }: Settings): Promise<Finding[]> {
  const setting = 'external_project_id'
  const members = await optional(api.members())
  if (members === null || members.length === 0)
    return [warning(setting, "Lighthouse does not tell whether the token's user is a member of the project")]
  if (members.includes(me.id)) return [ok(setting, 'the user is a member')]
  const problem = "the token's user is not a member of the project and can at most comment. Make the user a member"
  return [(update_state ? error : warning)(setting, problem)]
}

function described({ name, archived }: Project): Finding[] {
  const setting = 'external_project_id'
  const found = ok(setting, `the project is ${shown(name)}`)
  return archived ? [found, warning(setting, 'the project is archived')] : [found]
}

function mapping({ states }: Settings, project: Project): Finding[] {
  const moving = Object.keys(Settings.properties.states.properties).filter((state) =>
    moves({ state, from: null }, states),
  )
  const goals = moving.map((state) => ({ state, goal: goalOf({ state, from: null }, states, project) }))
  const wrong = goals.flatMap(({ state, goal }): Finding[] => {
    if (goal.kind === 'state') return []
    if (goal.kind === 'stay') return [warning('states', `${state} does nothing: ${goal.why}`)]
    const has = goal.has.map(shown).join(', ')
    return [error('states', `${state} leads to "${shown(goal.name)}", but the project has only ${has}`)]
  })
  const right = goals.flatMap(({ state, goal }) => (goal.kind === 'state' ? [`${state} -> ${shown(goal.name)}`] : []))
  return right.length === 0 ? wrong : [...wrong, ok('states', right.join(', '))]
}

async function imported(api: Api, { project, token }: Place, bin: string): Promise<Finding> {
  try {
    const found = await openBin({ api, project, bin, token })
    const page = await pageOf({ api, project }, found)
    const tickets = Math.max(found.tickets_count ?? 0, page.length)
    const name = `the bin is ${shown(found.name ?? bin)}`
    if (page.length === 0) return warning('bin_id', `${name}; the token can see no ticket in it`)
    return ok('bin_id', `${name}, with ${tickets} ticket${tickets === 1 ? '' : 's'}`)
  } catch (error) {
    return findingOf(error)
  }
}

/** Null if the account refuses to answer. */
async function optional<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question
  } catch (error) {
    const refused =
      error instanceof DeliveryError && error.status !== null && error.status < 500 && error.status !== 429
    if (refused) return null
    throw error
  }
}

/** Unless the server is in trouble, an error that names no setting comes from a wrong URL. */
function settingBehind(error: unknown, settings: Settings): string | null {
  if (error instanceof DeliveryError && error.status !== null && error.status >= 500) return null
  return settings.base_url === undefined ? 'account' : 'base_url'
}

function shown(text: string): string {
  return oneLine(text, 80)
}
