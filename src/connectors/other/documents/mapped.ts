import { ExpressionError, type Find } from '../../../expressions/expression.ts'
import { settingError } from '../../kit/setting-error.ts'
import type { Mapping } from '../source.ts'
import { type Blame, PARTS, type Part, type ReadTicket, storyOf } from '../ticket-parts.ts'
import type { TimeReader } from '../times.ts'
import { compiled } from './compiled.ts'

/** Where programs put their lists. */
const DEEPEST_LIST = 5

interface MappedPage {
  readonly stories: AsyncGenerator<ReadTicket>
  readonly next: string | null
  /** There is no ticket, not even one that an expression has left out. */
  readonly isEmpty: boolean
}

/**
 * @param names known to every expression, as $url and $page
 * @throws {DeliveryError} also from `stories`
 */
export async function mapped(
  value: unknown,
  mapping: Mapping,
  names: Readonly<Record<string, unknown>>,
  times: TimeReader,
): Promise<MappedPage> {
  const items = await list(value, mapping.items, names)
  const isEmpty = items.length === 0 && (isPath(mapping.items) || !hasList(value))
  return { isEmpty, stories: storiesOf(items, mapping, names, times), next: await nextOf(value, mapping.next, names) }
}

/** Where it leads is all that there is; other expressions may leave out tickets. */
function isPath(items: string | undefined): boolean {
  return items === undefined || items.startsWith('/') || /^\[?[\w.$`]+\]?$/.test(items)
}

function hasList(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > DEEPEST_LIST) return false
  if (Array.isArray(value)) return value.length > 0
  return Object.values(value).some((each) => hasList(each, depth + 1))
}

async function list(value: unknown, items: string | undefined, names: Readonly<Record<string, unknown>>) {
  const setting = 'source.items'
  const found = items === undefined ? value : await apply(setting, compiled(items), value, names)
  if (Array.isArray(found)) return found as readonly unknown[]
  // JSONata does not wrap a single result in a list.
  if (items !== undefined && typeof found === 'object' && found !== null) return [found]
  if (items === undefined)
    throw settingError(setting, `the document is not a list of tickets: set ${setting} to where the list is`)
  const what = found === undefined || found === null ? 'nothing' : 'something that is not a list'
  const help = 'check it, and what the program answers; write an expression that may find no ticket in brackets, [...]'
  throw settingError(setting, `${setting} finds ${what}: ${help}`)
}

async function* storiesOf(
  items: readonly unknown[],
  mapping: Mapping,
  names: Readonly<Record<string, unknown>>,
  times: TimeReader,
): AsyncGenerator<ReadTicket> {
  const finds = PARTS.map((part) => [part, compiled(mapping.fields[part] ?? `/${part}`)] as const)
  const time = compiled(mapping.fields.created_at ?? '/created_at')
  const timeOf = (item: unknown): Promise<unknown> => apply('source.fields.created_at', time, item, names)
  let isColumnRead = false
  let number = 0
  for (const item of items) {
    number += 1
    const parts: { [part in Part]?: unknown } = {}
    for (const [part, find] of finds) parts[part] = await apply(`source.fields.${part}`, find, item, names)
    if (!isColumnRead && times.read(parts.created_at) === 'ambiguous') {
      for (const each of items) times.learn(await timeOf(each))
      isColumnRead = true
    }
    yield storyOf(parts, number, blame, times)
  }
}

const blame: Blame = (part, problem) => {
  const setting = `source.fields.${part}`
  return settingError(setting, `${problem}: check ${setting}`)
}

async function nextOf(value: unknown, next: string | undefined, names: Readonly<Record<string, unknown>>) {
  const setting = 'source.next'
  const found = next === undefined ? null : await apply(setting, compiled(next), value, names)
  if (found === undefined || found === null || found === '' || found === false) return null
  if (typeof found === 'string') return found
  throw settingError(setting, `${setting} finds something that is not a URL: check it`)
}

async function apply(setting: string, find: Find, value: unknown, names: Readonly<Record<string, unknown>>) {
  try {
    return await find(value, names)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw settingError(setting, `${setting} ${error.message}`, { cause: error })
  }
}
