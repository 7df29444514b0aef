import type { Activity, Attachment, Comment } from '../../tracker/activity.ts'
import type { Announcement, Attached, CommentEffect, Wording } from '../contract/effect.ts'
import { isMarked } from '../contract/mark.ts'
import { parseMarkdown } from './markdown.ts'
import { type Block, type Inline, plainBlocks } from './rich-text.ts'

/** Whether a person said something with it, and not the relay. A comment of files alone says them. */
export function isSaying({ text, attachments }: Comment): boolean {
  return (text.trim() !== '' || attachments !== undefined) && !isMarked(text)
}

/** Comments are Markdown since version 5 of Tracker's API, whose web hooks are JSON. */
export function wordingOf({ format }: Pick<Activity, 'format'>, comments: readonly Comment[]): Wording {
  const attachments = comments.flatMap((comment) => comment.attachments ?? []).map(attachedOf)
  return {
    ...(format === 'json' && comments.some(({ text }) => text.trim() !== '') ? { markup: 'markdown' } : {}),
    ...(attachments.length === 0 ? {} : { attachments }),
  }
}

function attachedOf({ name, description, url }: Attachment): Attached {
  const said = description === undefined ? name : `${nameOf(name)} (${description})`
  return { name: said, url: url !== null && isAddress(url) ? url : null }
}

const isAddress = (url: string): boolean => URL.canParse(url) && /^https?:\/\/[^\s<>"\p{C}]+$/iu.test(url)

/** What somebody did, as it stands before the story's name. */
export function verbOf({ what, deed }: Pick<Announcement, 'what' | 'deed'>): string {
  if (what === 'created') return 'added'
  if (what === 'commented') return 'commented on'
  return what === 'changed' ? (deed ?? 'changed') : what
}

/** What happened to the comment, after the name of the one who did it. */
export function deedOf({ change }: Pick<CommentEffect, 'change'>): string {
  if (change === undefined) return 'commented'
  return change === 'update' ? 'edited a comment' : 'deleted a comment'
}

type Worded = Wording & { readonly text: string | null }

/** For a target that shows plain text: the text as it was typed, and its files line by line. */
export function plainWords({ text, attachments = [] }: Worded): string {
  if (attachments.length === 0) return text ?? ''
  const files = attachments.map(({ name, url }) => `Attached: ${[nameOf(name), url].filter(Boolean).join(' ')}`)
  return [(text ?? '').trimEnd(), files.join('\n')].filter((part) => part.trim() !== '').join('\n\n')
}

/** For a target with a markup of its own. */
export function wordedBlocks(effect: Worded): Block[] {
  const { text, markup, attachments = [] } = effect
  const said = markup === 'markdown' ? parseMarkdown(text ?? '') : plainBlocks(text ?? '')
  if (attachments.length === 0) return said
  const files = attachments.flatMap(({ name, url }, index): Inline[] => {
    const shown: Inline = { type: 'text', text: nameOf(name) }
    const file: Inline = url === null ? shown : { type: 'link', url, children: [shown] }
    return [...(index === 0 ? [] : [{ type: 'break' } as const]), { type: 'text', text: 'Attached: ' }, file]
  })
  return [...said, { type: 'paragraph', children: files }]
}

function nameOf(name: string | null): string {
  return name?.replace(/\s+/g, ' ').trim() || 'a file'
}
