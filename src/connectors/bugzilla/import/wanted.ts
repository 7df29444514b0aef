import { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { fieldValues } from '../api.ts'
import type { Settings } from '../settings.ts'
import type { Bugzilla } from '../wire/open.ts'
import { atLeast } from '../wire/version.ts'
import type { Struct } from '../wire/xml-rpc-values.ts'
import { legalValues, productNamed } from './api.ts'
import { isAnyBug } from './pages.ts'

export interface Wanted {
  /** Null if every status is excluded. */
  readonly criteria: Struct | null
  /** The server's own statuses; null if they were not needed. */
  readonly statuses: readonly string[] | null
  isShown(status: string): boolean
}

/** In lower case; a text may list several, as in Tracker's form. */
export function excludedStatuses({ excluded_statuses }: Pick<Settings, 'excluded_statuses'>): ReadonlySet<string> {
  const names = excluded_statuses.flatMap((each) => each.split(',')).map((each) => each.trim().toLowerCase())
  return new Set(names.filter((each) => each !== ''))
}

/**
 * Bugzilla up to 4.4 can only be asked for statuses, not for all but some, and later versions ignore unknown statuses: with
 * none left they return all bugs. So the search names the server's own statuses without the excluded ones, and never
 * an empty list.
 */
export async function wantedBugs(bugzilla: Bugzilla, settings: Settings): Promise<Wanted> {
  const excluded = excludedStatuses(settings)
  const isShown = (status: string): boolean => !excluded.has(status.trim().toLowerCase())
  const place = placeOf(settings)
  // A search without any criterion is refused if search_allow_no_criteria is off.
  if (excluded.size === 0 && Object.keys(place).length > 0) return { criteria: place, statuses: null, isShown }
  const statuses = await legalStatuses(bugzilla)
  const status = statuses.filter(isShown)
  return { criteria: status.length === 0 ? null : { ...place, status }, statuses, isShown }
}

/** Bugzilla would ignore an empty name, so it is left out. */
export function placeOf({
  product,
  component,
}: Pick<Settings, 'product' | 'component'>): Readonly<Record<string, string>> {
  const given = Object.entries({ product: product?.trim() ?? '', component: component?.trim() ?? '' })
  return Object.fromEntries(given.filter(([, name]) => name !== ''))
}

async function legalStatuses(bugzilla: Bugzilla): Promise<readonly string[]> {
  if (!atLeast(bugzilla.version, 3, 6)) return await legalValues(bugzilla, { field: 'bug_status' })
  return (await fieldValues(bugzilla, 'bug_status')).map(({ name }) => name)
}

/**
 * Tells an empty product from a missing one: a search for either finds nothing.
 * @throws {DeliveryError} if the account cannot see such a product or component
 */
export async function provePlace(bugzilla: Bugzilla, settings: Settings): Promise<void> {
  const { product, component } = placeOf(settings)
  if (product === undefined) {
    if (component !== undefined) await proveComponentAnywhere(bugzilla, component)
    return
  }
  const found = await productNamed(bugzilla, product)
  if (found === null)
    throw settingError(
      'product',
      `Bugzilla has no product "${product}" that the account may see; spell product as Bugzilla does, or give the account access`,
    )
  if (component === undefined) return
  const components =
    found.components ?? (await legalValues(bugzilla, { field: 'component', product_id: found.id }).catch(hidden))
  if (components.some((each) => each.toLowerCase() === component.toLowerCase())) return
  throw settingError(
    'component',
    `Bugzilla's product "${found.name}" has no component "${component}"; it has ${components.join(', ').slice(0, 400) || 'none'}`,
  )
}

/** Without a product, a component can only be found by its bugs. */
async function proveComponentAnywhere(bugzilla: Bugzilla, component: string): Promise<void> {
  if (await isAnyBug(bugzilla, { component })) return
  throw settingError(
    'component',
    `Bugzilla has no bug in a component "${component}" that the account may see; spell component as Bugzilla does, or set product too`,
  )
}

function hidden(error: unknown): never {
  if (!(error instanceof DeliveryError) || error.verdict !== 'dead') throw error
  throw settingError('product', 'Bugzilla does not tell the components of the product; give the account access to it')
}
