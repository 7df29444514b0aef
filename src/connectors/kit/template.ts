import { type Static, Type } from 'typebox'
import type { Announcement } from '../contract/effect.ts'
import { verbOf } from './wording.ts'

/**
 * Own words for an event. A template is read once into pieces: what the operator wrote, and where values stand. Each target
 * puts its values in already as it writes them, so that nothing that somebody wrote in a story is taken for markup.
 */

/** What every announcing connector announces. */
export const TOLD = ['created', 'moved', 'delivered', 'accepted', 'rejected', 'commented', 'changed'] as const
export const SHOWN_SENTENCES = 'the sentences that the documentation of the connector shows.'
export type Told = Announcement['what']

const PLACEHOLDERS = ['author', 'what', 'story', 'text', 'link'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

const EVENTS: Readonly<Record<Told, string>> = {
  created: 'a new story',
  moved: 'a story that was moved here from another project',
  started: 'a story that is started',
  finished: 'a story that is finished',
  delivered: 'a story that is delivered',
  accepted: 'a story that is accepted',
  rejected: 'a story that is rejected',
  commented: 'a comment',
  changed: 'what Tracker has no word for, such as a story that is cancelled',
}

const template = (event: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      description: `The words for ${event}`,
      examples: ['{author} {what} {story}[ {link}]'],
    }),
  )

/**
 * The setting `templates`.
 * @param told what the connector announces
 * @param without what is said without a template, as it follows "Without them:"
 */
export function templateSettings<T extends Told>(told: readonly T[], without: string) {
  const properties = Object.fromEntries(told.map((each) => [each, template(EVENTS[each])]))
  return Type.Object(properties as Record<T, ReturnType<typeof template>>, {
    additionalProperties: false,
    default: {},
    description: `Own words for an event, with {author}, {what}, {story}, {text} and {link}; a part in [ ] is left out when what it names is empty. Without them: ${without}`,
  })
}
export type OwnWords = { readonly [Event in Told]?: Static<ReturnType<typeof template>> | undefined }

export type Piece = { readonly literal: string } | { readonly value: Placeholder }

export type Template = readonly { readonly optional: boolean; readonly pieces: readonly Piece[] }[]

const TOKEN = /\{([^{}[\]]*)\}|[{}[\]]|[^{}[\]]+/g

/** A string says what is wrong. */
export function parseTemplate(source: string): Template | string {
  const groups: { optional: boolean; pieces: Piece[] }[] = [{ optional: false, pieces: [] }]
  for (const [token, name] of source.matchAll(TOKEN)) {
    const inside = groups.at(-1)?.optional === true
    if (token === '[' && inside) return 'must not have a [ ] within another one'
    if (token === ']' && !inside) return 'has a "]" without a "["'
    if (token === '[' || token === ']') groups.push({ optional: token === '[', pieces: [] })
    else if (name !== undefined) {
      const value = PLACEHOLDERS.find((each) => each === name)
      const known = PLACEHOLDERS.map((each) => `{${each}}`).join(', ')
      if (value === undefined) return `has the unknown placeholder {${name}}; there are ${known}`
      groups.at(-1)?.pieces.push({ value })
    } else if (token === '{' || token === '}') return `has a single "${token}"; write a placeholder like {story}`
    else groups.at(-1)?.pieces.push({ literal: token })
  }
  if (groups.at(-1)?.optional === true) return 'has a "[" without a "]"'
  if (groups.some(({ optional, pieces }) => optional && !pieces.some((each) => 'value' in each)))
    return 'has a part in [ ] without a placeholder, which would never be left out; remove the [ ]'
  return groups.filter(({ pieces }) => pieces.length > 0)
}

/** The one that the settings have for an event; null: none, or none that can be used. */
export function ownTemplate(told: string, templates: OwnWords): Template | null {
  const source = Object.hasOwn(templates, told) ? templates[told as Told] : undefined
  const parts = source === undefined ? null : parseTemplate(source)
  return typeof parts === 'string' ? null : parts
}

export function namesIn(parts: Template): ReadonlySet<Placeholder> {
  return new Set(parts.flatMap(({ pieces }) => pieces.flatMap((each) => ('value' in each ? [each.value] : []))))
}

/** The pieces that are left once the parts are left out that name something empty. */
export function piecesOf(parts: Template, isEmpty: (value: Placeholder) => boolean): Piece[] {
  return parts
    .filter(({ optional, pieces }) => !optional || pieces.every((each) => !('value' in each) || !isEmpty(each.value)))
    .flatMap(({ pieces }) => [...pieces])
}

/** For a target that takes plain text. */
export function fill(parts: Template, values: Readonly<Record<Placeholder, string>>): string {
  return piecesOf(parts, (value) => values[value] === '')
    .map((each) => ('value' in each ? values[each.value] : each.literal))
    .join('')
    .trim()
}

/** The value of {what}. @param type of a story that is called by its name; else empty */
export function deedWords(announcement: Pick<Announcement, 'what' | 'deed'>, type: string): string {
  const { what } = announcement
  return `${verbOf(announcement)} ${what === 'created' || what === 'moved' ? type : ''}`.trimEnd()
}
