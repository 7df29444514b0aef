import type { CommentEffect, StateEffect } from '../contract/effect.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'
import { deedOf, plainWords, wordedBlocks } from '../kit/wording.ts'
import { readableAfter } from './readable.ts'

/** How long a comment may be. */
export interface Room {
  readonly most: number
  measure(text: string): number
}

/** Bugzilla's MAX_COMMENT_LENGTH in characters (Bugzilla/Constants.pm), which are never more than UTF-16 units. */
export const LONGEST_COMMENT = 65_535
const LEAST_WORTH_TRYING = 1000

/** The longest first. A server may count more than the others do, or have another limit. */
export const ROOMS: readonly Room[] = [
  { most: LONGEST_COMMENT, measure: (text) => text.length },
  ...halves(LONGEST_COMMENT).map((most) => ({ most, measure: storedLength })),
]

function halves(most: number): number[] {
  return most < LEAST_WORTH_TRYING ? [] : [most, ...halves(Math.floor(most / 2))]
}

/** 5.0 and 5.3 on MySQL count a character beyond U+FFFF as they store it: U+FDD0, "[U+1F389]", U+FDD1 (Bugzilla/Comment.pm). */
function storedLength(text: string): number {
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, (character) => `([U+${character.codePointAt(0)?.toString(16)}])`)
    .length
}

export interface MessageParts {
  readonly effect: CommentEffect | StateEffect
  readonly storyName: string | null
  readonly storyUrl: string
  /** Plain ASCII, because databases without four-byte characters store "????" for an emoji. */
  readonly marker: string
}

/**
 * Bugzilla shows comments as plain text, so nothing has to be escaped. The marker is the last line.
 */
export function messageFor({ effect, storyName, storyUrl, marker }: MessageParts, { most, measure }: Room): string {
  const end = `\n\n${[onOneLine(storyUrl), marker].filter((each) => each !== '').join('\n')}`
  return `${fitted(sentence(effect, storyName), most - measure(end), (text) => text, measure)}${end}`
}

function sentence(effect: CommentEffect | StateEffect, storyName: string | null): string {
  const who = onOneLine(effect.author) || SOMEONE
  if (effect.kind === 'comment') return comment(who, effect)
  const story = storyName === null || onOneLine(storyName) === '' ? 'the story' : `"${onOneLine(storyName)}"`
  return done.has(effect.state)
    ? `${who} ${effect.state} ${story}`
    : `${who} changed the state of ${story} to ${onOneLine(effect.state)}`
}

function comment(who: string, effect: CommentEffect): string {
  const said = `${who} ${deedOf(effect)}`
  if (effect.change === 'delete') return said
  if (effect.markup === 'markdown') return plain(readableAfter(`${said}:`, wordedBlocks(effect))).trimEnd()
  return `${said}: ${plain(plainWords(effect)).trim()}`
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
