import type { Job, StoryRef } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Announcement } from '../contract/effect.ts'
import { escapeHtml } from '../kit/escape-html.ts'
import { noticeText } from '../kit/notice-text.ts'
import { SOMEONE } from '../kit/person.ts'
import { htmlOf, inlineHtml } from '../kit/rich-html.ts'
import { type Block, beginningOf, type Inline, plainBlocks, wordsOf } from '../kit/rich-text.ts'
import { inTemplate } from '../kit/room-template.ts'
import { deedWords, type OwnWords, ownTemplate, type Template } from '../kit/template.ts'
import { plainWords, verbOf, wordedBlocks } from '../kit/wording.ts'

export interface Message {
  /** It has several lines only if the comment has. */
  readonly text: string
  /** For ONCE Campfire, which takes every body as HTML. */
  readonly html: string
  /** How ONCE Campfire shows the HTML as plain text. */
  readonly shown: string
}

const LONGEST_AUTHOR = 80
const LONGEST_NAME = 200
const LONGEST_TYPE = 30
const LONGEST_COMMENT = 500
const LONGEST_NOTICE = 2000

export function messageOf(announcement: Announcement, story: StoryRef, templates: OwnWords = {}): Message {
  const template = ownTemplate(announcement.what, templates)
  if (template !== null) return inOwnWords(template, announcement, story)
  const author = oneLine(announcement.author, LONGEST_AUTHOR) || SOMEONE
  const head = `${author} ${happening(announcement, story)}`
  const link = story.url.replace(/[\s\p{C}]/gu, '')
  const comment = severalLines(announcement.text ?? '', LONGEST_COMMENT)
  // The files are told after the cut, so that a long comment does not hide them.
  const files = severalLines(plainWords({ ...announcement, text: null }), LONGEST_COMMENT)
  const said = [comment, files].filter((part) => part !== '').join('\n')
  const text = said.includes('\n')
    ? `${joined(head, link)}\n${said}`
    : joined(said === '' ? head : `${head}: "${said}"`, link)
  if (announcement.markup === undefined && announcement.attachments === undefined) return plain(text)
  return { text, ...formatted(announcement, head, link) }
}

const plain = (text: string): Message => ({ text, html: escapeHtml(text).replaceAll('\n', '<br>'), shown: text })

/** A comment of one line stands within the sentence, another one below it. */
function formatted(announcement: Announcement, head: string, link: string): Pick<Message, 'html' | 'shown'> {
  const said = wordedBlocks({ ...announcement, attachments: [] })
  const files = wordedBlocks({ ...announcement, text: null })
  const blocks = [...beginningOf(said, LONGEST_COMMENT), ...files]
  const [first, ...others] = blocks
  const inert = (text: string): string => withoutMentions(clean(text))
  if (first?.type === 'paragraph' && others.length === 0 && !first.children.some(({ type }) => type === 'break')) {
    const html = joined(`${escapeHtml(head)}: "${inlineHtml(first.children, inert)}"`, escapeHtml(link))
    return { html, shown: joined(`${head}: "${wordsOf(first.children)}"`, link) }
  }
  return {
    html: `<p>${escapeHtml(joined(head, link))}</p>${htmlOf(blocks, inert)}`,
    shown: `${joined(head, link)}\n${shownOf(blocks)}`,
  }
}

/** As Rails' Action Text makes plain text of this HTML (action_text/plain_text_conversion.rb), but for the indent of lists. */
function shownOf(blocks: readonly Block[], isInList = false): string {
  return blocks
    .map((block) => {
      if (block.type === 'paragraph') return `${wordsOf(block.children)}\n\n`
      if (block.type === 'code block') return block.text
      if (block.type === 'quote') return `“${shownOf(block.children, isInList).trim()}”\n\n`
      if (block.type === 'rule') return ''
      const { first } = block
      const items = block.items.map((item, index) => `${first === null ? '•' : `${index + 1}.`} ${shownItem(item)}\n`)
      return `${isInList ? '\n' : ''}${items.join('')}\n`
    })
    .join('')
}

function shownItem([first, ...others]: readonly Block[]): string {
  if (first === undefined) return ''
  const beside = first.type === 'paragraph' ? wordsOf(first.children) : shownOf([first], true)
  return `${beside}${shownOf(others, true)}`.trimEnd()
}

/** @throws {DeliveryError} for an effect that this connector never plans */
export function messageFor({ effect, story }: Job, templates: OwnWords): Message {
  if (effect.kind === 'announce' && story !== null) return messageOf(effect, story, templates)
  if (effect.kind === 'notice') return plain(severalLines(noticeText(effect), LONGEST_NOTICE))
  throw new DeliveryError('dead', `Campfire takes announcements of stories, not "${effect.kind}"`)
}

/** The words of the operator, with the values as text: each of the two Campfires gets them in its own form. */
function inOwnWords(template: Template, announcement: Announcement, story: StoryRef): Message {
  const { type, name, subject } = subjectOf(story)
  const link = story.url.replace(/[\s\p{C}]/gu, '')
  const worded = (said: readonly Block[]): ReturnType<typeof inTemplate> =>
    inTemplate(template, {
      author: textOf(oneLine(announcement.author, LONGEST_AUTHOR) || SOMEONE),
      what: textOf(deedWords(announcement, name === '' ? '' : type)),
      story: textOf(subject),
      link: link === '' ? [] : [{ type: 'link', url: link, children: textOf(link) }],
      said,
    })
  const typed = plainBlocks(plainWords({ ...announcement, text: cut(announcement.text ?? '', LONGEST_COMMENT) }))
  const plainly = worded(typed)
  const below = severalLines(typedOf(plainly.said), 2 * LONGEST_COMMENT)
  const text = [lineOf(plainly.head), below].filter((part) => part !== '').join('\n')
  const comment = beginningOf(wordedBlocks({ ...announcement, attachments: [] }), LONGEST_COMMENT)
  const { head, said } = worded([...comment, ...wordedBlocks({ ...announcement, text: null })])
  const inert = (words: string): string => withoutMentions(clean(words))
  const sentence = head.map((each) => (each.type === 'link' ? escapeHtml(wordsOf([each])) : inlineHtml([each], inert)))
  if (said.length === 0) return { text, html: sentence.join(''), shown: lineOf(head) }
  return {
    text,
    html: `<p>${sentence.join('')}</p>${htmlOf(said, inert)}`,
    shown: `${lineOf(head)}\n${shownOf(said)}`,
  }
}

const textOf = (words: string): Inline[] => [{ type: 'text', text: words }]

/** An address stays as it is. */
function lineOf(head: readonly Inline[]): string {
  return head.map((each) => (each.type === 'link' ? wordsOf([each]) : withoutMentions(clean(wordsOf([each]))))).join('')
}

function typedOf(blocks: readonly Block[]): string {
  return blocks.map((block) => (block.type === 'paragraph' ? wordsOf(block.children) : '')).join('\n\n')
}

function subjectOf(story: StoryRef): { readonly type: string; readonly name: string; readonly subject: string } {
  const type = oneLine(story.type ?? '', LONGEST_TYPE) || 'story'
  const name = oneLine(story.name ?? '', LONGEST_NAME)
  return { type, name, subject: name === '' ? `${type} #${oneLine(story.id, LONGEST_NAME)}` : `"${name}"` }
}

function happening(announcement: Announcement, story: StoryRef): string {
  const { what } = announcement
  const { type, name, subject } = subjectOf(story)
  if (what === 'created') return name === '' ? `added ${subject}` : `added ${type} ${subject}`
  if (what === 'moved') return `moved ${name === '' ? '' : `${type} `}${subject} into this project`
  return `${oneLine(verbOf(announcement), LONGEST_NAME)} ${subject}`
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

function oneLine(text: string, longest: number): string {
  return withoutMentions(cut(clean(text).replace(/\s+/g, ' ').trim(), longest))
}

function severalLines(text: string, longest: number): string {
  const lines = clean(text)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
  return withoutMentions(cut(lines.trim(), longest))
}

/**
 * Line ends and spaces of one kind; without control characters, surrogates, and the marks that turn the direction of
 * writing and could disguise what is meant.
 */
function clean(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/\t/g, ' ')
    .replace(/[^\P{Cc}\n]|[\p{Cs}\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '')
}

/** A zero-width space after the sign keeps a name readable, but nobody is notified. */
function withoutMentions(text: string): string {
  return text.replace(/([@\uFF20])(?=[\p{L}\p{N}_])/gu, '$1\u200B')
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** A letter with any number of accents is one grapheme. */
const CODE_UNITS_PER_GRAPHEME = 8

/** At most `longest` graphemes, with an ellipsis if anything was cut. */
function cut(text: string, longest: number): string {
  const mostUnits = longest * CODE_UNITS_PER_GRAPHEME
  const considered = text.slice(0, mostUnits + 1)
  let end = 0
  let count = 0
  for (const { index, segment } of graphemes.segment(considered)) {
    if (count === longest - 1) end = index
    count += 1
    if (count > longest) return `${text.slice(0, end).trimEnd()}…`
    if (index + segment.length > mostUnits) return `${text.slice(0, index).trimEnd()}…`
  }
  return text
}
