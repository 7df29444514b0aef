import type { CommentEffect } from '../contract/effect.ts'
import { asTyped, printable, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'
import { addressIn, markdownOf } from '../kit/rich-markdown.ts'
import { type Block, fittedBlocks } from '../kit/rich-text.ts'
import { deedOf, wordedBlocks } from '../kit/wording.ts'

/** GitLab's limit for a note, in characters (docs.gitlab.com/administration/instance_limits). */
export const MAX_NOTE = 1_000_000
const MAX_AUTHOR = 100

type Noted = Pick<CommentEffect, 'author' | 'text' | 'markup' | 'attachments' | 'change'>

/** A comment of Tracker as a note. The mark is always whole and at its end. */
export function noteOf(effect: Noted, url: string, marker: string): string {
  const name = Array.from(effect.author.replace(/\s+/g, ' ').trim()).slice(0, MAX_AUTHOR).join('')
  const link = /^https?:\/\/\S+$/.test(url) ? [url] : []
  const says = effect.change !== 'delete'
  const head = `${literal(name) || SOMEONE} ${deedOf(effect)}${says ? ':' : ''}`
  const compose = (said: string): string => [head, ...(says ? [said] : []), ...link, marker].join('\n\n')
  return compose(saidIn(effect, MAX_NOTE - compose('').length))
}

function saidIn(effect: Noted, room: number): string {
  const measure = (text: string): number => text.length
  if (effect.markup === undefined && effect.attachments === undefined)
    return fitted(effect.text.trim(), room, literal, measure)
  const render = (blocks: readonly Block[]): string =>
    markdownOf(blocks, { opensBlock: OPENS_BLOCK, plain: inert, code })
  return fittedBlocks(wordedBlocks(effect), room, render, measure)
}

/** GitLab looks for quick actions in all that its simpler idea of a block of code leaves over. */
const code = (text: string, isBlock: boolean): string =>
  isBlock ? text.replace(/^(?=[ \t]*\/[a-z])/gim, ZERO_WIDTH) : text

const inert = (text: string): string => plain(printable(text))

/** The text as it was typed: no markup, no quick action ("/close"), nobody mentioned, no label, issue or emoji. */
export function literal(text: string): string {
  return asTyped(text, OPENS_BLOCK, plain, addressIn)
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
