import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import type { StateEffect } from '../contract/effect.ts'

const Reference = Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })])
const References = Type.Union([Reference, Type.Array(Reference, { minItems: 1 })])

/** JIRA's own three groups of statuses, the same in every language: to do, in progress, done. */
export const Category = Type.Union([Type.Literal('new'), Type.Literal('indeterminate'), Type.Literal('done')])
export type Category = Static<typeof Category>

/** Where a ticket should be taken when its story reaches a state. */
export const Goal = Type.Object(
  {
    transition: Type.Optional(References),
    status: Type.Optional(References),
    category: Type.Optional(Category),
    only_from: Type.Optional(Type.Union([Category, Type.Array(Category, { minItems: 1 })])),
    when_moved_back: Type.Optional(Type.Boolean()),
  },
  {
    additionalProperties: false,
    description:
      'transition: id or name of the workflow action to take; status: id or name of the status to reach; category: ' +
      'the group of statuses to reach (new, indeterminate, done). With category, status only says which one to take ' +
      'when several would do. only_from: leave tickets alone that are not in one of these categories. when_moved_back: ' +
      'only for a story that was started before: its ticket is taken back from progress, and reopened when the story ' +
      'had been accepted. Lists are tried in their order.',
  },
)
export type Goal = Static<typeof Goal>

/**
 * The statuses of JIRA's classic workflow come first by id: those ids (1 Open, 3 In Progress, 4 Reopened, 5 Resolved)
 * are the same in every JIRA, whatever language it speaks.
 */
const TO_DO: Goal = { category: 'new', status: ['1', '4', 'Open', 'Reopened', 'To Do'] }
const BACK_TO_DO: Goal = { ...TO_DO, when_moved_back: true }
const IN_PROGRESS: Goal = { category: 'indeterminate', status: ['3', 'In Progress'] }
const RESOLVED: Goal = { category: 'done', status: ['5', 'Resolved', 'Done'] }

const mapped = (when: string, goal: Goal | null) =>
  Type.Union([Type.Null(), Goal], { default: goal, description: `${when}; null: the ticket is left alone` })

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description: 'the address people see JIRA at, with its path if it has one: https://jira.example.com/jira',
    }),
    api_base_url: Type.Optional(
      Type.String({
        description:
          'where the REST API is, when that is another address: scoped tokens, service accounts and OAuth on JIRA ' +
          'Cloud need https://api.atlassian.com/ex/jira/<cloud id>',
      }),
    ),
    api_username: Type.Optional(
      Type.String({ minLength: 1, description: "the account's user name, or its email address on JIRA Cloud" }),
    ),
    api_password: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description: "the account's password, or its API token on JIRA Cloud; goes with api_username",
      }),
    ),
    personal_access_token: Type.Optional(
      Type.String({ minLength: 1, writeOnly: true, description: 'a personal access token of JIRA Data Center' }),
    ),
    oauth_token: Type.Optional(
      Type.String({ minLength: 1, writeOnly: true, description: 'an OAuth 2.0 access token' }),
    ),
    filter_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description:
          "the saved filter whose tickets Tracker's import panel shows: the number in its address, ?filter=10000; a " +
          'pasted address is understood',
        examples: [10000],
      }),
    ),
    estimate_field: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_]*$',
        patternErrorMessage: 'the id of a field, as customfield_10016',
        description:
          "the id of the field with a ticket's points, as customfield_10016; without it there is no estimate",
        examples: ['customfield_10016'],
      }),
    ),
    update_comments: Type.Boolean({ default: true, description: "post a story's comments to its ticket" }),
    update_state: Type.Boolean({ default: true, description: "move the ticket when its story's state changes" }),
    states: Type.Object(
      {
        unscheduled: mapped('when a story goes back to the icebox', BACK_TO_DO),
        unstarted: mapped('when a story goes back to unstarted', BACK_TO_DO),
        planned: mapped('when a story goes back to planned', BACK_TO_DO),
        started: mapped('when a story is started or restarted', IN_PROGRESS),
        finished: mapped('when a story is finished', null),
        delivered: mapped('when a story is delivered', null),
        accepted: mapped('when a story is accepted', RESOLVED),
        rejected: mapped('when a story is rejected', { ...TO_DO, only_from: 'done' }),
      },
      { additionalProperties: false, default: {}, description: 'what each Tracker state does to the ticket' },
    ),
    resolution: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'name or id of the resolution for tickets that are resolved; default: Fixed, else Done, else the first',
      }),
    ),
    comment_limit: Type.Integer({
      default: 32767,
      minimum: 500,
      maximum: 1_000_000,
      description: 'the longest comment JIRA takes, in characters; longer ones are cut',
    }),
    internal_comments: Type.Boolean({
      default: true,
      description:
        "in a project of JIRA Service Management, comments are the team's own: customers do not see them in the portal",
    }),
    comment_visibility: Type.Optional(
      Type.Object(
        {
          type: Type.Union([Type.Literal('role'), Type.Literal('group')]),
          value: Type.String({ minLength: 1, description: 'the name of the project role or group' }),
        },
        { additionalProperties: false, description: 'show the comments only to a project role or a group' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
export type MappedState = keyof Settings['states']

/** What a change of a story's state does to its ticket; null for nothing, and for a state that JIRA was never told about. */
export function goalFor(settings: Settings, { state, from }: Pick<StateEffect, 'state' | 'from'>): Goal | null {
  const goal = Object.hasOwn(settings.states, state) ? settings.states[state as MappedState] : null
  if (goal?.when_moved_back !== true) return goal
  // A story that goes from the icebox to the backlog was not in work: whoever works on its ticket is not disturbed.
  if (from !== null && NOT_STARTED.has(from)) return null
  // v3 seldom tells the state before; then a ticket that is done stays done.
  return from === 'accepted' ? goal : { ...goal, only_from: 'indeterminate' }
}

const NOT_STARTED: ReadonlySet<string> = new Set(['unscheduled', 'unstarted', 'planned'])

/**
 * Whether the later state's goal is reached whatever became of the earlier's: where both are no more than a category,
 * and bound to no condition.
 */
export function supersedes(later: StateEffect, earlier: StateEffect, settings: Settings): boolean {
  return [later, earlier].every((effect) => {
    const goal = goalFor(settings, effect)
    return goal?.category !== undefined && goal.transition === undefined && goal.only_from === undefined
  })
}

/** One reference or a list of them, as texts. */
export function listOf(references: Static<typeof References> | undefined): string[] {
  if (references === undefined) return []
  return (Array.isArray(references) ? references : [references]).map((each) => String(each).trim())
}

/** Where the REST API is, without a slash at the end. */
export function apiBase(settings: Settings): string {
  return (settings.api_base_url ?? settings.base_url).replace(/\/+$/, '')
}

/** The page that people see a ticket at. */
export function browseUrl(settings: Settings, ticket: string, commentId: string | null = null): string {
  const page = `${settings.base_url.replace(/\/+$/, '')}/browse/${encodeURIComponent(ticket)}`
  return commentId === null ? page : `${page}?focusedCommentId=${encodeURIComponent(commentId)}`
}

/** True for Atlassian's own hosting, where accounts log in by API token and no CAPTCHA locks them. */
export function isCloud(settings: Settings): boolean {
  const host = asUrl(apiBase(settings))?.hostname ?? ''
  return host === 'api.atlassian.com' || /\.(atlassian\.net|jira\.com)$/.test(host)
}

/** The filter's number in 10000, "10000" or its address (?filter=10000, or requestId=10000 before JIRA 5); null when there is none. */
export function filterOf(value: string | number): string | null {
  const text = String(value).trim()
  const found = /^(\d{1,18})$/.exec(text) ?? /[?&](?:filter|filterId|requestId)=(\d{1,18})(?!\d)/.exec(text)
  return found?.[1] ?? null
}

function asUrl(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null
}

/** The setting that holds the secret in use: what an answer about credentials is about. */
export function secretSetting(settings: Settings): 'personal_access_token' | 'oauth_token' | 'api_password' {
  if (settings.personal_access_token !== undefined) return 'personal_access_token'
  return settings.oauth_token !== undefined ? 'oauth_token' : 'api_password'
}

/** Foreign words with our secrets taken out, should something on the way have echoed them. */
export function withoutSecrets(text: string, settings: Settings): string {
  const { api_username = '', api_password, personal_access_token, oauth_token } = settings
  const pair =
    api_password === undefined ? undefined : Buffer.from(`${api_username}:${api_password}`).toString('base64')
  return [api_password, pair, personal_access_token, oauth_token]
    .filter((secret) => secret !== undefined)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, '[secret]'), text)
}

/** Problems that the schema cannot say. */
export function examine(settings: Settings): SettingProblem[] {
  return [
    ...addressProblems('base_url', settings.base_url),
    ...addressProblems('api_base_url', settings.api_base_url),
    ...loginProblems(settings),
    ...filterProblems(settings),
    ...Object.entries(settings.states).flatMap(([state, goal]) => goalProblems(state, goal)),
  ]
}

function addressProblems(setting: string, address: string | undefined): SettingProblem[] {
  if (address === undefined) return []
  const url = asUrl(address)
  if (url === null || !/^https?:$/.test(url.protocol))
    return [{ setting, problem: 'is no address; write it like https://jira.example.com' }]
  if (url.username !== '' || url.password !== '')
    return [{ setting, problem: 'must not hold a user or password; use api_username and api_password' }]
  if (url.search !== '' || url.hash !== '') return [{ setting, problem: 'must end with the path: no "?" and no "#"' }]
  if (/\/rest(\/|$)|\/browse(\/|$)/.test(url.pathname))
    return [{ setting, problem: 'goes too deep: leave out /rest or /browse and what follows' }]
  return []
}

function loginProblems(settings: Settings): SettingProblem[] {
  const { api_username, api_password, personal_access_token, oauth_token } = settings
  if (api_username !== undefined && api_password === undefined)
    return [{ setting: 'api_password', problem: 'is missing: api_username needs a password or an API token' }]
  if (api_username === undefined && api_password !== undefined)
    return [{ setting: 'api_username', problem: 'is missing: api_password needs the name of its account' }]
  const ways = [api_password, personal_access_token, oauth_token].filter((each) => each !== undefined).length
  const choice = 'api_username with api_password, personal_access_token, or oauth_token'
  if (ways === 0) return [{ setting: 'api_username', problem: `is missing: one way to log in is needed, ${choice}` }]
  if (ways > 1)
    return [{ setting: secretSetting(settings), problem: `is one way too many: keep only one of ${choice}` }]
  if (api_username?.includes(':'))
    return [{ setting: 'api_username', problem: 'must not hold a ":", which HTTP cannot carry in a user name' }]
  if (/[^\x21-\x7e]/.test(personal_access_token ?? oauth_token ?? ''))
    return [{ setting: secretSetting(settings), problem: 'holds a space or a character that no token has' }]
  if (
    oauth_token !== undefined &&
    isCloud(settings) &&
    !apiBase(settings).startsWith('https://api.atlassian.com/ex/jira/')
  )
    return [
      { setting: 'api_base_url', problem: 'must be https://api.atlassian.com/ex/jira/<cloud id> with oauth_token' },
    ]
  return []
}

function filterProblems({ filter_id, estimate_field }: Settings): SettingProblem[] {
  if (filter_id !== undefined && filterOf(filter_id) === null)
    return [{ setting: 'filter_id', problem: 'is no number of a filter; take it from its address, ?filter=10000' }]
  if (filter_id === undefined && estimate_field !== undefined)
    return [{ setting: 'filter_id', problem: 'is missing: estimate_field is of use only with the tickets of a filter' }]
  return []
}

function goalProblems(state: string, goal: Goal | null): SettingProblem[] {
  if (goal === null || goal.transition !== undefined || goal.status !== undefined || goal.category !== undefined)
    return []
  return [{ setting: `states.${state}`, problem: 'names no transition, no status and no category; null does nothing' }]
}
