import { readStored, type StoredBody } from '../store/read-stored.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { Activity } from '../tracker/activity.ts'
import { OperationError } from './operation-error.ts'
import { readingsOf } from './readings.ts'

export type ErasureSubject =
  | { readonly type: 'story'; readonly storyId: string; readonly projectId?: string }
  | { readonly type: 'project'; readonly projectId: string }
  /** A name, or Tracker's number of the person. */
  | { readonly type: 'person'; readonly person: string }

export interface Erasure {
  readonly who: string
  readonly subject: ErasureSubject
  readonly dryRun: boolean
  /** Also activities that have open deliveries, which are then never made. */
  readonly withOpen: boolean
}

export interface ErasureReport {
  /** With their bodies. */
  readonly activities: number
  /** With their effects and recorded attempts. */
  readonly deliveries: number
  /** Activities that are left, since something of them is open. */
  readonly left: number
  readonly stories: number
  readonly links: number
  /** Requests that were refused. */
  readonly rejected: number
  /** Names and labels of stories and texts of operators in which a person is named. */
  readonly texts: number
  /** Cached lists of tickets, which are read again when they are asked for. */
  readonly lists: number
}

interface EraseParts {
  readonly store: Pick<
    ThreadedStore,
    | 'erasable'
    | 'eraseActivities'
    | 'countStories'
    | 'eraseStories'
    | 'textsBeside'
    | 'eraseTexts'
    | 'rejectedBodies'
    | 'forgetRejected'
    | 'audit'
  >
  /** Deletes the cached lists in which something matches. @returns how many there are */
  eraseLists(matches: (text: string) => boolean, dryRun: boolean): Promise<number>
  wake(integrations: readonly string[]): void
  now(): number
}

/** Bodies that are read at once; between two readings other requests have their turn. */
const AT_ONCE = 50
const SHORTEST_PERSON = 3
const LETTER = /[\p{L}\p{M}\p{N}]/gu

/**
 * Deletes all that is kept about a story, a project or a person. An activity is deleted as a whole, also if it is about
 * something else too.
 * @throws {OperationError} if a person's name is so short that it would match what it does not mean
 */
export async function erase(parts: EraseParts, erasure: Erasure): Promise<ErasureReport> {
  const { store, now } = parts
  const { subject, dryRun, withOpen } = erasure
  if (subject.type === 'person' && (subject.person.match(LETTER)?.length ?? 0) < SHORTEST_PERSON)
    throw new OperationError('invalid', `a name of fewer than ${SHORTEST_PERSON} letters would match other words too`)
  const about = aboutOf(subject)
  const inProject = subject.type === 'person' ? undefined : subject.projectId
  const total = { activities: 0, deliveries: 0, left: 0 }
  for (let after = 0; ; ) {
    const page = await store.erasable({
      after,
      most: AT_ONCE,
      ...(inProject === undefined ? {} : { projectId: inProject }),
    })
    const found = page.filter(({ raw, normalised }) => about.activity({ raw: Buffer.from(raw), normalised }))
    if (dryRun)
      for (const { deliveries, open } of found) {
        if (open > 0 && !withOpen) total.left += 1
        else {
          total.activities += 1
          total.deliveries += deliveries
        }
      }
    else if (found.length > 0) {
      const erased = await store.eraseActivities(
        found.map(({ id }) => id),
        { withOpen, now: now() },
      )
      total.activities += erased.activities
      total.deliveries += erased.deliveries
      total.left += erased.left
      if (erased.integrations.length > 0) parts.wake(erased.integrations)
    }
    after = page.at(-1)?.id ?? after
    if (page.length < AT_ONCE) break
  }
  const beside = await eraseBeside(parts, erasure, about, total.left)
  const report = { ...total, ...beside }
  if (!dryRun)
    await store.audit(
      {
        who: erasure.who,
        action: 'erase',
        // Who is to be forgotten is not named here either.
        subject: subject.type === 'person' ? 'a person' : `${subject.type} ${nameOf(subject)}`,
        detail: { ...report },
        result: `${report.activities} activities and ${report.deliveries} deliveries erased`,
      },
      now(),
    )
  return report
}

function nameOf(subject: Exclude<ErasureSubject, { readonly type: 'person' }>): string {
  return subject.type === 'project' ? subject.projectId : subject.storyId
}

async function eraseBeside(
  parts: EraseParts,
  { subject, dryRun }: Erasure,
  about: About,
  left: number,
): Promise<Pick<ErasureReport, 'stories' | 'links' | 'rejected' | 'texts' | 'lists'>> {
  const { store } = parts
  const rejected: number[] = []
  for (let after = 0; ; ) {
    const page = await store.rejectedBodies({ after, most: AT_ONCE })
    for (const { id, projectId, detail, body } of page)
      if (about.rejected(projectId, `${detail}\n${Buffer.from(body).toString()}`)) rejected.push(id)
    after = page.at(-1)?.id ?? after
    if (page.length < AT_ONCE) break
  }
  if (!dryRun && rejected.length > 0) await store.forgetRejected(rejected)
  const texts = about.text === null ? [] : (await store.textsBeside()).filter(({ text }) => about.text?.(text))
  if (!dryRun && texts.length > 0) await store.eraseTexts(texts.map(({ table, key }) => ({ table, key })))
  const lists = about.text === null ? 0 : await parts.eraseLists(about.text, dryRun)
  const none = { stories: 0, links: 0 }
  const counts = { rejected: rejected.length, texts: texts.length, lists }
  if (subject.type === 'person') return { ...none, ...counts }
  const choice = subject.type === 'project' ? { projectId: subject.projectId } : storyChoice(subject)
  // What is still open needs its link.
  if (left > 0) return { ...none, ...counts }
  return { ...(await (dryRun ? store.countStories(choice) : store.eraseStories(choice))), ...counts }
}

function storyChoice({ storyId, projectId }: { readonly storyId: string; readonly projectId?: string }) {
  return projectId === undefined ? { storyId } : { storyId, projectId }
}

/** What is about somebody or something. */
interface About {
  activity(stored: StoredBody): boolean
  rejected(projectId: string | null, text: string): boolean
  /** Null: no text beside the activities is. */
  readonly text: ((text: string) => boolean) | null
}

function aboutOf(subject: ErasureSubject): About {
  if (subject.type === 'project')
    return { activity: () => true, rejected: (projectId) => projectId === subject.projectId, text: null }
  const isNamedIn = wordOf(subject.type === 'story' ? subject.storyId : subject.person)
  const isIn = (written: string): boolean => readingsOf(written).some(isNamedIn)
  const isNumber = subject.type === 'person' && /^\d+$/.test(subject.person.trim())
  if (subject.type === 'person')
    return {
      activity(stored) {
        const activity = activityIn(stored)
        if (activity === null) return isIn(stored.raw.toString())
        // A story may have the same number.
        const texts = isNumber ? peopleIn(activity) : textsIn(activity)
        // Other tools send more of a person than what was read, such as an address.
        return texts.some(isNamedIn) || (stored.normalised !== null && isIn(stored.raw.toString()))
      },
      rejected: (_projectId, text) => isIn(text),
      text: isNumber ? null : isIn,
    }
  const { storyId, projectId } = subject
  return {
    activity(stored) {
      const activity = activityIn(stored)
      if (activity === null) return isIn(stored.raw.toString())
      return (
        activity.stories.some(({ id }) => id === storyId) || activity.others.some((other) => other.storyId === storyId)
      )
    },
    rejected: (project, text) => (projectId === undefined || project === projectId) && isIn(text),
    text: null,
  }
}

/** As a word of its own, in any case; an accent may be part of its letter or a character of its own. */
function wordOf(name: string): (text: string) => boolean {
  const escaped = name
    .trim()
    .normalize('NFC')
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const word = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{M}\\p{N}])`, 'iu')
  return (text) => word.test(text.normalize('NFC'))
}

/** Null if an earlier release could read it and this one cannot. */
function activityIn(stored: StoredBody): Activity | null {
  try {
    return readStored(stored)
  } catch {
    return null
  }
}

/** Tracker's numbers of those who did it, or who have to do with its stories. */
function peopleIn({ authorId, stories }: Activity): string[] {
  const ofStories = stories.flatMap(({ fields, original }) =>
    [fields, original].map(({ ownedBy, ownerIds, requestedBy }) => [ownedBy, ownerIds, requestedBy]),
  )
  return textsIn([authorId, ofStories])
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}
