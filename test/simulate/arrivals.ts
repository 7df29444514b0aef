import { LINKED_THROUGH } from './casts.ts'
import type { Random } from './random.ts'
import { POISON, UNWELCOME } from './targets/target.ts'

/** An activity that Tracker sends at some time, perhaps more than once. */
export interface Arrival {
  readonly at: number
  readonly projectId: string
  readonly guid: string
  readonly body: string
  /** Tracker sends it again although it was accepted. */
  readonly isRepeated: boolean
}

const STATES = ['started', 'finished', 'delivered', 'rejected', 'accepted']
const PEOPLE = ['James Kirk', 'Nyota Uhura', 'Montgomery Scott']
/** Few, so that the same words come again and again. */
const SAYINGS = ['aye', 'on it', 'see the log', 'it holds', 'again & again <b>']

interface Story {
  readonly id: number
  readonly projectId: string
  state: string
}

export interface ArrivalChoice {
  readonly startAt: number
  readonly untilAt: number
  readonly count: number
  /** So many come until the end, spread over the time; the others come at its end. */
  readonly planned: number
  /** The share of comments that their targets never take. */
  readonly poisoned: number
  readonly projects: readonly string[]
}

/** The activities of some stories in some projects: single ones, bursts, and changes of several stories at once. */
export function arrivalsFor(
  random: Random,
  { startAt, untilAt, count, planned, poisoned, projects }: ArrivalChoice,
): Arrival[] {
  const stories: Story[] = []
  const arrivals: Arrival[] = []
  let at = startAt

  function arrive(story: Story, kind: string, changes: readonly object[], touched: readonly Story[] = [story]): void {
    const { projectId } = story
    const version = arrivals.length + 1
    const guid = `${projectId}_${version}`
    const person = random.pick(PEOPLE)
    const body = JSON.stringify({
      kind,
      guid,
      project_version: version,
      message: `${person} did something`,
      highlight: 'did',
      changes,
      primary_resources: touched.map(({ id }) => resourceOf(id)),
      project: { kind: 'project', id: Number(projectId), name: 'Enterprise' },
      performed_by: { kind: 'person', id: 1700 + PEOPLE.indexOf(person), name: person, initials: 'XX' },
      occurred_at: at,
    })
    arrivals.push({ at, projectId, guid, body, isRepeated: random.chance(0.1) })
  }

  function create(): void {
    const story: Story = { id: 100 + stories.length, projectId: random.pick(projects), state: 'unstarted' }
    stories.push(story)
    const linked = { external_id: String(story.id), integration_id: Number(LINKED_THROUGH) }
    const values = { name: nameOf(story.id), story_type: 'feature', current_state: 'unstarted', ...linked }
    arrive(story, 'story_create_activity', [
      { kind: 'story', change_type: 'create', id: story.id, new_values: values, name: nameOf(story.id) },
    ])
  }

  function say(story: Story): void {
    const odd = random.next()
    const said = random.pick(SAYINGS)
    const text = odd < poisoned ? `${said} ${POISON}` : odd < poisoned + 0.03 ? `${said} ${UNWELCOME}` : said
    const id = 5000 + arrivals.length
    arrive(story, 'comment_create_activity', [
      { kind: 'comment', change_type: 'create', id, new_values: { id, story_id: story.id, text } },
      {
        kind: 'story',
        change_type: 'update',
        id: story.id,
        new_values: {},
        original_values: {},
        name: nameOf(story.id),
      },
    ])
  }

  function change(moved: readonly Story[]): void {
    const state = random.pick(STATES)
    const [first] = moved
    if (first === undefined) return
    const changes = moved.map((story) => {
      const before = story.state
      story.state = state
      return {
        kind: 'story',
        change_type: 'update',
        id: story.id,
        new_values: { current_state: state },
        original_values: { current_state: before },
        name: nameOf(story.id),
      }
    })
    arrive(first, 'story_update_activity', changes, moved)
  }

  while (arrivals.length < count) {
    const left = Math.max(1, planned - arrivals.length)
    const burst = random.chance(0.25) ? random.whole(2, 10) : 1
    at += Math.ceil(random.next() * 2 * Math.max(1, (untilAt - at) / left) * burst)
    if (at > untilAt) at = untilAt
    for (let sent = 0; sent < burst; sent += 1) {
      const open = stories.slice(-8)
      const story = open.length < 2 || random.chance(0.12) ? null : random.pick(open)
      const beside = story === null ? [] : open.filter((each) => each.projectId === story.projectId && each !== story)
      const kind = random.next()
      if (story === null) create()
      else if (kind < 0.5) say(story)
      else if (kind < 0.85 || beside.length === 0) change([story])
      else change([story, ...beside.slice(0, random.whole(1, 3))])
      at += random.chance(0.7) ? 0 : random.whole(0, 2000)
    }
  }
  return arrivals
}

const nameOf = (id: number): string => `Story ${id}`

function resourceOf(id: number): object {
  return { kind: 'story', id, name: nameOf(id), story_type: 'feature', url: `https://tracker.example/story/${id}` }
}
