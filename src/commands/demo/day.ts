import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Activity, Link } from '../../tracker/activity.ts'
import { parseActivity } from '../../tracker/parse.ts'

/** One recorded activity: the bytes as Tracker sent them, and what they say. */
export interface Recorded {
  readonly name: string
  readonly body: Buffer
  readonly contentType: string
  readonly activity: Activity
}

const FIRST = 'story_accepted'

/** The recorded activities of the folders: James Kirk's acceptance first, then the others by the project's version. */
export function recordedDay(folders: readonly string[]): Recorded[] {
  return folders
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => /\.in\.(xml|json)$/.test(file))
        .map((file) => recorded(folder, file)),
    )
    .sort((one, other) => placeOf(one) - placeOf(other))
}

function recorded(folder: string, file: string): Recorded {
  const body = readFileSync(join(folder, file))
  return {
    name: file.replace(/\.in\.\w+$/, ''),
    body,
    contentType: file.endsWith('.xml') ? 'application/xml' : 'application/json',
    activity: parseActivity(body),
  }
}

function placeOf({ name, activity }: Recorded): number {
  return name === FIRST ? -1 : (activity.version ?? Number.MAX_SAFE_INTEGER)
}

/** Which ticket each story is linked to. */
export type LinkBook = ReadonlyMap<string, Link>

/** The links as they stand after the activity: an edited one replaces, a removed one ends it. */
export function linksAfter(book: LinkBook, { stories }: Activity): LinkBook {
  const next = new Map(book)
  for (const { id, link } of stories) {
    if (link === null) next.delete(id)
    else if (link !== undefined) next.set(id, link)
  }
  return next
}

/** True when a story that had a ticket gets another one, or none. */
export function movesLink(book: LinkBook, { stories }: Activity): boolean {
  return stories.some(({ id, link }) => link !== undefined && book.has(id))
}
