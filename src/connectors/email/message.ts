import { createHash } from 'node:crypto'
import type { Job, StoryRef } from '../contract/connector.ts'
import { printable } from '../kit/as-typed.ts'
import { htmlOf } from '../kit/rich-html.ts'
import { type Block, wordsOf } from '../kit/rich-text.ts'
import { plainRoomWords, roomWords } from '../kit/room-words.ts'
import { cutBefore } from '../kit/whole-characters.ts'
import type { Settings } from './settings.ts'

/** What nodemailer's composer makes a message of. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly messageId: string
  readonly inReplyTo?: string
  readonly references?: string
  readonly date: Date
  readonly text: string
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

/** In characters; a line of a header has 998 bytes at most (RFC 5322, section 2.1.1), and is folded before. */
const LONGEST_SUBJECT = 150

/** So that no absence notice answers (RFC 3834). */
export const BY_A_PROGRAM = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }

/** @param integration the same story is another conversation elsewhere */
export function mailOf(job: Job, settings: Settings, integration: string, now: Date): Mail {
  const { from, to, threads, templates } = settings
  const { head, said } = roomWords('a mailbox', job, templates)
  const { story, effect } = job
  const isOfStory = threads && effect.kind === 'announce' && story !== null
  const title = isOfStory ? titleOf(story) : wordsOf(head).replace(/:$/, '')
  const quoted: Block[] = said.length === 0 ? [] : [{ type: 'quote', children: said }]
  const shown: Block[] = effect.kind === 'notice' ? [...said] : quoted
  const words = plainRoomWords('a mailbox', job, templates)
  // Own words may have it.
  const link = story === null || words.includes(story.url) ? '' : story.url
  return {
    from,
    to,
    subject: subjectOf(settings, title),
    messageId: messageId(job.key, from),
    ...(isOfStory ? inThread(messageId(`${integration}/${story.projectId}/${story.id}`, from)) : {}),
    date: now,
    text: `${[words, link].filter((part) => part !== '').join('\n\n')}\n`,
    html: htmlOf([{ type: 'paragraph', children: head }, ...shown], (text) => text),
    headers: BY_A_PROGRAM,
  }
}

export function subjectOf({ subject_prefix }: Settings, title: string): string {
  return lineOf(`${subject_prefix}${title}`, LONGEST_SUBJECT)
}

export function titleOf({ name, id }: Pick<StoryRef, 'name' | 'id'>): string {
  return `${name ?? ''} (#${id})`.trim()
}

/** The same for every attempt, so that a repeat can be told from another mail. */
export function messageId(key: string, from: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

/** All refer to a mail that never was: a conversation needs no first one, and none must be remembered. */
function inThread(root: string): { inReplyTo: string; references: string } {
  return { inReplyTo: root, references: root }
}

export function lineOf(text: string, longest: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  const characters = Array.from(line)
  if (characters.length <= longest) return line
  const kept = characters.slice(0, longest - 1).join('').length
  return `${line.slice(0, cutBefore(line, kept)).trimEnd()}…`
}
