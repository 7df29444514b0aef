import type { StoryRef } from '../contract/connector.ts'
import type { Announcement } from '../contract/effect.ts'
import { SOMEONE } from '../kit/person.ts'
import { deedWords, fill, type OwnWords, ownTemplate } from '../kit/template.ts'
import { plainWords, verbOf } from '../kit/wording.ts'

/** In characters. */
const LONGEST_TEXT = 1000

/** `James Kirk accepted "More power to shields" (feature) https://...` */
export function lineOf(announcement: Announcement, story: StoryRef | null, templates: OwnWords = {}): string {
  const { what, author, storyId } = announcement
  const name = oneLine(story?.name ?? '')
  const title = name === '' ? `story ${oneLine(storyId)}` : `"${name}"`
  const type = story?.type == null ? '' : ` (${oneLine(story.type)})`
  const url = story === null ? '' : ` ${oneLine(story.url)}`
  const said = oneLine(plainWords(announcement))
  const template = ownTemplate(what, templates)
  if (template !== null)
    return fill(template, {
      author: oneLine(author) || SOMEONE,
      what: deedWords(announcement, name === '' ? '' : oneLine(story?.type ?? '') || 'story'),
      story: title,
      text: said,
      link: url.trim(),
    })
  return `${oneLine(author) || SOMEONE} ${oneLine(verbOf(announcement))} ${title}${type}${url}${said === '' ? '' : `: ${said}`}`
}

/**
 * What could forge a second line or control a terminal becomes a space: control characters, those that turn the direction
 * of writing, and line and paragraph separators.
 */
function oneLine(text: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  const characters = plain.length > LONGEST_TEXT ? [...plain] : []
  return characters.length > LONGEST_TEXT ? `${characters.slice(0, LONGEST_TEXT).join('')}…` : plain
}
