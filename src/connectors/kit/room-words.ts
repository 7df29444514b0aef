import type { Job, StoryRef } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Announcement, Notice } from '../contract/effect.ts'
import { printable } from './as-typed.ts'
import { noticeText } from './notice-text.ts'
import { SOMEONE } from './person.ts'
import { type Block, beginningOf, type Inline, plainBlocks, withTexts, wordsOf } from './rich-text.ts'
import { inTemplate } from './room-template.ts'
import { deedWords, type OwnWords, ownTemplate, type Template } from './template.ts'
import { undisguised } from './undisguised.ts'
import { cutBefore } from './whole-characters.ts'
import { plainWords, verbOf, wordedBlocks } from './wording.ts'

/** What a room is told, before it is said in the room's own markup. */
export interface RoomWords {
  /** `James Kirk accepted "More power to shields"`, linked to the story, or the operator's own words; one line. */
  readonly head: readonly Inline[]
  /** The comment and the names of its files; empty if nothing was said. */
  readonly said: readonly Block[]
  /** Of the story; null if there is none that can be followed. */
  readonly url: string | null
}

/** All in characters. */
const LONGEST_AUTHOR = 80
const LONGEST_NAME = 200
const LONGEST_TYPE = 30
const LONGEST_COMMENT = 2000
const LONGEST_NOTICE = 500
const MOST_FILES = 20

/**
 * @param templates the room's own words, by what they tell of
 * @throws {DeliveryError} for an effect that a room is never sent
 */
export function roomWords(
  target: string,
  { effect, story }: Pick<Job, 'effect' | 'story'>,
  templates: OwnWords,
): RoomWords {
  if (effect.kind === 'announce' && story !== null) return announced(effect, story, templates)
  if (effect.kind === 'notice') return noticed(effect)
  throw new DeliveryError('dead', `${target} takes announcements of stories, not "${effect.kind}"`)
}

function announced(announcement: Announcement, story: StoryRef, templates: OwnWords): RoomWords {
  const own = ownTemplate(announcement.what, templates)
  if (own !== null) return inOwnWords(own, announcement, story, saidIn(announcement))
  const { author, type, name, subject } = partsOf(announcement, story)
  const quote = name === '' ? '' : '"'
  const [before, after] = deeds(announcement, name === '' ? '' : `${type} `)
  const url = addressIn(story.url)
  return {
    head: [text(`${author} ${before} ${quote}`), linked(url, subject), ...texts(`${quote}${after}`)],
    said: saidIn(announcement),
    url,
  }
}

/** The story is linked here too, whether or not the template has its address. */
function inOwnWords(
  template: Template,
  announcement: Announcement,
  story: StoryRef,
  said: readonly Block[],
): RoomWords {
  const { author, type, name, subject } = partsOf(announcement, story)
  const quote = texts(name === '' ? '' : '"')
  const url = addressIn(story.url)
  const values = {
    author: [text(author)],
    what: [text(oneLine(deedWords(announcement, name === '' ? '' : type), LONGEST_NAME))],
    story: [...quote, linked(url, subject), ...quote],
    link: url === null ? [] : [linked(url, url)],
    said,
  }
  return { ...inTemplate(template, values), url }
}

function partsOf(announcement: Announcement, story: StoryRef) {
  const name = oneLine(story.name ?? '', LONGEST_NAME)
  const type = oneLine(story.type ?? '', LONGEST_TYPE) || 'story'
  return {
    author: oneLine(announcement.author, LONGEST_AUTHOR) || SOMEONE,
    type,
    name,
    subject: name === '' ? `${type} #${oneLine(story.id, LONGEST_TYPE)}` : name,
  }
}

/** What stands before the story, and behind it. @param type of a story that is called by its name */
function deeds(announcement: Announcement, type: string): readonly [string, string] {
  const { what } = announcement
  if (what === 'created') return [`added ${type}`.trimEnd(), '']
  if (what === 'moved') return [`moved ${type}`.trimEnd(), ' into this project']
  return [oneLine(verbOf(announcement), LONGEST_NAME), '']
}

/** The files are told after the cut, so that a long comment does not hide them. */
function saidIn(announcement: Announcement): Block[] {
  const { attachments = [] } = announcement
  const comment = beginningOf(wordedBlocks({ ...announcement, attachments: [] }), LONGEST_COMMENT)
  const files = wordedBlocks({ ...announcement, text: null, attachments: attachments.slice(0, MOST_FILES) })
  return withTexts(undisguised([...comment, ...files]), printable)
}

function noticed({ lines }: Notice): RoomWords {
  const [first, ...others] = lines.map(({ message }) => oneLine(message, LONGEST_NOTICE))
  if (others.length === 0) return { head: [text(`Tracker Relay: ${first ?? ''}.`)], said: [], url: null }
  const items = [first ?? '', ...others].map((message) => plainBlocks(message))
  return { head: [text('Tracker Relay:')], said: [{ type: 'list', first: null, items }], url: null }
}

/** The same as plain text, for notifications and clients that show nothing else. */
export function plainRoomWords(target: string, job: Pick<Job, 'effect' | 'story'>, templates: OwnWords): string {
  const { effect, story } = job
  if (effect.kind === 'notice') return printable(noticeText(effect))
  const head = wordsOf(roomWords(target, job, {}).head)
  if (effect.kind !== 'announce' || story === null) return head
  const said = cut(printable(plainWords(effect)).trim(), LONGEST_COMMENT)
  const own = ownTemplate(effect.what, templates)
  if (own !== null) {
    const worded = inOwnWords(own, effect, story, plainBlocks(said))
    return worded.said.length === 0 ? wordsOf(worded.head) : `${wordsOf(worded.head)}\n${said}`
  }
  return said === '' ? head : `${head}:${said.includes('\n') ? '\n' : ' '}${said}`
}

function addressIn(url: string): string | null {
  const address = url.replace(/[\s\p{C}]/gu, '')
  return /^https?:\/\/[^<>"]+$/i.test(address) && URL.canParse(address) ? address : null
}

const linked = (url: string | null, shown: string): Inline =>
  url === null ? text(shown) : { type: 'link', url, children: [text(shown)] }

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
  if (characters.length <= longest) return words
  const kept = characters.slice(0, longest - 1).join('').length
  return `${words.slice(0, cutBefore(words, kept)).trimEnd()}…`
}
