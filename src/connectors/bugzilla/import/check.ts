import type { Finding } from '../../contract/connector.ts'
import { findingOf } from '../../kit/setting-error.ts'
import { type Settings, USUAL_EXCLUSIONS } from '../settings.ts'
import { LoginRefused } from '../wire/login-refused.ts'
import type { Bugzilla } from '../wire/open.ts'
import { atLeast } from '../wire/version.ts'
import { proveCookies, searchBugs } from './api.ts'
import { PAGE_SIZE } from './pages.ts'
import { excludedStatuses, provePlace, wantedBugs } from './wanted.ts'

/** @throws {LoginRefused} */
export async function importFindings(settings: Settings, bugzilla: Bugzilla): Promise<Finding[]> {
  try {
    // Later versions refuse a wrong login, which has been tested by now.
    if (!atLeast(bugzilla.version, 3, 6)) await proveCookies(bugzilla, settings.username ?? '')
    await provePlace(bugzilla, settings)
    const { criteria, statuses } = await wantedBugs(bugzilla, settings)
    const unknown = statuses === null ? [] : unknownStatuses(settings, statuses)
    if (criteria === null) return [...unknown, nothingLeft(statuses ?? [])]
    const order = atLeast(bugzilla.version, 5, 0) ? { order: 'bug_id' } : {}
    const some = await searchBugs(bugzilla, { ...criteria, limit: PAGE_SIZE, ...order }, { fields: ['id'] })
    return [...unknown, { level: 'ok', setting: null, message: `the import shows ${countOf(some.length)}` }]
  } catch (error) {
    if (error instanceof LoginRefused) throw error
    return [findingOf(error)]
  }
}

function countOf(found: number): string {
  if (found === 0) return 'no bug at the moment'
  if (found >= PAGE_SIZE) return `${PAGE_SIZE} bugs or more`
  return found === 1 ? '1 bug' : `${found} bugs`
}

function unknownStatuses(settings: Settings, statuses: readonly string[]): Finding[] {
  const known = new Set([...statuses, ...USUAL_EXCLUSIONS].map((each) => each.toLowerCase()))
  const unknown = [...excludedStatuses(settings)].filter((each) => !known.has(each))
  if (unknown.length === 0) return []
  const message = `Bugzilla has no status ${unknown.join(', ').toUpperCase()}; it has ${statuses.join(', ')}`
  return [{ level: 'warning', setting: 'excluded_statuses', message }]
}

function nothingLeft(statuses: readonly string[]): Finding {
  const message = `excludes every status, so that no bug can be imported: Bugzilla has only ${statuses.join(', ')}`
  return { level: 'warning', setting: 'excluded_statuses', message }
}
