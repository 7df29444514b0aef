import {
  type Bug,
  BugzillaFault,
  listOf,
  type Params,
  type Product,
  type User,
  type VersionName,
} from './bugzilla-records.ts'

/**
 * The stand-in's Bug.search: up to 4.4 a match in the table whose limit is taken before hidden bugs are left out, then
 * a search that overlooks what it does not know (Bugzilla/WebService/Bug.pm of 3.4, 3.6, 4.4, 5.0 and harmony; the
 * recorded answers of 3.6, 4.4, 5.0, 5.2 and 5.3).
 */
interface Parts {
  readonly version: VersionName
  readonly isAtLeast: (version: VersionName) => boolean
  readonly bugs: ReadonlyMap<number, Bug>
  readonly users: readonly User[]
  readonly statuses: readonly string[]
  readonly products: readonly Product[]
  readonly maxSearchResults: number
  readonly allowsNoCriteria: boolean
}

type Criterion = 'id' | 'product' | 'component' | 'status'
const criteria: readonly Criterion[] = ['id', 'product', 'component', 'status']

export function createSearch(parts: Parts): (params: Params, user: User | null) => unknown[] {
  const { version, isAtLeast, bugs, statuses, maxSearchResults } = parts
  const canSee = (bug: Bug, user: User | null): boolean =>
    bug.visibleTo === null || bug.visibleTo.includes(user?.login ?? '')

  function numberIn(params: Params, name: 'limit' | 'offset'): number | undefined {
    const given = params[name]
    if (given === undefined) return undefined
    if (!/^\d+$/.test(String(given)))
      throw new BugzillaFault(52, `Invalid parameter ${name} passed to Bugzilla::Search::new: It must be numeric.`)
    return Number(given)
  }

  /** What of the rows is taken; `undefined` for no limit. */
  function windowOf(params: Params): { readonly limit: number | undefined; readonly offset: number } {
    const limit = numberIn(params, 'limit')
    const offset = numberIn(params, 'offset')
    if (offset !== undefined && limit === undefined)
      throw new BugzillaFault(50, 'The function Bug.search() requires a limit argument, and that argument was not set.')
    if (!isAtLeast('4.4')) return { limit, offset: offset ?? 0 }
    if (limit === 0) return { limit: undefined, offset: 0 }
    return { limit: Math.min(limit ?? maxSearchResults, maxSearchResults), offset: offset ?? 0 }
  }

  function matches(bug: Bug, name: Criterion, values: readonly unknown[]): boolean {
    return values.some((value) => String(value).toLowerCase() === String(bug[name]).toLowerCase())
  }

  function taken(rows: readonly Bug[], { limit, offset }: ReturnType<typeof windowOf>): readonly Bug[] {
    return rows.slice(offset, limit === undefined ? undefined : offset + limit)
  }

  function match(params: Params, user: User | null): readonly Bug[] {
    const known = [...criteria, 'limit', 'offset', ...(isAtLeast('4.0') ? ['include_fields'] : [])]
    const unknown = Object.keys(params).find((name) => !known.includes(name) && !name.startsWith('Bugzilla_'))
    if (unknown !== undefined)
      throw new BugzillaFault(53, `${unknown} is not a valid parameter for the Bugzilla::Bug::match function.`)
    const rows = [...bugs.values()].filter((bug) =>
      criteria.every((name) => params[name] === undefined || matches(bug, name, listOf(params[name]))),
    )
    return taken(rows, windowOf(params)).filter((bug) => canSee(bug, user))
  }

  /** The values of a criterion that count; null for all. */
  function meant(name: Criterion, given: unknown): unknown[] | null {
    const values = listOf(given)
      .flatMap((each) => String(each).split(','))
      .filter((each) => each !== '')
    if (name !== 'status') return values.length === 0 ? null : values
    const known = values.filter((each) => statuses.some((status) => status.toLowerCase() === each.toLowerCase()))
    return known.length === 0 ? null : known
  }

  function find(params: Params, user: User | null): readonly Bug[] {
    const window = windowOf(params)
    if (!parts.allowsNoCriteria && criteria.every((name) => params[name] === undefined))
      throw new BugzillaFault(1000, 'You may not search, or create saved searches, without any search terms.')
    const rows = [...bugs.values()].filter(
      (bug) =>
        canSee(bug, user) &&
        criteria.every((name) => {
          const values = meant(name, params[name])
          return values === null || matches(bug, name, values)
        }),
    )
    if (params.order === 'bug_id') rows.sort((one, other) => one.id - other.id)
    return taken(rows, window)
  }

  function hash(bug: Bug, params: Params): Record<string, unknown> {
    const reporter = parts.users.find(({ login }) => login === bug.reporter)
    const minute = Math.floor(bug.createdAt.getTime() / 60_000) * 60_000
    const all: Record<string, unknown> = {
      id: bug.id,
      summary: bug.summary,
      status: bug.status,
      resolution: bug.resolution,
      product: bug.product,
      component: bug.component,
      severity: bug.severity,
      priority: '---',
      is_open: bug.resolution === '',
      creation_time: isAtLeast('5.0') ? bug.createdAt : new Date(minute),
      ...(isAtLeast('4.0') ? { creator: bug.reporter, cc: [], keywords: [], url: '', whiteboard: '' } : {}),
      ...(isAtLeast('5.0')
        ? {
            creator_detail: { id: reporter?.id ?? 0, name: bug.reporter, real_name: reporter?.realName ?? '' },
            dupe_of: null,
          }
        : {}),
    }
    if (!isAtLeast('4.0'))
      return {
        ...all,
        internals: { bug_id: bug.id, reporter_id: reporter?.id ?? 0, bug_status: bug.status, short_desc: bug.summary },
      }
    if (version === 'harmony') all.type = bug.type
    const fields = params.include_fields
    if (!Array.isArray(fields)) return all
    if (version === 'harmony') all.description = descriptionOf(bug)
    return Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)))
  }

  return (params, user) => (isAtLeast('5.0') ? find(params, user) : match(params, user)).map((bug) => hash(bug, params))
}

/** Empty for an account that may not see it; here none is in the insider group. */
function descriptionOf({ comments: [first] }: Bug): string {
  return first === undefined || first.isPrivate ? '' : first.text
}
