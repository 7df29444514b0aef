import type { CommentEffect } from '../contract/effect.ts'
import { asTyped, printable, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'
import { addressIn, markdownOf } from '../kit/rich-markdown.ts'
import { type Block, fittedBlocks } from '../kit/rich-text.ts'
import { deedOf, wordedBlocks } from '../kit/wording.ts'

/** "body is too long (maximum is 65536 characters)" */
export const MAX_COMMENT = 65_536
const MAX_AUTHOR = 100

type Commented = Pick<CommentEffect, 'author' | 'text' | 'markup' | 'attachments' | 'change'>

/** A comment of Tracker as GitHub's. The mark is always whole and at its end. */
export function commentOf(effect: Commented, url: string, marker: string): string {
  const name = Array.from(effect.author.replace(/\s+/g, ' ').trim()).slice(0, MAX_AUTHOR).join('')
  const link = /^https?:\/\/\S+$/.test(url) ? [quiet(url)] : []
  const says = effect.change !== 'delete'
  const head = `${literal(name) || SOMEONE} ${deedOf(effect)}${says ? ':' : ''}`
  const compose = (said: string): string => [head, ...(says ? [said] : []), ...link, marker].join('\n\n')
  return compose(saidIn(effect, MAX_COMMENT - compose('').length))
}

function saidIn(effect: Commented, room: number): string {
  const measure = (text: string): number => text.length
  if (effect.markup === undefined && effect.attachments === undefined)
    return fitted(effect.text.trim(), room, literal, measure)
  const escapes = { opensBlock: OPENS_BLOCK, plain: inert, address: quiet, language: notDrawn }
  const render = (blocks: readonly Block[]): string => markdownOf(blocks, escapes)
  return fittedBlocks(wordedBlocks(effect), room, render, measure)
}

const inert = (text: string): string => plain(printable(text))

/** The text as it was typed: no markup, nobody mentioned, no issue, commit or emoji. */
export function literal(text: string): string {
  return asTyped(text, OPENS_BLOCK, plain, (url, next) => addressIn(quiet(url), next))
}

/** What makes of a line a heading, list, quotation, rule, table or fence. */
const OPENS_BLOCK = /^([#>=|:~]|[+*-](\s|$)|--|\d+[.)](\s|$))/

/** 7 to 64 hexadecimal digits, one of them a letter: GitHub takes them for a commit if the repository has it. */
const COMMIT = /(?<![0-9a-z])(?=\d*[a-f])[0-9a-f]{4}(?=[0-9a-f]{3,60}(?![0-9a-z]))/gi

/**
 * A backslash keeps Markdown from reading a sign. Mentions and references (docs.github.com, "Autolinked references and
 * URLs") are found in what is shown, and so are parted by a space without width.
 */
function plain(text: string): string {
  return text
    .replace(/[\\`*_[\]|$~]/g, '\\$&')
    .replace(/(?<=\\\[)/g, ZERO_WIDTH)
    .replace(/(?<![\w`])@(?=\w)|\bGH-(?=\d)|#(?=\d)|\$(?=\S)/gi, `$&${ZERO_WIDTH}`)
    .replace(COMMIT, `$&${ZERO_WIDTH}`)
    .replace(/:(?=(?:[\w+-]*[a-z][\w+-]*|100|1234):)/gi, `:${ZERO_WIDTH}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
}

/**
 * An address that leads to the same page, but that GitHub does not take for a mention of it: the page is not told
 * (docs.github.com, "Avoiding backlinks to linked references"). An Enterprise Server has no such address.
 */
function quiet(url: string): string {
  const mentions = /^https?:\/\/(?:www\.)?github\.com(?=\/[\w.-]+\/[\w.-]+\/(?:issues|pull|discussions|commit)\/)/i
  return url.replace(mentions, 'https://redirect.github.com')
}

/** GitHub draws maps, models and charts of blocks in these languages. */
function notDrawn(language: string): string {
  return ['mermaid', 'geojson', 'topojson', 'stl', 'math', 'suggestion'].includes(language) ? '' : language
}
