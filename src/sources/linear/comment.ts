import { objectOf, textOf } from '../../tracker/json-values.ts'
import { ParseError } from '../../tracker/parse-error.ts'
import { storyInSentence } from '../kit/sentence.ts'
import type { LinearEvent, ToldOrNot } from './event.ts'
import { identifierIn } from './issue.ts'

const CHANGES = { create: 'create', update: 'update', remove: 'delete' } as const
const DEEDS = { create: 'commented on', update: 'edited a comment on', delete: 'deleted a comment on' } as const

/** A comment on an issue; those on documents and updates of projects are about no story. */
export function commentOf({ action, data, updatedFrom, url, author }: LinearEvent): ToldOrNot {
  const issue = objectOf(data.issue)
  const storyId = textOf(data.issueId) ?? textOf(issue.id)
  if (storyId === null) return { ignored: 'no story', detail: 'the comment is not on an issue' }
  if (action === 'update' && !Object.hasOwn(updatedFrom, 'body'))
    return { ignored: 'no news', detail: 'the update does not change what the comment says' }
  const text = textOf(data.body) ?? ''
  if (text === '' && action !== 'remove') throw new ParseError('missing field', 'data.body is missing: the comment.')
  const change = CHANGES[action]
  const name = textOf(issue.title)
  return {
    kind: `comment_${change}`,
    sentence: `${author} ${DEEDS[change]} ${storyInSentence(identifierIn(issue), name)}`,
    story: {
      id: storyId,
      change: 'update',
      name,
      storyType: null,
      url: textOf(issue.url) ?? url?.replace(/#.*$/, '') ?? null,
      fields: {},
      original: {},
      comments: [{ id: textOf(data.id), change, text: change === 'delete' ? '' : text }],
    },
  }
}
