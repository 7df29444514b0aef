import type { Finding } from '../../contract/connector.ts'
import { ok } from '../../kit/finding.ts'
import { findingOf } from '../../kit/setting-error.ts'
import { type Settings, USUAL_EXCLUSIONS } from '../settings.ts'
import { LoginRefused } from '../wire/login-refused.ts'
import type { Bugzilla } from '../wire/open.ts'
import { PAGE_SIZE, pagesOf, type ReadPage } from './pages.ts'
import { excludedStatuses, provePlace, type Wanted, wantedBugs } from './wanted.ts'

const MOST_PAGES = 3

/** @throws {LoginRefused} */
export async function importFindings(settings: Settings, bugzilla: Bugzilla): Promise<Finding[]> {
  try {
    await provePlace(bugzilla, settings)
    const { criteria, statuses, isShown } = await wantedBugs(bugzilla, settings)
    const unknown = statuses === null ? [] : unknownStatuses(settings, statuses)
    if (criteria === null) return [...unknown, nothingLeft(statuses ?? [])]
    return [...unknown, ok(null, await shownBy(await pagesOf(bugzilla, criteria), isShown))]
  } catch (error) {
    if (error instanceof LoginRefused) throw error
    return [findingOf(error)]
  }
}

/** Counts as the import does, but not for long. Where hidden bugs make pages empty, it may see none of those to come. */
async function shownBy(readPage: ReadPage, isShown: Wanted['isShown']): Promise<string> {
  let found = 0
  for (let number = 0; number < MOST_PAGES; number += 1) {
    const { bugs, isLast } = await readPage(number)
    found += bugs.filter(({ status }) => isShown(status)).length
    if (isLast) return found === 0 ? 'the import shows no bug at the moment' : `the import shows ${count(found)}`
    if (found >= PAGE_SIZE) break
  }
  return found === 0 ? 'the import can be read' : `the import shows at least ${count(found)}`
}

const count = (found: number): string => (found === 1 ? '1 bug' : `${found} bugs`)

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
