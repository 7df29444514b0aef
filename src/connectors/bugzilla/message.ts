import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { SOMEONE } from '../kit/person.ts'
import { deedOf, plainWords } from '../kit/wording.ts'

/** Bugzilla's MAX_COMMENT_LENGTH in characters (Bugzilla/Constants.pm), which are never more than UTF-16 units. */
export const LONGEST_COMMENT = 65_535

export interface MessageParts {
  readonly effect: CommentEffect | StateEffect
  readonly storyName: string | null
  readonly storyUrl: string
  /** Plain ASCII, because databases without four-byte characters store "????" for an emoji. */
  readonly marker: string
}

/**
 * Bugzilla shows comments as plain text (Markdown only if the caller asks for it), so nothing has to be escaped. The
 * marker is the last line.
 */
export function messageFor({ effect, storyName, storyUrl, marker }: MessageParts): string {
  const end = `\n\n${[onOneLine(storyUrl), marker].filter((each) => each !== '').join('\n')}`
  return `${cut(sentence(effect, storyName), LONGEST_COMMENT - end.length)}${end}`
}

function sentence(effect: CommentEffect | StateEffect, storyName: string | null): string {
  const who = onOneLine(effect.author) || SOMEONE
  if (effect.kind === 'comment')
    return `${who} ${deedOf(effect)}${effect.change === 'delete' ? '' : `: ${plain(plainWords(effect)).trim()}`}`
  const story = storyName === null || onOneLine(storyName) === '' ? 'the story' : `"${onOneLine(storyName)}"`
  return done.has(effect.state)
    ? `${who} ${effect.state} ${story}`
    : `${who} changed the state of ${story} to ${onOneLine(effect.state)}`
}

const done: ReadonlySet<string> = new Set(['started', 'finished', 'delivered', 'accepted', 'rejected'])

/** With Bugzilla's line ends, and without characters that XML cannot carry. */
function plain(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd')
}

function onOneLine(text: string): string {
  return plain(text).replace(/\s+/g, ' ').trim()
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const kept = text.slice(0, length - 1).replace(/\p{Cs}$/u, '')
  return `${kept.trimEnd()}…`
}
