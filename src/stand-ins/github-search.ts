/** What is looked at of an issue. */
export interface Searched {
  readonly repositoryId: number
  readonly number: number
  readonly state: 'open' | 'closed'
  readonly title: string
  readonly body: string | null
  readonly labels: readonly string[]
  readonly milestone: string | null
  readonly createdAt: string
  readonly isPullRequest: boolean
  readonly isDeleted: boolean
  readonly transferredTo: object | null
}

interface Repository {
  readonly id: number
  readonly name: string
}

/** Qualifiers and words; a value with blanks stands in quotation marks. */
const PART = /(-?)([a-z]+):("[^"]*"|\S+)|("[^"]*"|\S+)/g

/**
 * What GitHub's search of issues finds, as far as this knows its qualifiers, oldest first.
 * @returns a text if the search cannot be made (docs.github.com/rest/search)
 */
export function findIssues<I extends Searched>(
  query: string,
  issues: readonly I[],
  visible: readonly Repository[],
): I[] | string {
  if (query.trim() === '') return 'The search is blank'
  if (query.length > 4096) return 'The search is longer than 4096 characters.'
  const tests: ((issue: Searched) => boolean)[] = [
    ({ isDeleted, transferredTo }) => !isDeleted && transferredTo === null,
  ]
  let isOfOneKind = false
  for (const [, not = '', name, given = '', word] of query.matchAll(PART)) {
    if (name === undefined) {
      const text = bare(word ?? '')
      tests.push(({ title, body }) => `${title} ${body ?? ''}`.toLowerCase().includes(text))
      continue
    }
    const value = bare(given)
    if (name === 'is' && /^(issue|pr)$/.test(value)) isOfOneKind = true
    const test = name === 'repo' ? inRepository(value, visible) : testOf(name, value)
    if (test === null) return SEARCHED_NOWHERE
    tests.push((issue) => test(issue) !== (not === '-'))
  }
  if (!isOfOneKind) return "Query must include 'is:issue' or 'is:pull-request'"
  return issues
    .filter((issue) => tests.every((test) => test(issue)))
    .sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || one.number - other.number)
}

const SEARCHED_NOWHERE =
  'The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.'

function inRepository(name: string, visible: readonly Repository[]): ((issue: Searched) => boolean) | null {
  const repository = visible.find((each) => each.name.toLowerCase() === name)
  return repository === undefined ? null : ({ repositoryId }) => repositoryId === repository.id
}

function testOf(name: string, value: string): (issue: Searched) => boolean {
  switch (`${name}:${value}`) {
    case 'is:issue':
      return ({ isPullRequest }) => !isPullRequest
    case 'is:open':
    case 'state:open':
      return ({ state }) => state === 'open'
    case 'is:closed':
    case 'state:closed':
      return ({ state }) => state === 'closed'
  }
  if (name === 'label') return ({ labels }) => labels.some((each) => each.toLowerCase() === value)
  if (name === 'milestone') return ({ milestone }) => milestone?.toLowerCase() === value
  throw new Error(`the stand-in does not know ${name}:${value}`)
}

const bare = (text: string): string => text.replace(/^"|"$/g, '').toLowerCase()
