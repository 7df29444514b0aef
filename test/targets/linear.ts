import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * Linear's GraphQL API, as far as it tells of issues and comments: fields that are not in its schema, pages that are too
 * long, queries that are too complex and wrong keys are refused in its words. Lists have the newest first.
 */

export const KEY = 'lin_api_0123456789'

type Node = Readonly<Record<string, unknown>>

/** Of Linear's schema: the type of each field, null for a scalar. */
const SCHEMA: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  Issue: {
    ...scalars('id identifier number title description url createdAt updatedAt startedAt completedAt canceledAt'),
    ...scalars('estimate priority dueDate trashed'),
    ...{ team: 'Team', state: 'WorkflowState', assignee: 'User', creator: 'User', labels: 'IssueLabelConnection' },
    ...{ attachments: 'AttachmentConnection', history: 'IssueHistoryConnection' },
  },
  Comment: {
    ...scalars('id body url createdAt updatedAt editedAt'),
    ...{ user: 'User', externalUser: 'User', botActor: 'ActorBot', issue: 'Issue' },
  },
  IssueHistory: {
    ...scalars('id createdAt updatedAt'),
    ...{ fromState: 'WorkflowState', toState: 'WorkflowState', actor: 'User', botActor: 'ActorBot' },
  },
  WorkflowState: { ...scalars('id name type'), team: 'Team' },
  Team: scalars('id key name'),
  User: scalars('id name'),
  ActorBot: scalars('id name'),
  IssueLabel: scalars('id name'),
  Attachment: { ...scalars('id url title createdAt updatedAt'), creator: 'User' },
  PageInfo: scalars('hasNextPage hasPreviousPage startCursor endCursor'),
}
const MOST_POINTS = 10_000
const MOST_NODES = 250

export interface LinearStandIn extends StandIn {
  /** Puts it in, or in the place of the one with its id. */
  issue(node: Node): void
  comment(node: Node): void
  asked(list: 'issues' | 'comments'): number
}

function scalars(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]))
}

interface Selected {
  readonly name: string
  readonly args: string
  readonly fields: readonly Selected[]
}

class GraphQlError extends Error {}

export async function startLinear(): Promise<LinearStandIn> {
  const lists: Record<string, Map<string, Node>> = { issues: new Map(), comments: new Map(), workflowStates: new Map() }

  function handle(request: Recorded): Answer {
    const json = (status: number, value: object): Answer => ({
      ...{ status, headers: { 'content-type': 'application/json' } },
      body: JSON.stringify(value),
    })
    if (request.method !== 'POST' || request.path !== '/graphql') return json(404, {})
    if (request.headers.authorization !== KEY)
      return json(401, {
        errors: [
          { message: 'Authentication required, not authenticated', extensions: { code: 'AUTHENTICATION_ERROR' } },
        ],
      })
    try {
      return json(200, { data: answer(JSON.parse(request.body.toString())) })
    } catch (error) {
      if (!(error instanceof GraphQlError)) throw error
      return json(400, { errors: [{ message: error.message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
    }
  }

  function answer({ query, variables }: { query: string; variables: Node }): object {
    const [root] = parse(query.slice(query.indexOf('{')))
    if (root === undefined) throw new GraphQlError('Syntax Error')
    const type = { issues: 'Issue', comments: 'Comment', workflowStates: 'WorkflowState' }[root.name]
    if (type === undefined) throw new GraphQlError(`Cannot query field "${root.name}" on type "Query".`)
    const points = pointsOf(root, `${type}Connection`)
    if (points > MOST_POINTS) throw new GraphQlError(`Query too complex: ${points} points`)
    const found = [...(lists[root.name]?.values() ?? [])]
      .map((node): Node => ({ ...node, ...(type === 'Comment' ? { issue: asItIs(node.issue) } : {}) }))
      .filter((node) => matches(node, (variables.filter ?? {}) as Node))
      .sort((one, other) => (String(one.updatedAt) < String(other.updatedAt) ? 1 : -1))
    const { first, last } = lengthsOf(root)
    const at = (cursor: unknown): number => found.findIndex(({ id }) => id === cursor)
    let page = found
    if (last !== null) {
      const end = typeof variables.before === 'string' ? at(variables.before) : found.length
      page = found.slice(Math.max(0, end - last), end)
    } else if (first !== null) {
      const begin = typeof variables.after === 'string' ? at(variables.after) + 1 : 0
      page = found.slice(begin, begin + first)
    }
    const [newest, oldest] = [page[0], page.at(-1)]
    const pageInfo = {
      ...{ startCursor: newest?.id ?? null, endCursor: oldest?.id ?? null },
      hasPreviousPage: newest !== undefined && at(newest.id) > 0,
      hasNextPage: oldest !== undefined && at(oldest.id) < found.length - 1,
    }
    return { [root.name]: project({ nodes: page, pageInfo }, root.fields, `${type}Connection`) }
  }

  const asItIs = (issue: unknown): unknown => lists.issues?.get(String((issue as Node | undefined)?.id)) ?? issue

  const standIn = await startStandIn(handle)
  return {
    ...standIn,
    issue: (node) => void lists.issues?.set(String(node.id), node),
    comment: (node) => void lists.comments?.set(String(node.id), node),
    asked: (name) => standIn.requests.filter(({ body }) => body.toString().includes(`${name}(last`)).length,
  }
}

function lengthsOf({ args }: Selected): { first: number | null; last: number | null } {
  const number = (name: string): number | null => {
    const found = new RegExp(`\\b${name}: (\\d+)`).exec(args)
    return found === null ? null : Number(found[1])
  }
  const lengths = { first: number('first'), last: number('last') }
  if (lengths.first !== null && lengths.last !== null)
    throw new GraphQlError('Passing both first and last is not allowed')
  if (Math.max(lengths.first ?? 1, lengths.last ?? 1) > MOST_NODES)
    throw new GraphQlError(`Argument Validation Error: at most ${MOST_NODES}`)
  return lengths
}

/** A tenth of a point for a value, one for an object; a list counts what it may hold, 50 by default. */
function pointsOf(selected: Selected, type: string): number {
  const { first, last } = lengthsOf(selected)
  const times = type.endsWith('Connection') ? (first ?? last ?? 50) : 1
  const fields = selected.fields.reduce((sum, field) => {
    const next = typeIn(type, field.name)
    return sum + (next === null ? 0.1 : pointsOf(field, next))
  }, 0)
  return times * (1 + fields)
}

function typeIn(type: string, field: string): string | null {
  if (type.endsWith('Connection')) {
    if (field === 'nodes') return type.slice(0, -'Connection'.length)
    if (field === 'pageInfo') return 'PageInfo'
  }
  const found = SCHEMA[type]?.[field]
  if (found === undefined) throw new GraphQlError(`Cannot query field "${field}" on type "${type}".`)
  return found
}

function project(value: unknown, fields: readonly Selected[], type: string): unknown {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map((each) => project(each, fields, type))
  return Object.fromEntries(
    fields.map(({ name, fields: inner }) => {
      const next = typeIn(type, name)
      const one = (value as Node)[name]
      if (next === null) return [name, one ?? null]
      if (inner.length === 0) throw new GraphQlError(`Field "${name}" must have a selection of subfields.`)
      return [name, project(next.endsWith('Connection') ? { nodes: one ?? [] } : one, inner, next)]
    }),
  )
}

/** Of comparators as they are asked here. */
function matches(node: Node, filter: Node): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    const value = node[name]
    return Object.entries(wanted as Node).every(([how, to]) => {
      if (how === 'gte') return String(value) >= String(to)
      if (how === 'lte') return String(value) <= String(to)
      if (how === 'in') return (to as unknown[]).includes(value)
      return matches((value ?? {}) as Node, { [how]: to })
    })
  })
}

/** `{ name(args) { ... } }` */
function parse(text: string): Selected[] {
  const tokens = text.match(/\([^)]*\)|[{}]|[A-Za-z_]\w*|\S/g) ?? []
  let at = 0
  const selection = (): Selected[] => {
    if (tokens[at] !== '{') throw new GraphQlError('Syntax Error: Expected "{".')
    at += 1
    const fields: Selected[] = []
    while (tokens[at] !== '}') {
      const name = tokens[at]
      if (name === undefined || !/^\w+$/.test(name)) throw new GraphQlError('Syntax Error: Expected Name.')
      at += 1
      const args = tokens[at]?.startsWith('(') ? (tokens[at++] ?? '') : ''
      fields.push({ name, args, fields: tokens[at] === '{' ? selection() : [] })
    }
    at += 1
    return fields
  }
  return selection()
}
