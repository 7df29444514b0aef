import {
  type Bug,
  BugzillaFault,
  type Comment,
  listOf,
  type Params,
  type Product,
  type User,
  type VersionName,
  versions,
} from './bugzilla-records.ts'
import { createSearch } from './bugzilla-search.ts'

/** What a Bugzilla knows and does, whatever way it is asked; the codes and texts are the recorded ones. */

export interface BugzillaCore {
  readonly version: VersionName
  readonly users: User[]
  readonly bugs: Map<number, Bug>
  readonly cookies: Map<string, User>
  readonly zone: number
  isAtLeast(version: VersionName): boolean
  has(method: string): boolean
  say(bug: number, comment: { author: string; text: string; isPrivate?: boolean; time?: Date }): Comment
  byPassword(login: string, password: string): User
  /** The same, and the login is kept, as it is after each one with a password. @returns what it is known by */
  logIn(login: string, password: string): { readonly user: User; readonly cookie: string }
  byKey(key: string): User
  run(method: string, params: Params, user: User | null): unknown
}

const order = Object.keys(versions)

const since: Readonly<Record<string, VersionName>> = {
  'Bugzilla.version': '3.4',
  'Bugzilla.time': '3.4',
  'Bugzilla.timezone': '3.4',
  'Product.get': '3.4',
  'Product.get_accessible_products': '3.4',
  'Bug.search': '3.4',
  'Bug.legal_values': '3.4',
  'Bugzilla.parameters': '4.4',
  'User.login': '3.4',
  'User.logout': '3.4',
  'User.get': '3.4',
  'User.valid_login': '5.0',
  'User.whoami': '5.3',
  'Bug.comments': '3.4',
  'Bug.add_comment': '3.4',
  'Bug.fields': '3.6',
  'Bug.update': '4.0',
}

/** The default workflow since 4.0, and which statuses are open. */
const workflow: Readonly<Record<string, readonly string[]>> = {
  UNCONFIRMED: ['CONFIRMED', 'IN_PROGRESS', 'RESOLVED'],
  CONFIRMED: ['IN_PROGRESS', 'RESOLVED'],
  IN_PROGRESS: ['CONFIRMED', 'RESOLVED'],
  RESOLVED: ['UNCONFIRMED', 'CONFIRMED', 'VERIFIED'],
  VERIFIED: ['UNCONFIRMED', 'CONFIRMED'],
}
const isOpen = (status: string): boolean => !['RESOLVED', 'VERIFIED', 'CLOSED'].includes(status)
/** The statuses before 4.0. */
const oldStatuses = ['UNCONFIRMED', 'NEW', 'ASSIGNED', 'REOPENED', 'RESOLVED', 'VERIFIED', 'CLOSED']
const resolutions = ['', 'FIXED', 'INVALID', 'WONTFIX', 'DUPLICATE', 'WORKSFORME']

const LOCKED_MS = 30 * 60 * 1000

export function createBugzillaCore(options: {
  version: VersionName
  users: readonly User[]
  bugs: readonly Bug[]
  insiderGroup: string
  zone: number
  products: readonly Product[]
  statuses: readonly string[] | null
  maxSearchResults: number
  allowsNoCriteria: boolean
  ruleOfItsOwn: string | null
  isThreeBytes: boolean
  longestComment: number
  now: () => Date
}): BugzillaCore {
  const { now, version, insiderGroup, zone, products } = options
  const users = structuredClone([...options.users])
  const bugs = new Map(structuredClone([...options.bugs]).map((each) => [each.id, each]))
  const failures = new Map<string, number[]>()
  let logins = 0
  let lastComment = [...bugs.values()].reduce((sum, { comments }) => sum + comments.length, 0)

  const isAtLeast = (other: VersionName): boolean => order.indexOf(version) >= order.indexOf(other)
  const statuses = options.statuses ?? (isAtLeast('4.0') ? Object.keys(workflow) : oldStatuses)
  const isInsider = (user: User | null): boolean =>
    insiderGroup !== '' && (user?.groups.includes(insiderGroup) ?? false)

  function say(id: number, comment: { author: string; text: string; isPrivate?: boolean; time?: Date }): Comment {
    const bug = bugs.get(id)
    if (bug === undefined) throw new Error(`the stand-in has no bug ${id}`)
    lastComment += 1
    // Line ends, white space at the end, and what a three-byte utf8 table makes of an emoji, as recorded.
    const trimmed = comment.text.replaceAll('\r\n', '\n').trimEnd()
    const text = isAtLeast('5.0') ? trimmed : trimmed.replace(/[\u{10000}-\u{10ffff}]/gu, '????')
    const time = new Date(Math.floor((comment.time ?? now()).getTime() / 1000) * 1000)
    const said = { id: lastComment, author: comment.author, text, time, isPrivate: comment.isPrivate ?? false }
    bug.comments.push(said)
    return said
  }

  function byPassword(login: string, password: string): User {
    const lately = (failures.get(login) ?? []).filter((at) => at > now().getTime() - LOCKED_MS)
    if (isAtLeast('3.6') && lately.length >= 5)
      throw new BugzillaFault(
        32000,
        'Your IP (127.0.0.1) has been locked out of this account until 2026-11-24 00:10 UTC, as you have exceeded the maximum number of login attempts.',
      )
    const user = users.find((each) => each.login.toLowerCase() === login.toLowerCase())
    if (user === undefined || user.password !== password) {
      failures.set(login, [...lately, now().getTime()])
      const name = isAtLeast('5.0') ? 'login' : 'username'
      throw new BugzillaFault(300, `The ${name} or password you entered is not valid.`)
    }
    return allowed(user)
  }

  const cookies = new Map<string, User>()

  function logIn(login: string, password: string): { user: User; cookie: string } {
    const user = byPassword(login, password)
    logins += 1
    const cookie = `hiJLxY7B${logins}`
    cookies.set(cookie, user)
    return { user, cookie }
  }

  function allowed(user: User): User {
    if (user.disabled) throw new BugzillaFault(301, 'Your account has been disabled: ask the office.')
    if (user.mustChangePassword) throw new BugzillaFault(305, 'You must change your password before you go on.')
    return user
  }

  function byKey(key: string): User {
    const user = users.find(({ apiKeys }) => apiKeys.includes(key))
    if (user === undefined)
      throw new BugzillaFault(306, 'The API key you specified is invalid. Please check that you typed it correctly.')
    return allowed(user)
  }

  function visibleBug(given: unknown, user: User | null): Bug {
    const text = String(given).trim()
    if (!/^\d+$/.test(text)) throw new BugzillaFault(100, `'${text}' is not a valid bug number nor an alias to a bug.`)
    const bug = bugs.get(Number(text))
    if (bug === undefined) throw new BugzillaFault(101, `Bug #${text} does not exist.`)
    if (bug.visibleTo !== null && !bug.visibleTo.includes(user?.login ?? ''))
      throw new BugzillaFault(102, `You are not authorized to access bug #${text}.`)
    return bug
  }

  function loggedIn(user: User | null): User {
    if (user === null) throw new BugzillaFault(410, 'You must log in before using this part of Bugzilla.')
    return user
  }

  /** From 5.0 on MySQL keeps what it cannot store in a form of eleven characters, which counts before the length is looked at. */
  function lengthOf(text: string): number {
    const isWide = options.isThreeBytes && isAtLeast('5.0')
    return [...text].reduce((sum, each) => sum + (isWide && each.length === 2 ? 11 : 1), 0)
  }

  function checkComment(text: unknown, isPrivate: boolean, user: User): string {
    if (typeof text !== 'string' || text.trim() === '')
      throw new BugzillaFault(50, 'The function requires a comment argument, and that argument was not set.')
    if (lengthOf(text) > options.longestComment)
      throw new BugzillaFault(isAtLeast('3.6') ? 114 : 32000, 'Comments cannot be longer than 65535 characters.')
    if (isPrivate && !isInsider(user))
      throw new BugzillaFault(113, 'Sorry, but you are not allowed to (un)mark comments or attachments as private.')
    return text
  }

  function addComment(params: Params, given: User | null): unknown {
    const user = loggedIn(given)
    const bug = visibleBug(params.id, user)
    const named = isAtLeast('3.6') ? (params.is_private ?? params.private) : params.private
    const isPrivate = named === true || named === 1 || named === 'true'
    const text = checkComment(params.comment, isPrivate, user)
    return { id: say(bug.id, { author: user.login, text, isPrivate }).id }
  }

  function update(params: Params, given: User | null): unknown {
    const user = loggedIn(given)
    const bug = visibleBug(listOf(params.ids)[0], user)
    const changes: Record<string, { removed: string; added: string }> = {}
    const status = params.status === undefined ? bug.status : String(params.status).toUpperCase()
    const resolution = params.resolution === undefined ? bug.resolution : String(params.resolution).toUpperCase()
    if (workflow[status] === undefined) throw new BugzillaFault(51, `There is no status named '${params.status}'.`)
    if (!resolutions.includes(resolution))
      throw new BugzillaFault(51, `There is no Resolution named '${params.resolution}'.`)
    const may = user.groups.includes('editbugs') || bug.reporter === user.login
    if (status !== bug.status && (!may || !workflow[bug.status]?.includes(status)))
      throw new BugzillaFault(123, `You are not allowed to change the bug status from ${bug.status} to ${status}.`)
    if (isOpen(status) && params.resolution !== undefined && resolution !== '')
      throw new BugzillaFault(122, 'You cannot set a resolution for open bugs.')
    if (!isOpen(status) && resolution === '')
      throw new BugzillaFault(121, `A valid resolution is required to mark bugs as ${status}.`)
    if (resolution === 'DUPLICATE')
      throw new BugzillaFault(119, 'You must specify a bug id to mark this bug as a duplicate of.')
    const comment = params.comment as { body?: unknown; is_private?: unknown } | string | undefined
    if (typeof comment === 'string')
      throw new BugzillaFault(
        100500,
        `Can't use string ("${comment}") as a HASH ref while "strict refs" in use at Bug.pm line 649.\n`,
      )
    const isPrivate = comment?.is_private === true || comment?.is_private === 1
    const text = comment === undefined ? null : checkComment(comment.body, isPrivate, user)
    // Rules without a code of their own: noresolveonopenblockers, musthavemilestoneonaccept, mandatory fields, extensions.
    if (status !== bug.status && options.ruleOfItsOwn !== null) throw new BugzillaFault(32000, options.ruleOfItsOwn)
    const set = { status, resolution: isOpen(status) ? '' : resolution }
    for (const field of ['status', 'resolution'] as const) {
      if (bug[field] === set[field]) continue
      changes[field] = { removed: bug[field], added: set[field] }
      bug[field] = set[field]
    }
    if (text !== null) say(bug.id, { author: user.login, text, isPrivate })
    return { bugs: [{ id: bug.id, alias: [], last_change_time: now(), changes }] }
  }

  function comments(params: Params, user: User | null): unknown {
    const from = params.new_since instanceof Date ? params.new_since.getTime() : Number.NEGATIVE_INFINITY
    const seen = listOf(params.ids).map((id): [number, unknown] => {
      const bug = visibleBug(id, user)
      const list = bug.comments
        .map((comment, count) => ({ comment, count }))
        .filter(({ comment }) => comment.time.getTime() > from && (!comment.isPrivate || isInsider(user)))
        .map(({ comment, count }) => wanted(commentHash(bug, comment, count), params))
      return [bug.id, { comments: list }]
    })
    return { bugs: Object.fromEntries(seen), comments: {} }
  }

  function commentHash(bug: Bug, { id, text, time, author, isPrivate }: Comment, count: number) {
    return {
      id,
      bug_id: bug.id,
      text,
      time,
      is_private: isPrivate,
      ...(isAtLeast('5.0') ? {} : { author }),
      ...(isAtLeast('4.4') ? { creator: author, creation_time: time } : {}),
      ...(isAtLeast('4.0') ? { count } : {}),
      ...(isAtLeast('5.0') ? { tags: [] } : {}),
    }
  }

  function wanted(hash: Record<string, unknown>, params: Params): Record<string, unknown> {
    const fields = params.include_fields
    if (!Array.isArray(fields)) return hash
    return Object.fromEntries(Object.entries(hash).filter(([name]) => fields.includes(name)))
  }

  function fields(params: Params): unknown {
    const [name] = listOf(params.names)
    if (name === 'resolution')
      return {
        fields: [{ name, values: resolutions.map((value) => ({ name: value, sort_key: 0, visibility_values: [] })) }],
      }
    if (name !== 'bug_status') throw new BugzillaFault(51, `There is no field named '${name}'.`)
    const start = { name: null, is_open: true, can_change_to: ['UNCONFIRMED', 'CONFIRMED', 'IN_PROGRESS'].map(target) }
    const values = statuses.map((status) => ({
      name: status,
      is_open: isOpen(status),
      can_change_to: (workflow[status] ?? []).map(target),
    }))
    return { fields: [{ name, values: [start, ...values] }] }
  }

  const target = (name: string) => ({ name, comment_required: false })

  function getUser(params: Params, user: User | null): unknown {
    if (params.match !== undefined && user === null)
      throw new BugzillaFault(505, "You must log in to use the 'match' argument.")
    const names = [...listOf(params.names), ...listOf(params.match)].map((each) => String(each).toLowerCase())
    const found = names.map((name) => {
      const one = users.find(({ login }) => login.toLowerCase() === name)
      if (one === undefined) throw new BugzillaFault(51, `There is no user named '${name}'.`)
      if (one.hidden === true && one !== user)
        throw new BugzillaFault(304, `Sorry, you are not authorized to access the user '${name}'.`)
      return one
    })
    return { users: found.map((each) => wanted(userHash(each, user), params)) }
  }

  function userHash(found: User, user: User | null): Record<string, unknown> {
    const groups =
      found === user ? found.groups.map((each, index) => ({ id: index + 10, name: each, description: each })) : []
    return {
      id: found.id,
      name: found.login,
      real_name: found.realName ?? '',
      ...(isAtLeast('4.4') && user !== null ? { groups } : {}),
    }
  }

  function parameters(params: Params, user: User | null): unknown {
    const all = { maintainer: 'admin@relay.test', requirelogin: '0', ...(user === null ? {} : { use_see_also: '1' }) }
    const shown = user?.groups.includes('tweakparams') ? { ...all, insidergroup: insiderGroup } : all
    return { parameters: wanted(shown, params) }
  }

  function whoAmI(given: User | null): unknown {
    const user = loggedIn(given)
    const self = { id: user.id, real_name: '', name: user.login }
    return version === 'harmony' ? { ...self, nick: 'relay', mfa_status: false, groups: user.groups } : self
  }

  const canSee = (visibleTo: readonly string[] | null, user: User | null): boolean =>
    visibleTo === null || visibleTo.includes(user?.login ?? '')
  const search = createSearch({
    version,
    isAtLeast,
    bugs,
    users,
    statuses,
    products,
    maxSearchResults: options.maxSearchResults,
    allowsNoCriteria: options.allowsNoCriteria,
  })

  function getProduct(params: Params, user: User | null): unknown {
    const names = isAtLeast('4.4') ? listOf(params.names).map((each) => String(each).toLowerCase()) : []
    const ids = listOf(params.ids).map(Number)
    if (params.ids === undefined && (params.names === undefined || !isAtLeast('4.4')))
      throw new BugzillaFault(50, 'The function Product.get requires that you set one of the following parameters: ids')
    const found = products.filter(
      ({ id, name, visibleTo }) => (names.includes(name.toLowerCase()) || ids.includes(id)) && canSee(visibleTo, user),
    )
    return {
      products: found.map(({ id, name, components }) => {
        const hash = { id, name, description: `all of ${name}` }
        if (!isAtLeast('4.4')) return { ...hash, internals: { id, name, isactive: 1 } }
        return wanted({ ...hash, components: components.map((each, at) => ({ id: at + 1, name: each })) }, params)
      }),
    }
  }

  function legalValues(params: Params, user: User | null): unknown {
    if (params.field === 'bug_status' || params.field === 'status') return { values: statuses }
    if (params.field !== 'component') throw new BugzillaFault(108, `There is no field named '${String(params.field)}'.`)
    const product = products.find(({ id, visibleTo }) => id === Number(params.product_id) && canSee(visibleTo, user))
    if (product === undefined) throw new BugzillaFault(106, 'You are not allowed to access the product.')
    return { values: product.components }
  }

  function timezone(): unknown {
    const hours = String(Math.abs(version === '3.4' ? zone : 0)).padStart(2, '0')
    return { timezone: `${zone < 0 ? '-' : '+'}${hours}00` }
  }

  function run(method: string, params: Params, user: User | null): unknown {
    if (method === 'Bugzilla.version') return { version: versions[version] }
    if (method === 'Bugzilla.time') return { db_time: now(), web_time: now() }
    if (method === 'Bugzilla.timezone') return timezone()
    if (method === 'Bug.search') return { bugs: search(params, user) }
    if (method === 'Bug.legal_values') return legalValues(params, user)
    if (method === 'Product.get') return getProduct(params, user)
    if (method === 'Product.get_accessible_products')
      return { ids: products.filter(({ visibleTo }) => canSee(visibleTo, user)).map(({ id }) => id) }
    if (method === 'Bugzilla.parameters') return parameters(params, user)
    if (method === 'User.get') return getUser(params, user)
    if (method === 'User.valid_login') return user !== null && user.login === params.login
    if (method === 'User.whoami') return whoAmI(user)
    if (method === 'Bug.comments') return comments(params, user)
    if (method === 'Bug.add_comment') return addComment(params, user)
    if (method === 'Bug.update') return update(params, user)
    if (method === 'Bug.fields') return fields(params)
    throw new Error(`the stand-in cannot run ${method}`)
  }

  return {
    version,
    users,
    bugs,
    cookies,
    logIn,
    zone: version === '3.4' ? zone : 0,
    isAtLeast,
    has: (method) => since[method] !== undefined && isAtLeast(since[method]),
    say,
    byPassword,
    byKey,
    run,
  }
}
