import type { Static } from 'typebox'
import { inert } from './inert.ts'
import {
  fill,
  namesIn,
  ownTemplate,
  type Piece,
  parseTemplate,
  type Template,
  TOLD,
  templateSettings,
} from './template.ts'

/** For events without a template in the settings. */
const DEFAULT_TEMPLATE = '{author} {what} {story}[: "{text}"][ {link}]'

export const Templates = templateSettings(TOLD, DEFAULT_TEMPLATE)
export type Templates = Static<typeof Templates>

/**
 * What is wrong with the words around the placeholders. Neither alone nor next to a name may they be a mention, a topic,
 * a cashtag or a link, whichever parts are left out.
 */
function awkward(parts: Template, includeLink: boolean): string | null {
  const named = namesIn(parts)
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
  rule: (parts: Template, told: (typeof TOLD)[number]) => string | null,
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
  const standard = parseTemplate(DEFAULT_TEMPLATE)
  return ownTemplate(told, templates) ?? (typeof standard === 'string' ? [] : standard)
}
