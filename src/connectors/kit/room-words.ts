import type { Job, StoryRef } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Announcement, Notice } from '../contract/effect.ts'
import { printable } from './as-typed.ts'
import { noticeText } from './notice-text.ts'
import { SOMEONE } from './person.ts'
import { type Block, beginningOf, type Inline, plainBlocks, withTexts, wordsOf } from './rich-text.ts'
import { plainWords, wordedBlocks } from './wording.ts'

/** What a room is told, before it is said in the room's own markup. */
export interface RoomWords {
  /** `James Kirk accepted "More power to shields"`, linked to the story; one line. */
  readonly head: readonly Inline[]
  /** The comment and the names of its files; empty if nothing was said. */
  readonly said: readonly Block[]
}

/** All in characters. */
const LONGEST_AUTHOR = 80
const LONGEST_NAME = 200
const LONGEST_TYPE = 30
const LONGEST_COMMENT = 2000
const LONGEST_NOTICE = 500
const MOST_FILES = 20

/** @throws {DeliveryError} for an effect that a room is never sent */
export function roomWords(target: string, { effect, story }: Pick<Job, 'effect' | 'story'>): RoomWords {
  if (effect.kind === 'announce' && story !== null) return announced(effect, story)
  if (effect.kind === 'notice') return noticed(effect)
  throw new DeliveryError('dead', `${target} takes announcements of stories, not "${effect.kind}"`)
}

function announced(announcement: Announcement, story: StoryRef): RoomWords {
  const author = oneLine(announcement.author, LONGEST_AUTHOR) || SOMEONE
  const name = oneLine(story.name ?? '', LONGEST_NAME)
  const type = oneLine(story.type ?? '', LONGEST_TYPE) || 'story'
  const subject = linked(story.url, name === '' ? `${type} #${oneLine(story.id, LONGEST_TYPE)}` : name)
  const quote = name === '' ? '' : '"'
  const [before, after] = deeds(announcement.what, name === '' ? '' : `${type} `)
  return {
    head: [text(`${author} ${before} ${quote}`), subject, ...texts(`${quote}${after}`)],
    said: saidIn(announcement),
  }
}

/** What stands before the story, and behind it. @param type of a story that is called by its name */
function deeds(what: Announcement['what'], type: string): readonly [string, string] {
  if (what === 'created') return [`added ${type}`.trimEnd(), '']
  if (what === 'moved') return [`moved ${type}`.trimEnd(), ' into this project']
  return [what === 'commented' ? 'commented on' : what, '']
}

/** The files are told after the cut, so that a long comment does not hide them. */
function saidIn(announcement: Announcement): Block[] {
  const { attachments = [] } = announcement
  const comment = beginningOf(wordedBlocks({ ...announcement, attachments: [] }), LONGEST_COMMENT)
  const files = wordedBlocks({ ...announcement, text: null, attachments: attachments.slice(0, MOST_FILES) })
  return withTexts([...comment, ...files], printable)
}

function noticed({ lines }: Notice): RoomWords {
  const [first, ...others] = lines.map(({ message }) => oneLine(message, LONGEST_NOTICE))
  if (others.length === 0) return { head: [text(`Tracker Relay: ${first ?? ''}.`)], said: [] }
  const items = [first ?? '', ...others].map((message) => plainBlocks(message))
  return { head: [text('Tracker Relay:')], said: [{ type: 'list', first: null, items }] }
}

/** The same as plain text, for notifications and clients that show nothing else. */
export function plainRoomWords(target: string, job: Pick<Job, 'effect' | 'story'>): string {
  const { effect } = job
  const head = wordsOf(roomWords(target, job).head)
  if (effect.kind === 'notice') return printable(noticeText(effect))
  const said = effect.kind === 'announce' ? cut(printable(plainWords(effect)).trim(), LONGEST_COMMENT) : ''
  return said === '' ? head : `${head}:${said.includes('\n') ? '\n' : ' '}${said}`
}

function linked(url: string, shown: string): Inline {
  const address = url.replace(/[\s\p{C}]/gu, '')
  return /^https?:\/\/[^<>"]+$/i.test(address) && URL.canParse(address)
    ? { type: 'link', url: address, children: [text(shown)] }
    : text(shown)
}

const text = (words: string): Inline => ({ type: 'text', text: words })
const texts = (words: string): Inline[] => (words === '' ? [] : [text(words)])

function oneLine(words: string, longest: number): string {
  return cut(
    printable(words.slice(0, 10 * longest))
      .replace(/\s+/g, ' ')
      .trim(),
    longest,
  )
}

function cut(words: string, longest: number): string {
  const characters = Array.from(words)
  return characters.length <= longest
    ? words
    : `${characters
        .slice(0, longest - 1)
        .join('')
        .trimEnd()}…`
}
