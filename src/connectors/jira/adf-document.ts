import { type Block, type Inline, lines } from '../kit/rich-text.ts'
import { cleanText } from './wiki.ts'

/**
 * Blocks in the Atlassian Document Format, where nothing has to be escaped: a text is a text, and only a node of another
 * type would be a mention, an image or a macro.
 * Source: the JSON schema of Atlassian's npm package @atlaskit/adf-schema.
 */

export interface AdfNode {
  readonly type: string
  readonly text?: string
  readonly attrs?: Readonly<Record<string, string | number>>
  readonly marks?: readonly AdfMark[]
  readonly content?: readonly AdfNode[]
}

interface AdfMark {
  readonly type: 'strong' | 'em' | 'strike' | 'code' | 'link'
  readonly attrs?: { readonly href: string }
}

export interface AdfDocument {
  readonly type: 'doc'
  readonly version: 1
  readonly content: readonly AdfNode[]
}

export function documentOf(content: readonly AdfNode[]): AdfDocument {
  return { type: 'doc', version: 1, content }
}

export function adfOf(blocks: readonly Block[]): AdfNode[] {
  return blocks.flatMap((block) => nodeOf(block, 'document'))
}

/** A quote holds no quotes and rulers, an item of a list neither quotes nor rulers. */
type Container = 'document' | 'quote' | 'item'

function nodeOf(block: Block, container: Container): AdfNode[] {
  switch (block.type) {
    case 'paragraph':
      return [paragraph(block.children)]
    case 'code block':
      return [codeBlock(block.text, block.language)]
    case 'quote': {
      if (container !== 'document') return block.children.flatMap((each) => nodeOf(each, container))
      const content = block.children.flatMap((each) => nodeOf(each, 'quote'))
      return content.length === 0 ? [] : [{ type: 'blockquote', content }]
    }
    case 'list':
      return listOf(block)
    case 'rule':
      return container === 'document' ? [{ type: 'rule' }] : [paragraphOf('---')]
  }
}

function listOf({ first, items }: Extract<Block, { type: 'list' }>): AdfNode[] {
  const content = items.map((item): AdfNode => {
    const inside = item.flatMap((block) => nodeOf(block, 'item'))
    const startsWell = inside[0]?.type === 'paragraph' || inside[0]?.type === 'codeBlock'
    return { type: 'listItem', content: startsWell ? inside : [paragraph([]), ...inside] }
  })
  if (content.length === 0) return []
  return [first === null ? { type: 'bulletList', content } : { type: 'orderedList', attrs: { order: first }, content }]
}

function codeBlock(typed: string, language: string | null): AdfNode {
  const text = cleanText(typed)
  return {
    type: 'codeBlock',
    ...(language === null ? {} : { attrs: { language } }),
    content: text === '' ? [] : [textNode(text, [])],
  }
}

function inlinesOf(content: readonly Inline[], marks: readonly AdfMark[]): AdfNode[] {
  return content.flatMap((each) => inlineOf(each, marks))
}

function inlineOf(each: Inline, marks: readonly AdfMark[]): AdfNode[] {
  switch (each.type) {
    case 'break':
      return [{ type: 'hardBreak' }]
    case 'text':
      return textNodes(each.text, marks)
    case 'code': {
      // JIRA lets a code be a link, but neither strong nor struck.
      const text = cleanText(each.text)
      return text === '' ? [] : [textNode(text, [...marks.filter(({ type }) => type === 'link'), { type: 'code' }])]
    }
    case 'link':
      return inlinesOf(each.children, [...marks, { type: 'link', attrs: { href: each.url } }])
    case 'strong':
      return inlinesOf(each.children, [...marks, { type: 'strong' }])
    case 'emphasis':
      return inlinesOf(each.children, [...marks, { type: 'em' }])
    case 'strike':
      return inlinesOf(each.children, [...marks, { type: 'strike' }])
  }
}

/** A web address as people type it, without the punctuation behind it. */
const ADDRESS = new RegExp(
  String.raw`(?<![\p{L}\p{N}_])https?://(?:[^\s<>"()\p{C}]|\([^\s<>"()\p{C}]*\))*` +
    String.raw`(?:[^\s<>"()\p{C}.,;:!?'*_[\]{}]|\([^\s<>"()\p{C}]*\))`,
  'gu',
)

/** JIRA makes no links of addresses in a document. */
function textNodes(typed: string, marks: readonly AdfMark[]): AdfNode[] {
  const text = cleanText(typed)
  if (text === '') return []
  if (marks.some(({ type }) => type === 'link')) return [textNode(text, marks)]
  const nodes: AdfNode[] = []
  let at = 0
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    if (!URL.canParse(address)) continue
    if (index > at) nodes.push(textNode(text.slice(at, index), marks))
    nodes.push(textNode(address, [...marks, { type: 'link', attrs: { href: address } }]))
    at = index + address.length
  }
  return at === text.length ? nodes : [...nodes, textNode(text.slice(at), marks)]
}

function textNode(text: string, marks: readonly AdfMark[]): AdfNode {
  return { type: 'text', text, ...(marks.length === 0 ? {} : { marks }) }
}

/** A paragraph of plain words. */
export function paragraphOf(words: string): AdfNode {
  return paragraph(lines(words))
}

function paragraph(content: readonly Inline[]): AdfNode {
  return { type: 'paragraph', content: inlinesOf(content, []) }
}
