import type { Finding } from '../contract/connector.ts'
import { error, ok, warning } from '../kit/finding.ts'
import { findingOf } from '../kit/setting-error.ts'
import { type FieldValue, fieldValues, insiderGroup, keyBelongsTo, myGroups, whoAmI } from './api.ts'
import { importFindings } from './import/check.ts'
import type { BugStatus, Settings } from './settings.ts'
import type { LoginGate } from './wire/login-gate.ts'
import { LoginRefused } from './wire/login-refused.ts'
import type { Bugzilla } from './wire/open.ts'
import { atLeast } from './wire/version.ts'

export async function checkSettings(
  settings: Settings,
  gate: LoginGate,
  open: () => Promise<Bugzilla>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  try {
    await gate(async () => {
      const bugzilla = await open()
      findings.push(ok('url', `Bugzilla ${bugzilla.version.text} answers`))
      const self = await whoAmI(bugzilla, settings.username ?? null)
      findings.push(await loginFinding(settings, bugzilla, self))
      const groups = self === null || !atLeast(bugzilla.version, 4, 4) ? null : await myGroups(bugzilla, self)
      if (settings.comments_private && writes(settings)) findings.push(await insiderFinding(bugzilla, groups))
      if (settings.map_status !== undefined)
        findings.push(...(await statusFindings(settings.map_status, bugzilla, groups)))
      findings.push(...(await importFindings(settings, bugzilla)))
    })
  } catch (failure) {
    const setting = failure instanceof LoginRefused ? loginSetting(settings) : findings.length === 0 ? 'url' : null
    findings.push(findingOf(failure, setting))
  }
  return findings
}

const writes = ({ update_comments, update_state }: Settings): boolean => update_comments !== false || update_state

const loginSetting = ({ api_key }: Settings): string => (api_key === undefined ? 'password' : 'api_key')

async function loginFinding(settings: Settings, bugzilla: Bugzilla, self: string | null): Promise<Finding> {
  if (settings.api_key === undefined) return passwordFinding(self ?? settings.username ?? '', bugzilla)
  if (self === null && !writes(settings)) return ok('api_key', 'api_key is accepted')
  if (self === null)
    return warning(
      'username',
      'api_key is accepted, but this Bugzilla does not tell whose it is; set username too, so that the relay knows its own comments',
    )
  const isOwn = atLeast(bugzilla.version, 5, 3)
    ? settings.username === undefined || settings.username.toLowerCase() === self.toLowerCase()
    : await keyBelongsTo(bugzilla, self)
  return isOwn
    ? ok('api_key', `logged in as ${self}`)
    : error('username', 'does not name the account that api_key belongs to; set its login name')
}

function passwordFinding(self: string, { version }: Bugzilla): Finding {
  const known = `logged in as ${self}`
  if (!atLeast(version, 5, 0)) return ok('username', known)
  const better =
    'an API key of the account instead of the password goes on working while wrong passwords lock the account'
  if (!atLeast(version, 5, 3)) return ok('username', `${known}; ${better}`)
  return warning(
    'password',
    `${known}; each request leaves a login in Bugzilla's table logincookies for 30 days. Set api_key: ${better}`,
  )
}

async function insiderFinding(bugzilla: Bugzilla, groups: readonly string[] | null): Promise<Finding> {
  const group = groups === null ? null : await insiderGroup(bugzilla)
  if (groups === null || group === null)
    return warning(
      'comments_private',
      'Bugzilla does not tell whether the account is in its insider group (the parameter insidergroup); if it is not, nothing is added, never in public',
    )
  if (group === '')
    return error(
      'comments_private',
      'Bugzilla has no insider group; set its parameter insidergroup, or unset comments_private',
    )
  return groups.includes(group)
    ? ok('comments_private', `the account is in the insider group ${group}`)
    : error(
        'comments_private',
        `the account is not in the insider group ${group}; put it in, or unset comments_private`,
      )
}

async function statusFindings(
  map: NonNullable<Settings['map_status']>,
  bugzilla: Bugzilla,
  groups: readonly string[] | null,
): Promise<Finding[]> {
  if (!atLeast(bugzilla.version, 4, 0))
    return [
      warning(
        'map_status',
        `Bugzilla ${bugzilla.version.text} cannot change a bug's status from outside (4.0 can): only the comment is added; unset map_status`,
      ),
    ]
  const statuses = await fieldValues(bugzilla, 'bug_status')
  const resolutions = await fieldValues(bugzilla, 'resolution')
  const problems = Object.entries(map).flatMap(([state, to]) =>
    statusProblems(to, statuses, resolutions).map((problem) => error(`map_status.${state}`, problem)),
  )
  const rights =
    groups === null || groups.includes('editbugs')
      ? []
      : [
          warning(
            'map_status',
            'the account is not in the group editbugs: it can change only bugs that it reported or was assigned',
          ),
        ]
  return [...(problems.length > 0 ? problems : [ok('map_status', 'Bugzilla knows all its names')]), ...rights]
}

function statusProblems(to: BugStatus, statuses: readonly FieldValue[], resolutions: readonly FieldValue[]): string[] {
  const status = named(statuses, to.status)
  if (status === undefined) return [`Bugzilla has no status ${to.status}; it has ${listed(statuses)}`]
  if (to.resolution === undefined)
    return status.isOpen === false ? [`${to.status} closes the bug, so add a resolution: ${listed(resolutions)}`] : []
  if (status.isOpen === true) return [`${to.status} leaves the bug open, so remove the resolution`]
  return named(resolutions, to.resolution) === undefined
    ? [`Bugzilla has no resolution ${to.resolution}; it has ${listed(resolutions)}`]
    : []
}

const named = (values: readonly FieldValue[], name: string): FieldValue | undefined =>
  values.find((value) => value.name.toLowerCase() === name.toLowerCase())

const listed = (values: readonly FieldValue[]): string => values.map(({ name }) => name).join(', ')
