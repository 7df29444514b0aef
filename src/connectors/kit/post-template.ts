import { type Static, Type } from 'typebox'
import { inert } from './inert.ts'

export const TOLD = ['created', 'moved', 'delivered', 'accepted', 'rejected', 'commented'] as const
export type Told = (typeof TOLD)[number]

const PLACEHOLDERS = ['author', 'what', 'story', 'text', 'link'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

/** For events without a template in the settings. */
export const DEFAULT_TEMPLATE = '{author} {what} {story}[: "{text}"][ {link}]'

const template = (event: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      description: `The words for ${event}`,
      examples: ['{author} {what} {story}[ {link}]'],
    }),
  )

export const Templates = Type.Object(
  {
    created: template('a new story'),
    moved: template('a story that was moved here from another project'),
    delivered: template('a story that is delivered'),
    accepted: template('a story that is accepted'),
    rejected: template('a story that is rejected'),
    commented: template('a comment'),
  },
  {
    additionalProperties: false,
    default: {},
    description: `Own words for an event, with {author}, {what}, {story}, {text} and {link}; a part in [ ] is left out when what it names is empty. Without them: ${DEFAULT_TEMPLATE}`,
  },
)
export type Templates = Static<typeof Templates>

export type Piece = { readonly literal: string } | { readonly value: Placeholder }

export type Template = readonly { readonly optional: boolean; readonly pieces: readonly Piece[] }[]

const TOKEN = /\{([^{}[\]]*)\}|[{}[\]]|[^{}[\]]+/g

/** A string says what is wrong. */
function parseTemplate(source: string): Template | string {
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

export function fill(parts: Template, values: Readonly<Record<Placeholder, string>>): string {
  return parts
    .filter(
      ({ optional, pieces }) => !optional || pieces.every((each) => !('value' in each) || values[each.value] !== ''),
    )
    .flatMap(({ pieces }) => pieces.map((each) => ('value' in each ? values[each.value] : each.literal)))
    .join('')
    .trim()
}

/**
 * What is wrong with the words around the placeholders. Neither alone nor next to a name may they be a mention, a topic,
 * a cashtag or a link, whichever parts are left out.
 */
function awkward(parts: Template, includeLink: boolean): string | null {
  const named = new Set(parts.flatMap(({ pieces }) => pieces.flatMap((each) => ('value' in each ? [each.value] : []))))
  if (!named.has('story') && !named.has('text') && !(includeLink && named.has('link')))
    return 'would say the same for every story; use at least one of {story}, {text} and, with include_link, {link}'
  for (const empty of [[], ['text'], ['link'], ['text', 'link']]) {
    // The other values are never empty.
    const left = parts.filter(
      ({ optional, pieces }) => !optional || !pieces.some((each) => 'value' in each && empty.includes(each.value)),
    )
    const problem = awkwardNeighbours(left.flatMap(({ pieces }) => pieces)) ?? awkwardWords(left)
    if (problem !== null) return problem
  }
  return null
}

function awkwardNeighbours(pieces: readonly Piece[]): string | null {
  for (const [index, piece] of pieces.entries()) {
    if (!('value' in piece)) continue
    const before = neighbour(pieces[index - 1], -1)
    const after = neighbour(pieces[index + 1], 0)
    const name = `{${piece.value}}`
    if (piece.value === 'link' && !/^\s?$/u.test(`${before}`)) return `must have a blank before ${name}`
    if (piece.value === 'link' && !/^\s?$/u.test(`${after}`)) return `must have a blank after ${name}`
    if (/[\p{L}\p{N}_@＠#＃$./\\}]/u.test(before)) return `must not have ${name} right after "${before}"`
    if (/[\p{L}\p{N}_@＠/\\{]/u.test(after)) return `must not have "${after}" right after ${name}`
  }
  return null
}

/** Names are replaced by one letter. */
function awkwardWords(parts: Template): string | null {
  const text = fill(parts, { author: 'x', what: 'x', story: '"x"', text: 'x', link: '1' })
  const word = text.split(/\s+/).find((each) => inert(each) !== each)
  if (word === undefined) return null
  return `must not contain a mention, a topic, a cashtag or a link (found "${word}")`
}

/** A brace for another placeholder. */
function neighbour(piece: Piece | undefined, at: -1 | 0): string {
  if (piece === undefined) return ''
  if ('value' in piece) return at === -1 ? '}' : '{'
  return [...piece.literal].at(at) ?? ''
}

export function examineTemplates(
  templates: Templates,
  includeLink: boolean,
  /** The target's own rule: a problem or null. */
  rule: (parts: Template, told: Told) => string | null,
): { setting: string; problem: string }[] {
  return TOLD.flatMap((told) => {
    const source = templates[told]
    if (source === undefined) return []
    const parts = parseTemplate(source)
    const problem = typeof parts === 'string' ? parts : (awkward(parts, includeLink) ?? rule(parts, told))
    return problem === null ? [] : [{ setting: `templates.${told}`, problem }]
  })
}

/** The default one if the settings have none, or none that can be used. */
export function templateFor(told: string, templates: Templates): Template {
  const own = TOLD.find((each) => each === told)
  const sources = [own === undefined ? undefined : templates[own], DEFAULT_TEMPLATE]
  for (const source of sources) {
    const parts = source === undefined ? null : parseTemplate(source)
    if (parts !== null && typeof parts !== 'string') return parts
  }
  return []
}
