import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api, Project, User } from './api.ts'
import type { Place } from './place.ts'
import { noProject } from './refusal.ts'
import type { Settings } from './settings.ts'
import { moves, storyStates, targetOf } from './states.ts'
import { firstPage, openBin } from './stories.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly api: Api
}

/** Who the token is, what it may do, whether the project is there and has the states that the settings name. */
export async function check(parts: CheckParts): Promise<readonly Finding[]> {
  const { settings, place, api } = parts
  const writes = settings.update_comments || settings.update_state
  const findings: Finding[] = [...transport(place.base)]
  try {
    const me = place.token === '' ? null : await api.me()
    findings.push(identity(me, writes))
    if (me !== null) findings.push(...(await rights(parts, writes)))
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

function transport(base: string): Finding[] {
  const { protocol, hostname } = new URL(base)
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return []
  return [warning('base_url', 'the token travels unencrypted: use https')]
}

function identity(me: User | null, writes: boolean): Finding {
  if (me === null) return (writes ? warning : ok)('token', 'without a token a public account can be read, not written')
  return ok('token', `the token belongs to ${shown(me.name ?? '')} (user ${me.id})`)
}

async function rights({ api, place: { project } }: CheckParts, writes: boolean): Promise<Finding[]> {
  const grant = await optional(api.grant())
  if (grant === null && !writes) return []
  if (grant === null)
    return [warning('token', 'Lighthouse does not tell whether the token may write; see to it that it has full access')]
  const limited = grant.project_id ?? null
  if (limited !== null && String(limited) !== project)
    return [
      error(
        'token',
        `the token is limited to project ${limited}, but external_project_id is ${project}: make one for this project`,
      ),
    ]
  if (!writes) return [ok('token', 'the token may read')]
  if (grant.read_only === true)
    return [error('token', 'the token may only read: make one with full access in your Lighthouse profile')]
  return [ok('token', 'the token may write')]
}

async function membership(api: Api, me: User, { update_state }: Settings): Promise<Finding[]> {
  const setting = 'external_project_id'
  const members = await optional(api.members())
  if (members === null || members.length === 0)
    return [warning(setting, "Lighthouse does not tell whether the token's user is a member of the project")]
  if (members.includes(me.id)) return [ok(setting, 'the user is a member')]
  const problem = update_state ? error : warning
  return [
    problem(
      setting,
      "the token's user is not a member of the project, so may comment at most and change no state: make the user a member",
    ),
  ]
}

function described({ name, archived }: Project): Finding[] {
  const setting = 'external_project_id'
  const found = ok(setting, `the project is ${shown(name)}`)
  return archived ? [found, warning(setting, 'the project is archived')] : [found]
}

function mapping({ states }: Settings, project: Project): Finding[] {
  const targets = storyStates
    .filter((state) => moves(state, states))
    .map((state) => ({ state, to: targetOf(state, states, project) }))
  const wrong = targets.flatMap(({ state, to }): Finding[] => {
    if (to.kind === 'state') return []
    if (to.kind === 'stay') return [warning('states', `${state} does nothing: ${to.why}`)]
    const has = to.has.map(shown).join(', ')
    return [error('states', `${state} leads to "${shown(to.name)}", which the project does not have; it has ${has}`)]
  })
  const right = targets.flatMap(({ state, to }) => (to.kind === 'state' ? [`${state} -> ${shown(to.name)}`] : []))
  return right.length === 0 ? wrong : [...wrong, ok('states', right.join(', '))]
}

/** Whether the bin is there, its query is taken, and what it finds. */
async function imported(api: Api, { project, token }: Place, bin: string): Promise<Finding> {
  try {
    const found = await openBin({ api, project, bin, token })
    const page = await firstPage({ api, project }, found)
    const tickets = Math.max(found.tickets_count ?? 0, page.length)
    const name = `the bin is ${shown(found.name ?? bin)}`
    if (page.length === 0) return warning('bin_id', `${name}; it holds no ticket that can be seen`)
    return ok('bin_id', `${name}, with ${tickets} ticket${tickets === 1 ? '' : 's'}`)
  } catch (error) {
    return findingOf(error)
  }
}

/** Not every account answers these questions: a refusal is no finding, only a missing answer is. */
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

/** Of an error that names no setting: one of the server is about none, otherwise the address leads elsewhere. */
function settingBehind(error: unknown, settings: Settings): string | null {
  if (error instanceof DeliveryError && error.status !== null && error.status >= 500) return null
  return settings.base_url === undefined ? 'account' : 'base_url'
}

function shown(text: string): string {
  return oneLine(text, 80)
}
