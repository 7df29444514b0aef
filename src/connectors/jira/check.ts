import { Type } from 'typebox'
import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import { findStates } from './check-states.ts'
import { listOf } from './goals.ts'
import { CLOUD_GATEWAY, cloudIdOf } from './place.ts'
import type { Search } from './search.ts'
import type { Settings } from './settings.ts'

const ServerInfo = Type.Object({
  version: Type.String(),
  versionNumbers: Type.Optional(Type.Array(Type.Integer())),
  deploymentType: Type.Optional(Type.String()),
})
const Permissions = Type.Object({
  permissions: Type.Record(Type.String(), Type.Object({ havePermission: Type.Boolean() })),
})
const Listed = Type.Array(Type.Object({ id: Type.Union([Type.String(), Type.Integer()]), name: Type.String() }))
const Membership = Type.Object({
  groups: Type.Object({ items: Type.Array(Type.Object({ name: Type.String() })) }),
})

export async function check(api: Api, settings: Settings, search: Search | null): Promise<readonly Finding[]> {
  const site = api.place.login.isIssued ? await findSite(api) : []
  if (site.some(({ level }) => level === 'error')) return site
  const login = await findLogin(api)
  if (login.level === 'error') return [...site, login]
  return [
    login,
    ...site,
    ...findScopes(api, settings),
    ...(await orFinding('base_url', () => findVersion(api))),
    ...(await orFinding(null, () => findPermissions(api, settings))),
    ...(await orFinding('resolution', () => findResolution(api, settings))),
    ...(await orFinding('states', () => findStatuses(api, settings))),
    ...(settings.update_state ? await orFinding('states', () => findStates(api, settings, search)) : []),
    ...(await orFinding('comment_visibility', () => findVisibility(api, settings))),
    ...(search === null ? [] : await findTickets(search)),
    ...(await orFinding('estimate_field', () => findEstimates(api, settings))),
  ]
}

async function findLogin({ me, place }: Api): Promise<Finding> {
  try {
    const { name } = await me()
    return ok(place.login.setting, `JIRA knows the account as "${oneLine(name)}".`)
  } catch (error) {
    return findingOf(error, place.apiSetting)
  }
}

/** Whether Atlassian issues a token, and whether it is for the site that people see. */
async function findSite({ sites, place }: Api): Promise<Finding[]> {
  try {
    const found = await sites()
    const mine = found?.find(({ id }) => id === cloudIdOf(place.api))
    if (found === null || found.length === 0 || mine?.url === place.pages) return []
    if (mine !== undefined)
      return [
        warning(
          'base_url',
          `The token is for ${oneLine(mine.url)}, but base_url is ${place.pages}; see that both are the same site.`,
        ),
      ]
    const meant = found.find(({ url }) => url === place.pages)
    const listed = found.map(({ url, id }) => `${oneLine(url)} (${oneLine(id)})`).join(', ')
    const fix =
      meant === undefined ? `it is for ${listed}` : `set ${CLOUD_GATEWAY}${oneLine(meant.id)}, which is ${place.pages}`
    return [error('api_base_url', `The token is not for the site of api_base_url; ${fix}.`)]
  } catch (failure) {
    return [findingOf(failure, place.login.setting)]
  }
}

/** Granular scopes ("read:issue:jira") can stand for the classic ones; which of them do is Atlassian's to say. */
function findScopes({ scope, place }: Api, { update_comments, update_state }: Settings): Finding[] {
  const { setting } = place.login
  const given = (scope() ?? '').split(/[\s,]+/).filter((each) => each !== '')
  if (given.length === 0) return []
  const needed = ['read:jira-user', 'read:jira-work', ...(update_comments || update_state ? ['write:jira-work'] : [])]
  const lacking = given.some((each) => /:jira$/.test(each)) ? [] : needed.filter((each) => !given.includes(each))
  return [
    lacking.length === 0
      ? ok(setting, `The token has the scopes ${oneLine(given.join(', '))}.`)
      : error(setting, `The token lacks the scopes ${lacking.join(', ')}: ${place.login.widen}`),
  ]
}

async function findVersion(api: Api): Promise<Finding[]> {
  const { value } = await api.read('/serverInfo', ServerInfo)
  const { version, deploymentType = 'Server' } = value
  const major = value.versionNumbers?.at(0) ?? Number.parseInt(version, 10)
  const name = `JIRA ${oneLine(deploymentType)} ${oneLine(version)}`
  if (deploymentType !== 'Cloud' && major < 7)
    return [error('base_url', `This is ${name}; the relay needs JIRA 7 or later.`)]
  return [ok('base_url', `This is ${name}.`)]
}

async function findPermissions(api: Api, settings: Settings): Promise<Finding[]> {
  const { update_comments, update_state, states } = settings
  const needed = [
    ['BROWSE_PROJECTS', 'Browse projects', null, true],
    ['ADD_COMMENTS', 'Add comments', 'update_comments', update_comments],
    ['TRANSITION_ISSUES', 'Transition issues', 'update_state', update_state],
    ['RESOLVE_ISSUES', 'Resolve issues', 'update_state', update_state && states.accepted !== null],
  ] as const
  const asked = needed.filter(([, , , wanted]) => wanted)
  const { value } = await api.read(`/mypermissions?permissions=${asked.map(([key]) => key).join(',')}`, Permissions)
  return asked.map(([key, name, setting]) =>
    value.permissions[key]?.havePermission === true
      ? ok(setting, `The account has the permission "${name}" in at least one project.`)
      : (key === 'RESOLVE_ISSUES' ? warning : error)(
          setting,
          `The account has the permission "${name}" in no project: give it in the project's permission scheme in JIRA` +
            `${setting === null || key === 'RESOLVE_ISSUES' ? '' : `, or set ${setting} to false`}.`,
        ),
  )
}

async function findResolution(api: Api, { resolution }: Settings): Promise<Finding[]> {
  if (resolution === undefined) return []
  const { value } = await api.read('/resolution', Listed)
  return isListed(resolution, value)
    ? [ok('resolution', `JIRA has the resolution "${resolution}".`)]
    : [error('resolution', `JIRA has no resolution "${resolution}"; it has ${names(value)}.`)]
}

/** Next to a category, names are only preferences and cannot be wrong. */
async function findStatuses(api: Api, { states, update_state }: Settings): Promise<Finding[]> {
  const wanted = Object.entries(states).flatMap(([state, goal]) =>
    goal === null || goal.category !== undefined ? [] : listOf(goal.status).map((status) => ({ state, status })),
  )
  if (!update_state || wanted.length === 0) return []
  const { value } = await api.read('/status', Listed)
  return wanted
    .filter(({ status }) => !isListed(status, value))
    .map(({ state, status }) => error(`states.${state}`, `JIRA has no status "${status}"; it has ${names(value)}.`))
}

async function findVisibility(api: Api, { comment_visibility, update_comments }: Settings): Promise<Finding[]> {
  if (comment_visibility === undefined || !update_comments) return []
  const { type, value: name } = comment_visibility
  const isThere =
    type === 'group'
      ? (await api.read('/myself?expand=groups', Membership)).value.groups.items.some((each) => each.name === name)
      : isListed(name, (await api.read('/role', Listed)).value)
  if (isThere && type === 'role')
    return [ok('comment_visibility', `JIRA has the role "${name}"; the account must have it in each project.`)]
  if (isThere) return [ok('comment_visibility', `The account is in the group "${name}".`)]
  const fix =
    type === 'group' ? `The account is not in the group "${name}": add it` : `JIRA has no role "${name}": add it`
  return [error('comment_visibility', `${fix} in JIRA, or name another; until then no comment is posted.`)]
}

async function findTickets(search: Search): Promise<Finding[]> {
  try {
    const filter = await search.filter()
    const name = `The filter "${oneLine(filter.name)}"`
    const count = await search.count(filter)
    if (count === null) return [ok('filter_id', `${name} can be read.`)]
    if (count.tickets > 0)
      return [
        ok(
          'filter_id',
          `${name} finds ${count.exact ? '' : 'about '}${count.tickets} ticket${count.tickets === 1 ? '' : 's'}.`,
        ),
      ]
    const advice = 'if people see some there, give the account the permission "Browse projects" in their project'
    return [warning('filter_id', `${name} finds no ticket for the account: ${advice}.`)]
  } catch (error) {
    return [findingOf(error)]
  }
}

async function findEstimates(api: Api, { estimate_field: id }: Settings): Promise<Finding[]> {
  if (id === undefined) return []
  const { value } = await api.read('/field', Listed, { maxBytes: 4 * 1024 * 1024 })
  const found = value.find((field) => String(field.id) === id)
  return found === undefined
    ? [error('estimate_field', `JIRA shows the account no field ${id}; a field's id is like customfield_10016.`)]
    : [ok('estimate_field', `The estimate is the field "${oneLine(found.name)}".`)]
}

/** JIRA may refuse one question to this account; the others are still asked. */
async function orFinding(setting: string | null, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask()
  } catch (failure) {
    if (!(failure instanceof DeliveryError)) throw failure
    return [warning(setting, `This could not be checked: ${failure.message}`)]
  }
}

function isListed(wanted: string, values: readonly { id: unknown; name: string }[]): boolean {
  return values.some(({ id, name }) => String(id) === wanted || name.toLowerCase() === wanted.toLowerCase())
}

function names(values: readonly { name: string }[]): string {
  return values
    .slice(0, 20)
    .map(({ name }) => `"${oneLine(name)}"`)
    .join(', ')
}
