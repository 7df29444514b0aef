import type { SettingProblem } from '../contract/connector.ts'
import { type Block, type Inline, wordsOf } from './rich-text.ts'
import { fill, namesIn, type OwnWords, type Placeholder, parseTemplate, piecesOf, type Template } from './template.ts'

/**
 * Templates of rooms, which show a comment of several lines below the sentence. The values are content, not yet markup: the
 * room writes it, with what the operator wrote, in its own markup, so that all of it is shown as it is.
 */

/** In characters: what the operator wrote, so that the story has the rest of a message. */
const LONGEST_LITERAL = 500
/** Of a comment within the sentence, which not every room may cut as it cuts what stands below. */
const LONGEST_WITHIN = 600

export interface RoomValues {
  readonly author: readonly Inline[]
  readonly what: readonly Inline[]
  readonly story: readonly Inline[]
  readonly link: readonly Inline[]
  /** The comment and its files; none if nothing was said. */
  readonly said: readonly Block[]
}

/**
 * The sentence, and what stands below it. A comment of one line stands where the template has {text}; of a longer one {text}
 * is empty, and it stands below. It is left out if the template does not name it.
 */
export function inTemplate(parts: Template, values: RoomValues): { readonly head: Inline[]; readonly said: Block[] } {
  const line = oneLineOf(values.said)
  const contentOf = (value: Placeholder): readonly Inline[] => (value === 'text' ? (line ?? []) : values[value])
  const pieces = piecesOf(parts, (value) => contentOf(value).length === 0)
  const content = pieces.flatMap((each): readonly Inline[] =>
    'value' in each ? contentOf(each.value) : [{ type: 'text', text: each.literal }],
  )
  const isBelow = line === null && namesIn(parts).has('text')
  return { head: tidy(content), said: isBelow ? [...values.said] : [] }
}

/** Null if it is not one line, or a long one. */
function oneLineOf(said: readonly Block[]): readonly Inline[] | null {
  const [first, ...others] = said
  if (first === undefined) return []
  const isOne =
    first.type === 'paragraph' && others.length === 0 && first.children.every(({ type }) => type !== 'break')
  return isOne && wordsOf(first.children).length <= LONGEST_WITHIN ? first.children : null
}

/**
 * Texts side by side as one, since they may only together call somebody or be markup, and without the blanks at the ends
 * that a part which was left out leaves.
 */
function tidy(content: readonly Inline[]): Inline[] {
  const tidied: Inline[] = []
  for (const each of content) {
    const before = tidied.at(-1)
    if (each.type === 'text' && before?.type === 'text')
      tidied[tidied.length - 1] = { type: 'text', text: `${before.text}${each.text}` }
    else tidied.push(each)
  }
  const [first, last] = [tidied[0], tidied.at(-1)]
  if (first?.type === 'text') tidied[0] = { type: 'text', text: first.text.trimStart() }
  if (last?.type === 'text')
    tidied[tidied.length - 1] = {
      type: 'text',
      text: (tidied.length === 1 ? last.text.trimStart() : last.text).trimEnd(),
    }
  return tidied.filter((each) => each.type !== 'text' || each.text !== '')
}

/** What is wrong with the setting `templates`, tried with and without what may be empty. */
export function roomTemplateProblems(templates: OwnWords): SettingProblem[] {
  return Object.entries(templates).flatMap(([told, source]) => {
    const problem = source === undefined ? null : problemOf(source)
    return problem === null ? [] : [{ setting: `templates.${told}`, problem }]
  })
}

function problemOf(source: string): string | null {
  if (/\p{Cc}/u.test(source)) return 'must be one line without control characters'
  const parts = parseTemplate(source)
  if (typeof parts === 'string') return parts
  const names = namesIn(parts)
  if (!names.has('story') && !names.has('text') && !names.has('link'))
    return 'would say the same for every story; use at least one of {story}, {text} and {link}'
  const literal = [
    ...parts.flatMap(({ pieces }) => pieces.map((each) => ('literal' in each ? each.literal : ''))).join(''),
  ]
  if (literal.length > LONGEST_LITERAL)
    return `has ${literal.length} characters of its own; at most ${LONGEST_LITERAL} leave room for the story`
  if (fill(parts, SILENT).replace(/[\s\p{P}\p{S}]/gu, '') === '')
    return 'would say nothing where there is no comment; use {author} or {story} outside of the [ ] of {text}'
  const whole = fill(parts, { ...SILENT, text: 'Please', link: LINK })
  return /\S\uFDD0|\uFDD0\S/.test(whole) ? 'must have a blank before and after {link}' : null
}

const SILENT = { author: 'James Kirk', what: 'accepted', story: '"More power to shields"', text: '', link: '' }
const LINK = '\uFDD0'
