import { Client } from 'undici'
import type { Place } from './places.ts'

/** What was told about a story, and acknowledged. Numbers are given once. */
export interface Told {
  readonly number: number
  readonly place: string
  readonly story: number
  readonly what: 'comment' | 'started'
}

export interface Tracker {
  /** In the order in which it was acknowledged. */
  readonly told: readonly Told[]
  /** A story that nothing was told about yet. */
  newStory(place: string): number
  /** Tells each story of a place this one after the other. @throws {Error} if the relay does not take it */
  tell(relay: string, place: Place, stories: readonly number[], what: Told['what']): Promise<void>
}

export const SECRET = 'answered-secret'
const FIRST_PROJECT = 26

/** @param places each has a project of its own */
export function createTracker(places: readonly Pick<Place, 'name'>[]): Tracker {
  const told: Told[] = []
  const stories = new Map<string, number>()
  let numbers = 0

  return {
    told,
    newStory(place) {
      const story = (stories.get(place) ?? 0) + 1
      stories.set(place, story)
      return story
    },
    async tell(relay, place, asked, what) {
      const project = FIRST_PROJECT + places.findIndex(({ name }) => name === place.name)
      const client = new Client(relay)
      try {
        for (const story of asked) {
          numbers += 1
          const each: Told = { number: numbers, place: place.name, story, what }
          const { statusCode, body } = await client.request({
            method: 'POST',
            path: hookOf(project),
            headers: { 'content-type': 'application/xml' },
            body: activityXml(each, project, place.link?.(story) ?? ''),
          })
          const answer = await body.text()
          if (statusCode !== 202) throw new Error(`activity ${each.number} was answered ${statusCode}: ${answer}`)
          told.push(each)
        }
      } finally {
        await client.destroy()
      }
    },
  }
}

/** The config of the projects. */
export function projectsFor(places: readonly Pick<Place, 'name'>[]): object[] {
  return places.map(({ name }, at) => ({ id: String(FIRST_PROJECT + at), secret: SECRET, integrations: [name] }))
}

/** The number in an activity's key, which is made of the project and the activity's id. */
export function numberIn(activityKey: string): number {
  return Number(activityKey.split(':')[1])
}

const hookOf = (project: number): string => `/hooks/${project}/${SECRET}`

function activityXml({ number, story, what }: Told, project: number, link: string): string {
  const change =
    what === 'comment'
      ? `<notes type="array"><note><id type="integer">${number}</id><text>comment ${number}</text></note></notes>`
      : `<current_state>${what}</current_state>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<activity>
  <id type="integer">${number}</id>
  <version type="integer">${number}</version>
  <event_type>${what === 'comment' ? 'note_create' : 'story_update'}</event_type>
  <occurred_at type="datetime">2009/12/14 19:30:09 UTC</occurred_at>
  <author>Montgomery Scott</author>
  <project_id type="integer">${project}</project_id>
  <description>Montgomery Scott changed a story</description>
  <stories type="array">
    <story><id type="integer">${story}</id>${link}${change}</story>
  </stories>
</activity>
`
}
