import type { StoryRef } from '../contract/connector.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { escapeHtml } from '../kit/escape-html.ts'
import { largestThatFits } from '../kit/largest-that-fits.ts'
import { SOMEONE } from '../kit/person.ts'
import { htmlOf } from '../kit/rich-html.ts'
import { fittedBlocks, introduced } from '../kit/rich-text.ts'
import { deedOf, wordedBlocks } from '../kit/wording.ts'

/**
 * Zendesk accepts about 65,535 bytes in a comment (its community forum names that number); the margin is for what it
 * adds to HTML.
 */
export const MOST_BYTES = 60_000
const MOST_OF_A_NAME = 300

const VERBS = ['started', 'finished', 'delivered', 'accepted', 'rejected']

/**
 * At most `MOST_BYTES` in UTF-8; the marker is the last paragraph. HTML, because Zendesk reads `body` as Markdown, in
 * which a story's text could show pictures, and links under other words.
 */
export function commentHtml(effect: CommentEffect | StateEffect, story: StoryRef, marker: string): string {
  const end = `<p>${link(story.url)}</p><p>${escapeHtml(marker)}</p>`
  if (effect.kind === 'comment' && (effect.markup !== undefined || effect.attachments !== undefined)) {
    const blocks = introduced(words({ ...effect, text: '' }, story), wordedBlocks(effect))
    const room = MOST_BYTES - Buffer.byteLength(end)
    return `${fittedBlocks(blocks, room, (part) => htmlOf(part, tame), Buffer.byteLength)}${end}`
  }
  const room = MOST_BYTES - Buffer.byteLength(`<p></p>${end}`)
  return `<p>${fit(tame(words(effect, story)), room)}</p>${end}`
}

function words(effect: CommentEffect | StateEffect, story: StoryRef): string {
  const author = short(effect.author) || SOMEONE
  if (effect.kind === 'comment')
    return effect.change === 'delete'
      ? `${author} ${deedOf(effect)}`
      : `${author} ${deedOf(effect)}: ${effect.text.trim()}`
  const name = short(story.name ?? '')
  const shown = name === '' ? 'the story' : `"${name}"`
  if (VERBS.includes(effect.state)) return `${author} ${effect.state} ${shown}`
  return `${author} changed the state ${name === '' ? '' : `of ${shown} `}to ${short(effect.state)}`
}

/**
 * Breaks {{placeholders}}, which Zendesk fills in, and @names, which notify agents, by a zero-width space. Drops control
 * characters and those that change the direction of writing, and replaces lone surrogates.
 */
function tame(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (found) => (found === '\n' || found === '\t' ? found : ''))
    .replace(/\{(?=[{%])/g, '{\u200b')
    .replace(/(?<![\p{L}\p{N}._%+/-])@(?=[\p{L}\p{N}_])/gu, '@\u200b')
}

/** The text as HTML, or its longest beginning with an ellipsis that is at most `most` bytes. */
function fit(text: string, most: number): string {
  const html = (part: string): string => escapeHtml(part).replaceAll('\n', '<br>')
  const fits = (part: string): boolean => Buffer.byteLength(part) <= most
  const whole = html(text)
  if (fits(whole)) return whole
  const characters = Array.from(text.slice(0, most))
  const cut = (count: number): string => `${html(characters.slice(0, count).join(''))}…`
  return cut(largestThatFits(0, characters.length, (count) => fits(cut(count))))
}

/** On one line; formatting characters within words are kept, unlike in a message to the operator. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= MOST_OF_A_NAME ? line : `${characters.slice(0, MOST_OF_A_NAME - 1).join('')}…`
}

function link(url: string): string {
  const text = escapeHtml(url)
  return /^https?:\/\//.test(url) ? `<a href="${text}">${text}</a>` : text
}
