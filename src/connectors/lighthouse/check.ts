import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api, Project, User } from './api.ts'
import type { Settings } from './settings.ts'
import { moves, storyStates, targetOf } from './states.ts'
import { firstPage, openBin } from './stories.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly api: Api
  readonly base: string
  readonly project: string
  /** The bin that is imported; null for none. */
  readonly bin: string | null
}

/** Who the token is, what it may do, whether the project is there and has the states that the settings name. */
export async function check(parts: CheckParts): Promise<readonly Finding[]> {
  const { settings, api, base } = parts
  const findings: Finding[] = [...transport(base)]
  try {
    const writes = settings.update_comments || settings.update_state
    const me = settings.token === '' ? null : await api.me()
    findings.push(identity(me, writes))
    if (me !== null) findings.push(...(await rights(parts)))
    const project = await api.project()
    if (project === null) return [...findings, missing(parts.project)]
    findings.push(...described(project))
    if (me !== null && writes) findings.push(...(await membership(api, me, settings)))
    if (settings.update_state) findings.push(...mapping(settings, project))
    if (parts.bin !== null) findings.push(await imported(parts, parts.bin))
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    findings.push({ level: 'error', setting: settingBehind(error, settings), message: error.message })
  }
  return findings
}

function transport(base: string): Finding[] {
  const { protocol, hostname } = new URL(base)
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return []
  return [{ level: 'warning', setting: 'base_url', message: 'the token travels unencrypted: use https' }]
}

function identity(me: User | null, writes: boolean): Finding {
  if (me === null)
    return {
      level: writes ? 'warning' : 'ok',
      setting: 'token',
      message: 'without a token a public account can be read, not written',
    }
  return { level: 'ok', setting: 'token', message: `the token belongs to ${shown(me.name ?? '')} (user ${me.id})` }
}

async function rights({ api, settings, project }: CheckParts): Promise<Finding[]> {
  const writes = settings.update_comments || settings.update_state
  const grant = await optional(api.grant())
  if (grant === null && !writes) return []
  if (grant === null)
    return [
      {
        level: 'warning',
        setting: 'token',
        message: 'Lighthouse does not tell whether the token may write; see to it that it has full access',
      },
    ]
  const limited = grant.project_id ?? null
  if (limited !== null && String(limited) !== project)
    return [
      {
        level: 'error',
        setting: 'token',
        message: `the token is limited to project ${limited}, but external_project_id is ${project}: make one for this project`,
      },
    ]
  if (!writes) return [{ level: 'ok', setting: 'token', message: 'the token may read' }]
  if (grant.read_only === true)
    return [
      {
        level: 'error',
        setting: 'token',
        message: 'the token may only read: make one with full access in your Lighthouse profile',
      },
    ]
  return [{ level: 'ok', setting: 'token', message: 'the token may write' }]
}

async function membership(api: Api, me: User, settings: Settings): Promise<Finding[]> {
  const members = await optional(api.members())
  if (members === null || members.length === 0)
    return [
      {
        level: 'warning',
        setting: 'external_project_id',
        message: "Lighthouse does not tell whether the token's user is a member of the project",
      },
    ]
  if (members.includes(me.id)) return [{ level: 'ok', setting: 'external_project_id', message: 'the user is a member' }]
  return [
    {
      level: settings.update_state ? 'error' : 'warning',
      setting: 'external_project_id',
      message:
        "the token's user is no member of the project, so may comment at most and change no state: make the user a member",
    },
  ]
}

function missing(project: string): Finding {
  return {
    level: 'error',
    setting: 'external_project_id',
    message: `Lighthouse shows the token no project ${project}: take the number from the project's address, or make the user a member`,
  }
}

function described(project: Project): Finding[] {
  const ok: Finding = { level: 'ok', setting: 'external_project_id', message: `the project is ${shown(project.name)}` }
  if (!project.archived) return [ok]
  return [ok, { level: 'warning', setting: 'external_project_id', message: 'the project is archived' }]
}

function mapping({ states }: Settings, project: Project): Finding[] {
  const has = [...project.open, ...project.closed].map(shown).join(', ')
  const targets = storyStates
    .filter((state) => moves(state, states))
    .map((state) => ({ state, to: targetOf(state, states, project) }))
  const wrong = targets.flatMap(({ state, to }): Finding[] => {
    if (to.kind === 'state') return []
    if (to.kind === 'stay')
      return [{ level: 'warning', setting: 'states', message: `${state} does nothing: ${to.why}` }]
    return [
      {
        level: 'error',
        setting: 'states',
        message: `${state} leads to "${shown(to.name)}", which the project does not have; it has ${has}`,
      },
    ]
  })
  const right = targets.flatMap(({ state, to }) => (to.kind === 'state' ? [`${state} -> ${shown(to.name)}`] : []))
  if (right.length === 0) return wrong
  return [...wrong, { level: 'ok', setting: 'states', message: right.join(', ') }]
}

/** Whether the bin is there, its query is taken, and what it finds. */
async function imported({ api, project, settings }: CheckParts, bin: string): Promise<Finding> {
  try {
    const found = await openBin({ api, project, bin, token: settings.token })
    const page = await firstPage({ api, project }, found)
    const tickets = Math.max(found.tickets_count ?? 0, page.length)
    const name = `the bin is ${shown(found.name ?? bin)}`
    if (page.length === 0)
      return { level: 'warning', setting: 'bin_id', message: `${name}; it holds no ticket that can be seen` }
    return { level: 'ok', setting: 'bin_id', message: `${name}, with ${tickets} ticket${tickets === 1 ? '' : 's'}` }
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

function settingBehind({ status }: DeliveryError, settings: Settings): string | null {
  if (status === 401 || status === 403) return 'token'
  if (status === 429) return 'request_interval_seconds'
  if (status !== null && status >= 500) return null
  return settings.base_url === undefined ? 'account' : 'base_url'
}

function shown(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').slice(0, 80)
}
