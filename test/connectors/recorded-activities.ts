import { readdirSync, readFileSync } from 'node:fs'
import type { StoryRef } from '../../src/connectors/contract/connector.ts'
import type { Activity } from '../../src/tracker/activity.ts'
import { parseActivity } from '../../src/tracker/parse.ts'

/** An activity as it was received and as it was understood. */
export interface Cause {
  readonly activity: Activity
  readonly raw: Buffer
  readonly contentType: string
}

/** What Tracker has sent, and beside it texts with all that can mean something to a target. */
const FOLDERS = ['test/activities', 'test/golden/activities']

/** The paths of all recorded activities. */
export function recordedActivities(): readonly string[] {
  return FOLDERS.flatMap((folder) => {
    const files = readdirSync(folder).filter((name) => name.includes('.in.'))
    return files.sort().map((name) => `${folder}/${name}`)
  })
}

export function causeOf(file: string): Cause {
  const raw = readFileSync(file)
  return {
    activity: parseActivity(raw),
    raw,
    contentType: file.endsWith('.json') ? 'application/json' : 'application/xml',
  }
}

/** A story with no more than this one activity tells of it. */
export function storyIn({ stories, projectId }: Activity, id: string): StoryRef {
  const story = stories.find((each) => each.id === id)
  return {
    id,
    projectId,
    name: story?.name ?? null,
    type: story?.storyType ?? null,
    url: `https://www.pivotaltracker.com/story/show/${id}`,
  }
}

/** What Tracker has sent: the files of test/activities and what they are called. */
export const RECORDED: readonly { readonly file: string; readonly name: string }[] = readdirSync(
  'test/activities',
).flatMap((file) => {
  const name = /^(.*)\.in\.(xml|json)$/.exec(file)?.[1]
  return name === undefined ? [] : [{ file, name }]
})
