import { isMarked } from '../connectors/contract/mark.ts'
import type { ReadActivity, Reading } from '../sources/contract/source.ts'

/** What is not refused. */
export type Taken = Exclude<Reading, { refused: unknown }>

/**
 * Without what the relay did, and the comments that bear a relay's mark: a tool gives back what the relay wrote there, and
 * some copy the comments of the tickets that their stories are linked to.
 */
export function withoutOwn(reading: Taken): Taken {
  if (!('activities' in reading)) return reading
  const { activities } = reading
  if (!activities.some(hasOwn)) return reading
  const left = activities.flatMap((each) => (hasOwn(each) ? without(each) : [each]))
  if (left.length > 0) return { activities: left }
  const known = activities.find(({ own }) => own !== undefined)?.own
  return { ignored: 'own', detail: known ?? 'the comment bears the mark of a relay, which posted it' }
}

const hasOwn = ({ activity, own }: ReadActivity): boolean =>
  own !== undefined || activity.stories.some(({ comments }) => comments.some(({ text }) => isMarked(text)))

/** Nothing is left of an activity that had no other news. */
function without(read: ReadActivity): ReadActivity[] {
  const { activity, own } = read
  if (own !== undefined) return []
  const stories = activity.stories.flatMap((story) => {
    const comments = story.comments.filter(({ text }) => !isMarked(text))
    const isOnlyComments = story.change === 'update' && story.deed === undefined && !hasKeys(story.fields)
    const isOwn = comments.length === 0 && story.comments.length > 0 && isOnlyComments
    return isOwn ? [] : [{ ...story, comments }]
  })
  if (stories.length === 0 && activity.others.length === 0) return []
  return [{ ...read, activity: { ...activity, stories } }]
}

const hasKeys = (fields: object): boolean => Object.keys(fields).length > 0
