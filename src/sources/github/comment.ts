import { isMarked } from '../../connectors/contract/mark.ts'
import { objectOf, textOf } from '../../tracker/json-values.ts'
import { named } from '../../tracker/named.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import { eventTime } from '../kit/event-time.ts'
import { storyInSentence } from '../kit/sentence.ts'
import type { GitHubEvent, ToldOrNot } from './event.ts'

const CHANGES: Readonly<Record<string, 'create' | 'update' | 'delete'>> = {
  created: 'create',
  edited: 'update',
  deleted: 'delete',
}
const DEEDS = { create: 'commented on', update: 'edited a comment on', delete: 'deleted a comment on' } as const

export function commentOf({ action, issue, payload, author }: GitHubEvent): ToldOrNot {
  const change = named(CHANGES, action)
  if (change === undefined)
    return { ignored: 'no news', detail: `issue_comment ${action} is nothing that people are told` }
  const comment = objectOf(payload.comment)
  const storyId = textOf(issue.id)
  if (storyId === null) throw new ParseError('missing field', 'issue.id is missing: the issue’s id.')
  const text = textOf(comment.body) ?? ''
  if (isMarked(text)) return { ignored: 'own', detail: 'the comment bears the mark of a relay, which posted it' }
  if (change === 'update' && objectOf(payload.changes).body === undefined)
    return { ignored: 'no news', detail: 'the edit does not change what the comment says' }
  const name = textOf(issue.title)
  return {
    kind: `comment_${change}`,
    sentence: `${author} ${DEEDS[change]} ${storyInSentence(`#${textOf(issue.number) ?? '?'}`, name)}`,
    // When a comment was deleted is told nowhere.
    occurredAt: eventTime(change === 'delete' ? issue.updated_at : comment.updated_at, comment.created_at),
    story: {
      ...{ id: storyId, change: 'update', name, storyType: null, url: textOf(issue.html_url) },
      ...{ fields: {}, original: {} },
      comments: [{ id: textOf(comment.id), change, text: change === 'delete' ? '' : text }],
    },
  }
}
