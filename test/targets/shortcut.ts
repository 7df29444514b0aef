import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * Shortcut's REST API v3, as far as it tells of stories and their histories: a wrong token, a body that is not as its schema
 * (github.com/useshortcut/shortcut-client-js, src/generated/data-contracts.ts) and too many requests are refused. A search
 * finds 1000 stories at most; a history tells only of what the schema's HistoryChangesStory has.
 */

export const TOKEN = 'a-token-of-shortcut'
const MOST_FOUND = 1000
const MOST_ASKED = 200
const MINUTE_MS = 60_000

type Node = Readonly<Record<string, unknown>>

/** Of SearchStories, as far as they are times. */
const TIMES = ['updated_at_start', 'updated_at_end', 'created_at_start', 'created_at_end']
const CHANGES = new Set(
  `description archived started task_ids mention_ids story_type name completed blocker epic_id branch_ids commit_ids
  requested_by_id iteration_id label_ids group_id workflow_state_id object_story_link_ids follower_ids owner_ids
  custom_field_value_ids estimate subject_story_link_ids blocked project_id deadline`.split(/\s+/),
)

export interface ShortcutStandIn extends StandIn {
  /** Puts a story in, or in the place of the one with its id. */
  story(slim: Node & { readonly id: number; readonly updated_at: string }): void
  /** What a hook tells of a story, also becomes its history: with an id of its own, unless it is to be that of the hook. */
  happened(storyId: number, event: Node, options?: { readonly sameId?: boolean }): void
  remove(storyId: number): void
  asked(path: RegExp): number
}

export async function startShortcut({ now = Date.now }: { now?: () => number } = {}): Promise<ShortcutStandIn> {
  const stories = new Map<number, Node>()
  const histories = new Map<number, Node[]>()
  let times: number[] = []
  let made = 0

  const json = (status: number, value: unknown): Answer => ({
    ...{ status, headers: { 'content-type': 'application/json; charset=utf-8' } },
    body: JSON.stringify(value),
  })

  function handle(request: Recorded): Answer {
    const { method, path, headers } = request
    times = [...times.filter((at) => at > now() - MINUTE_MS), now()]
    if (times.length > MOST_ASKED) return json(429, { message: 'Too many requests' })
    if (headers['shortcut-token'] !== TOKEN)
      return json(401, { message: 'Unauthorized', tag: 'organization2_not_found' })
    if (method === 'GET' && (path === '/api/v3/members' || path === '/api/v3/workflows')) return json(200, [])
    if (method === 'POST' && path === '/api/v3/stories/search') return search(request)
    const [, id] = /^\/api\/v3\/stories\/(\d+)\/history$/.exec(path) ?? []
    if (method !== 'GET' || id === undefined || !stories.has(Number(id)))
      return json(404, { message: 'Resource not found.' })
    return json(200, histories.get(Number(id)) ?? [])
  }

  function search({ headers, body }: Recorded): Answer {
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return json(415, { message: 'Unsupported Media Type' })
    const asked = JSON.parse(body.toString()) as Node
    const wrong = Object.entries(asked).filter(
      ([name, value]) => !TIMES.includes(name) || typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT.*Z$/.test(value),
    )
    if (wrong.length > 0)
      return json(400, {
        message: 'The request included invalid or missing parameters.',
        errors: Object.fromEntries(wrong.map(([name]) => [name, 'disallowed-key'])),
      })
    const time = (name: string, other: number): number =>
      typeof asked[name] === 'string' ? Date.parse(asked[name]) : other
    const isWithin = (name: string, value: unknown): boolean => {
      if (asked[`${name}_start`] === undefined && asked[`${name}_end`] === undefined) return true
      const at = Date.parse(String(value))
      return at > time(`${name}_start`, 0) && at < time(`${name}_end`, Number.POSITIVE_INFINITY)
    }
    const found = [...stories.values()].filter(
      ({ updated_at, created_at }) => isWithin('updated_at', updated_at) && isWithin('created_at', created_at),
    )
    return json(201, found.slice(0, MOST_FOUND))
  }

  const standIn = await startStandIn(handle)
  return {
    ...standIn,
    story: (slim) => void stories.set(slim.id, slim),
    remove: (storyId) => void stories.delete(storyId),
    happened(storyId, event, { sameId = false } = {}) {
      const actions = (event.actions as Node[]).map((action) => {
        const { story_id: _, external_links: __, changes, ...more } = action
        if (changes === undefined) return more
        const kept = Object.entries(changes as Node).filter(([name]) => CHANGES.has(name))
        return { ...more, changes: Object.fromEntries(kept) }
      })
      made += 1
      const id = sameId ? event.id : `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`
      const changed_at = toSecond(String(event.changed_at))
      histories.set(storyId, [...(histories.get(storyId) ?? []), { ...event, id, changed_at, actions }])
    },
    asked: (path) => standIn.requests.filter((request) => path.test(request.path)).length,
  }
}

/** As Shortcut writes times of stories. */
export function toSecond(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
