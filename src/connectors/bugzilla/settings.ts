import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { commentChoice } from '../kit/ticket-effects.ts'

const closed = { additionalProperties: false }

/** As in Tracker's form; not every Bugzilla has them all. */
export const USUAL_EXCLUSIONS = ['RESOLVED', 'VERIFIED', 'CLOSED']

const BugStatus = Type.Object(
  {
    status: Type.String({ minLength: 1, description: "the bug's new status, as Bugzilla names it: RESOLVED" }),
    resolution: Type.Optional(
      Type.String({ minLength: 1, description: 'the resolution, for a status that closes the bug: FIXED' }),
    ),
  },
  closed,
)
export type BugStatus = Static<typeof BugStatus>

const forState = (state: string) =>
  Type.Optional(Type.Object(BugStatus.properties, { ...closed, description: `the bug, when the story is ${state}` }))

const StatusMap = Type.Object(
  {
    unscheduled: forState('unscheduled'),
    unstarted: forState('unstarted'),
    planned: forState('planned'),
    started: forState('started'),
    finished: forState('finished'),
    delivered: forState('delivered'),
    accepted: forState('accepted'),
    rejected: forState('rejected'),
  },
  { ...closed, description: 'states of the story that also change the status of the bug (Bugzilla 4.0 and later)' },
)

export const Settings = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      description: 'the address of Bugzilla, without the name of a page: https://bugzilla.example.com/',
    }),
    excluded_statuses: Type.Array(Type.String(), {
      default: USUAL_EXCLUSIONS,
      description: "bugs with these statuses are not shown in Tracker's import panel; an empty list shows all bugs",
    }),
    product: Type.Optional(
      Type.String({ description: "only the bugs of this product are shown in Tracker's import panel; blank for all" }),
    ),
    component: Type.Optional(
      Type.String({
        description: "only the bugs of this component are shown in Tracker's import panel; blank for all",
      }),
    ),
    username: Type.Optional(Type.String({ minLength: 1, description: "the login name of the relay's own account" })),
    password: Type.Optional(Type.String({ minLength: 1, description: 'its password', writeOnly: true })),
    api_key: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'an API key of that account instead (Bugzilla 5.0 and later)',
        writeOnly: true,
      }),
    ),
    update_comments: commentChoice("Add a story's comments to its bug"),
    comments_private: Type.Boolean({
      default: false,
      description: "make all that is added private; the account must be in Bugzilla's insider group",
    }),
    update_state: Type.Boolean({
      default: true,
      description: 'add a comment to the bug when the state of its story changes',
    }),
    map_status: Type.Optional(StatusMap),
  },
  closed,
)
export type Settings = Static<typeof Settings>

export function examine(settings: Settings): SettingProblem[] {
  return [...addressProblems(settings.url), ...loginProblems(settings), ...statusProblems(settings)]
}

function addressProblems(url: string): SettingProblem[] {
  const problem = (text: string) => [{ setting: 'url', problem: text }]
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return problem('must be an http or https URL')
  const { pathname, search, hash, username, password } = new URL(url)
  if (username !== '' || password !== '') return problem('must not contain a login; set username and password instead')
  if (/\.cgi\b/i.test(pathname) || search !== '' || hash !== '')
    return problem('must not be the URL of one page; remove the file name and what follows it')
  return []
}

function loginProblems({ username, password, api_key }: Settings): SettingProblem[] {
  if (password !== undefined && api_key !== undefined)
    return [{ setting: 'api_key', problem: 'must not be set together with password; keep one of the two' }]
  if (api_key !== undefined) return []
  if (username === undefined && password === undefined)
    return [{ setting: 'username', problem: 'is missing; set username and password, or api_key' }]
  if (username === undefined) return [{ setting: 'username', problem: 'is missing; password needs it' }]
  if (password === undefined) return [{ setting: 'password', problem: 'is missing; set it, or api_key' }]
  return []
}

function statusProblems({ map_status, update_state }: Settings): SettingProblem[] {
  const mapped = Object.entries(map_status ?? {})
  if (mapped.length > 0 && !update_state)
    return [{ setting: 'map_status', problem: 'has no effect while update_state is false' }]
  return mapped
    .filter(([, { resolution }]) => resolution?.toUpperCase() === 'DUPLICATE')
    .map(([state]) => ({
      setting: `map_status.${state}`,
      problem: 'must not be DUPLICATE, because a story does not say of which bug',
    }))
}

export function baseOf({ url }: Settings): string {
  return url.replace(/\/+$/, '')
}

/** Null if the state only adds a comment. */
export function mappedStatus(settings: Settings, state: string): BugStatus | null {
  const mapped = settings.map_status ?? {}
  return Object.hasOwn(mapped, state) ? (mapped[state as keyof typeof mapped] ?? null) : null
}
