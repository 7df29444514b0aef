import type { Job, StoryRef } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Announcement } from '../contract/effect.ts'
import { inert } from './inert.ts'
import { largestThatFits } from './largest-that-fits.ts'
import { SOMEONE } from './person.ts'
import { type Templates, templateFor } from './post-template.ts'
import { deedWords, fill, type Placeholder, type Template } from './template.ts'
import { plainWords } from './wording.ts'

/** How a target counts the length of a text. Must not shrink if the text grows. */
export type Measure = (text: string) => number

export interface PostRules {
  readonly measure: Measure
  readonly longest: number
  readonly includeLink: boolean
  readonly templates: Templates
}

/** In the target's measure. */
const LONGEST_AUTHOR = 50
/** A name or comment is not cut below this for another one; in the target's measure. */
const SHORTEST = 12
const LONGEST_WORD = 40
const LONGEST_DEED = 80

/** Stands for the link while the rest is made inert; no text contains it (see cleaned). */
const LINK_HERE = '\uFDD0'

/** @throws {DeliveryError} for anything but an announcement, or if it cannot be made to fit */
export function postFor(target: string, { effect, story }: Job, rules: PostRules): string {
  if (effect.kind !== 'announce' || story === null)
    throw new DeliveryError('dead', `${target} takes announcements of stories, not "${effect.kind}"`)
  const text = compose(templateFor(effect.what, rules.templates), effect, story, rules)
  if (text !== null) return text
  const setting = `templates.${effect.what}`
  throw new DeliveryError('dead', `${target}: the words of ${setting} leave no room for the story; shorten them`)
}

/**
 * Puts the announcement into the template. What is too long is cut between graphemes, with an ellipsis: the comment and
 * the story's name share the room; the words of the template are never cut. A link that leaves no room is left out if
 * the template allows it. Null: it still does not fit.
 */
export function compose(
  template: Template,
  announcement: Announcement,
  story: StoryRef,
  rules: PostRules,
): string | null {
  const { measure, longest } = rules
  const most = (text: string): string => ready(text, longest)
  const author = cutter(most(announcement.author) || SOMEONE, longest, measure)
  const name = most(story.name ?? '')
  const cutName = cutter(name, longest, measure)
  const text = cutter(most(plainWords(announcement)), longest, measure)
  const words = wordsOf(announcement, story, name !== '')
  const address = rules.includeLink ? story.url.replace(/[\s\p{C}]/gu, '') : ''

  const fit = (link: string): string | null => {
    const rendered = (sizes: Readonly<Record<'author' | 'story' | 'text', number>>): string => {
      const values: Record<Placeholder, string> = {
        author: author(sizes.author),
        what: words.what,
        story: name === '' ? words.unnamed : `"${cutName(sizes.story)}"`,
        text: text(sizes.text),
        link: link === '' ? '' : LINK_HERE,
      }
      // Template and story may only together form a mention or a link.
      return inert(fill(template, values)).replaceAll(LINK_HERE, () => link)
    }
    const fits = (sizes: Parameters<typeof rendered>[0]): boolean => measure(rendered(sizes)) <= longest
    const ofAuthor = (size: number): number => Math.min(size, LONGEST_AUTHOR)
    const even = largest(longest, (size) => fits({ author: ofAuthor(size), story: size, text: size }))
    if (even === null) return null
    const sizes = { author: ofAuthor(even), story: even, text: even }
    // What one of the two does not need, the other one gets.
    sizes.text = largest(longest, (size) => fits({ ...sizes, text: size })) ?? even
    sizes.story = largest(longest, (size) => fits({ ...sizes, story: size })) ?? even
    return rendered(sizes)
  }
  return fit(address) ?? (address === '' ? null : fit(''))
}

function wordsOf(
  announcement: Announcement,
  { id, type }: StoryRef,
  named: boolean,
): { readonly what: string; readonly unnamed: string } {
  const kind = ready(type ?? '', LONGEST_WORD) || 'story'
  const unnamed = `${kind} #${ready(id, LONGEST_WORD)}`
  return { what: ready(deedWords(announcement, named ? kind : ''), LONGEST_DEED), unnamed }
}

/** Null if not even SHORTEST fits. */
function largest(to: number, fits: (size: number) => boolean): number | null {
  return fits(SHORTEST) ? largestThatFits(SHORTEST, to, fits) : null
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** A letter with any number of accents is one grapheme. */
const CODE_UNITS_PER_GRAPHEME = 8

/** A foreign text for a post: one inert line, no more of it than could ever fit. */
function ready(text: string, longest: number): string {
  // A first rough cut, since a comment may be huge, with room for what the cleaning drops.
  const line = inert(cleaned(text.slice(0, longest * CODE_UNITS_PER_GRAPHEME * 4)))
  const units = longest * CODE_UNITS_PER_GRAPHEME
  if (line.length <= units) return line
  let end = 0
  for (const { index, segment } of graphemes.segment(line.slice(0, units + 1))) {
    if (index + segment.length > units) break
    end = index + segment.length
  }
  return `${trimmed(line.slice(0, end))}…`
}

/**
 * One line in composed form (NFC, which targets count by), without control characters, surrogates, noncharacters, and
 * the marks that turn the direction of writing and could disguise what is meant.
 */
function cleaned(text: string): string {
  return text
    .replace(/[\r\n\t\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u202A-\u202E\u2066-\u2069\uFEFF\u200B]/gu, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Cuts the text to a size, with an ellipsis. Remembers what it has measured. */
function cutter(text: string, longest: number, measure: Measure): (size: number) => string {
  const whole = measure(text)
  if (whole <= SHORTEST) return () => text
  const ends: number[] = []
  const weights: (number | undefined)[] = []
  // Few characters have no size, so more can never be needed.
  for (const { index } of graphemes.segment(text)) {
    if (ends.length > longest * 2) break
    ends.push(index)
  }
  const start = (count: number): string => `${trimmed(text.slice(0, ends[count] ?? text.length))}…`
  const weight = (count: number): number => {
    weights[count] ??= measure(start(count))
    return weights[count] ?? 0
  }
  return (size) => {
    if (whole <= size) return text
    return start(largestThatFits(0, ends.length - 1, (count) => weight(count) <= size))
  }
}

const trimmed = (text: string): string => text.replace(/[\s\u200B]+$/u, '')
