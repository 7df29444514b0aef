import { isMarked } from '../../connectors/contract/mark.ts'
import { objectOf, textOf } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import { storyInSentence } from '../kit/sentence.ts'
import type { GitLabEvent, ToldOrNot } from './event.ts'

const DEEDS = { create: 'commented on', update: 'edited a comment on' } as const
/** What has notes and is a story. */
const STORIES = ['issue', 'workitem', 'work item']

/** A note on an issue; those on commits, merge requests and snippets are about no story. */
export function noteOf({ payload, attributes, author, withInternal }: GitLabEvent): ToldOrNot {
  const kind = textOf(attributes.noteable_type) ?? 'nothing'
  if (!STORIES.includes(kind.toLowerCase()))
    return { ignored: 'no story', detail: `a note on ${kind} is not on an issue` }
  if (attributes.system === true) return { ignored: 'no news', detail: 'GitLab wrote the note itself' }
  if (attributes.internal === true && !withInternal)
    return { ignored: 'no news', detail: 'the note is internal; internal_notes would carry it on' }
  const issue = objectOf(payload.issue ?? payload.work_item)
  const storyId = textOf(issue.id) ?? textOf(attributes.noteable_id)
  if (storyId === null) throw new ParseError('missing field', 'issue.id is missing: the id of the issue of the note.')
  const text = textOf(attributes.note) ?? ''
  if (isMarked(text)) return { ignored: 'own', detail: 'the note bears the mark of a relay, which posted it' }
  // Before 16.11 only new notes were told, without an action.
  const change = textOf(attributes.action) === 'update' ? 'update' : 'create'
  const name = textOf(issue.title)
  return {
    kind: `comment_${change}`,
    sentence: `${author} ${DEEDS[change]} ${storyInSentence(`#${textOf(issue.iid) ?? '?'}`, name)}`,
    story: {
      ...{ id: storyId, change: 'update', name, storyType: null },
      url: textOf(issue.url) ?? textOf(attributes.url)?.replace(/#.*$/, '') ?? null,
      ...{ fields: {}, original: {} },
      comments: [{ id: textOf(attributes.id), change, text }],
    },
  }
}
