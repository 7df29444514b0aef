import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { SOMEONE } from '../kit/person.ts'

/** Bugzilla's MAX_COMMENT_LENGTH, in characters (Bugzilla/Constants.pm); never more characters than UTF-16 units. */
export const LONGEST_COMMENT = 65_535

export interface MessageParts {
  readonly effect: CommentEffect | StateEffect
  readonly storyName: string | null
  readonly storyUrl: string
  /** Plain ASCII: servers whose database has no four-byte characters store "????" for an emoji. */
  readonly marker: string
}

/**
 * The comment in a bug: what happened, the story's link, the marker as the last line. Bugzilla shows comments as plain
 * text (Markdown only where the caller asks for it), so nothing has to be escaped but what no comment can hold.
 */
export function messageFor({ effect, storyName, storyUrl, marker }: MessageParts): string {
  const end = `\n\n${[line(storyUrl), marker].filter((each) => each !== '').join('\n')}`
  return `${cut(sentence(effect, storyName), LONGEST_COMMENT - end.length)}${end}`
}

function sentence(effect: CommentEffect | StateEffect, storyName: string | null): string {
  const who = line(effect.author) || SOMEONE
  if (effect.kind === 'comment') return `${who} commented: ${plain(effect.text).trim()}`
  const story = storyName === null || line(storyName) === '' ? 'the story' : `"${line(storyName)}"`
  return done.has(effect.state)
    ? `${who} ${effect.state} ${story}`
    : `${who} changed the state of ${story} to ${line(effect.state)}`
}

/** States whose name is what the person did. */
const done: ReadonlySet<string> = new Set(['started', 'finished', 'delivered', 'accepted', 'rejected'])

/** Line ends as Bugzilla stores them; characters that XML cannot carry are gone. */
function plain(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd')
}

function line(text: string): string {
  return plain(text).replace(/\s+/g, ' ').trim()
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const kept = text.slice(0, length - 1).replace(/\p{Cs}$/u, '')
  return `${kept.trimEnd()}…`
}
