import type { CommentEffect } from '../contract/effect.ts'
import { asTyped, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'

/** GitLab's limit for a note, in characters (docs.gitlab.com/administration/instance_limits). */
export const MAX_NOTE = 1_000_000
const MAX_AUTHOR = 100

/** A comment of Tracker as a note. The mark is always whole and at its end. */
export function noteOf({ author, text }: Pick<CommentEffect, 'author' | 'text'>, url: string, marker: string): string {
  const name = Array.from(author.replace(/\s+/g, ' ').trim()).slice(0, MAX_AUTHOR).join('')
  const link = /^https?:\/\/\S+$/.test(url) ? [url] : []
  const compose = (said: string): string =>
    [`${literal(name) || SOMEONE} commented:`, said, ...link, marker].join('\n\n')
  const room = MAX_NOTE - compose('').length
  return compose(fitted(text.trim(), room, literal, (each) => each.length))
}

/** The text as it was typed: no markup, no quick action ("/close"), nobody mentioned, no label, issue or emoji. */
export function literal(text: string): string {
  return asTyped(text, OPENS_BLOCK, plain)
}

/** What makes of a line a heading, list, quotation, rule, table, fence, or a command to GitLab (a quick action). */
const OPENS_BLOCK = /^([/#>=|:~]|[+*-](\s|$)|--|\d+[.)](\s|$))/

/**
 * A backslash keeps Markdown from reading a sign. References (docs.gitlab.com/user/markdown, "GitLab-specific
 * references") are found in what is shown, and so are parted by a space without width.
 */
function plain(text: string): string {
  return text
    .replace(/[\\`*_[\]{}|$~]/g, '\\$&')
    .replace(/(?<=\\[[{~])/g, ZERO_WIDTH)
    .replace(/(?<!\w)@(?=\w)|\bGL-(?=\d)|[#!&](?=\d)|[%$](?=[\w"])/g, `$&${ZERO_WIDTH}`)
    .replace(/:(?=(?:[\w+-]*[a-z][\w+-]*|100|1234):)/gi, `:${ZERO_WIDTH}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
}
