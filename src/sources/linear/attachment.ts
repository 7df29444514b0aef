import { textOf } from '../../tracker/json-values.ts'
import type { LinearEvent, ToldOrNot } from './event.ts'

const DEEDS = { create: 'attached', update: 'changed the attachment', remove: 'removed the attachment' } as const

/** What Linear calls an attachment is a link, such as that to a ticket; it comes in an event of its own. */
export function attachmentOf({ action, data, author }: LinearEvent): ToldOrNot {
  const storyId = textOf(data.issueId)
  const url = textOf(data.url)
  if (storyId === null || url === null) return { ignored: 'no story', detail: 'the attachment has no issue or no URL' }
  const title = textOf(data.title) ?? url
  const change = action === 'remove' ? 'delete' : action
  return {
    kind: 'story_update',
    sentence: `${author} ${DEEDS[action]} "${title}"`,
    story: {
      ...{ id: storyId, change: 'update', name: null, storyType: null, url: null },
      ...{ fields: {}, original: {}, comments: [] },
    },
    others: [{ kind: 'attachment', id: textOf(data.id), change, storyId, name: title }],
    ...(action === 'remove' ? {} : { tickets: [{ storyId, url }] }),
  }
}
