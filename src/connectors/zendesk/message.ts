import type { StoryRef } from '../contract/connector.ts'
import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { escapeHtml } from '../kit/escape-html.ts'
import { SOMEONE } from '../kit/person.ts'

/**
 * Zendesk takes about 65,535 bytes in a comment (its community forum names that number); the margin is for the
 * wrapping it adds to HTML.
 */
export const MOST_BYTES = 60_000
const MOST_OF_A_NAME = 300

/** The states that are verbs too. */
const VERBS = ['started', 'finished', 'delivered', 'accepted', 'rejected']

/**
 * The comment as HTML, at most `MOST_BYTES` in UTF-8; the marker is its last paragraph. HTML and not `body`, because
 * Zendesk reads `body` as Markdown, in which a story's text could place pictures and links under other words.
 */
export function commentHtml(effect: CommentEffect | StateEffect, story: StoryRef, marker: string): string {
  const end = `<p>${link(story.url)}</p><p>${escapeHtml(marker)}</p>`
  const room = MOST_BYTES - Buffer.byteLength(`<p></p>${end}`)
  return `<p>${fit(tame(words(effect, story)), room)}</p>${end}`
}

function words(effect: CommentEffect | StateEffect, story: StoryRef): string {
  const author = short(effect.author) || SOMEONE
  if (effect.kind === 'comment') return `${author} commented: ${effect.text.trim()}`
  const name = short(story.name ?? '')
  const shown = name === '' ? 'the story' : `"${name}"`
  if (VERBS.includes(effect.state)) return `${author} ${effect.state} ${shown}`
  return `${author} changed the state ${name === '' ? '' : `of ${shown} `}to ${short(effect.state)}`
}

/**
 * Text that Zendesk shows as it is. Zendesk fills in {{placeholders}} in comments, and agents are called with
 * @name, so both are broken by a character without width; control characters and the ones that turn the reading
 * direction around are dropped, halves of characters replaced.
 */
function tame(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (found) => (found === '\n' || found === '\t' ? found : ''))
    .replace(/\{(?=[{%])/g, '{\u200b')
    .replace(/(?<![\p{L}\p{N}._%+/-])@(?=[\p{L}\p{N}_])/gu, '@\u200b')
}

/** Escapes, and cuts with an ellipsis so that the result is at most `most` bytes. */
function fit(text: string, most: number): string {
  const pieces: string[] = []
  let bytes = 0
  let whole = true
  for (const character of text) {
    const piece = character === '\n' ? '<br>' : escapeHtml(character)
    bytes += Buffer.byteLength(piece)
    if (bytes > most) {
      whole = false
      break
    }
    pieces.push(piece)
  }
  if (whole) return pieces.join('')
  const ellipsis = Buffer.byteLength('…')
  let kept = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  while (kept + ellipsis > most) kept -= Buffer.byteLength(pieces.pop() ?? '')
  return `${pieces.join('')}…`
}

/** On one line, and no longer than a name is worth. Marks within words are kept, unlike in a message to the operator. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= MOST_OF_A_NAME ? line : `${characters.slice(0, MOST_OF_A_NAME - 1).join('')}…`
}

function link(url: string): string {
  const text = escapeHtml(url)
  return /^https?:\/\//.test(url) ? `<a href="${text}">${text}</a>` : text
}
