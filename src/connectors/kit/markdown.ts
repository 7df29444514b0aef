import type { Nodes, PhrasingContent, RootContent } from 'mdast'
import { type CompileContext, fromMarkdown, type Token } from 'mdast-util-from-markdown'
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { type Block, type Inline, lines, plainBlocks, withLineFeeds } from './rich-text.ts'

/** Tracker takes 20,000 characters in a comment. */
const LONGEST = 20_000
/** A parser's time grows with the square of these: at most half a second for so many, 6 s for ten times as many. */
const MOST_MARKS = 2000
const MARK = /[*_~[`\n]/g
/** The same for signs in one line that each open a level, such as "> > >" and "- - -". */
const DEEP_LINE = /^(?:(?:[ \t]*>){13}|(?:[ \t>]*(?:[-+*]|\d{1,9}[.)])(?=[ \t])){4,}[ \t]*[^ \t\n*-])/m
/** What is nested deeper is shown as it was typed. */
const DEEPEST = 12

const syntax = [
  gfmAutolinkLiteral(),
  gfmStrikethrough({ singleTilde: false }),
  { disable: { null: ['htmlFlow', 'htmlText', 'definition'] } },
]

const nodes = {
  canContainEols: ['delete'],
  enter: {
    strikethrough(this: CompileContext, token: Token) {
      this.enter({ type: 'delete', children: [] }, token)
    },
    literalAutolink(this: CompileContext, token: Token) {
      this.enter({ type: 'link', title: null, url: '', children: [] }, token)
    },
  },
  exit: {
    strikethrough(this: CompileContext, token: Token) {
      this.exit(token)
    },
    literalAutolink(this: CompileContext, token: Token) {
      this.exit(token)
    },
    literalAutolinkHttp: bareLink(''),
    literalAutolinkWww: bareLink('http://'),
    literalAutolinkEmail: bareLink('mailto:'),
  },
}

function bareLink(scheme: string) {
  return function exit(this: CompileContext, token: Token): void {
    const address = this.sliceSerialize(token)
    const link = this.stack.at(-1)
    if (link?.type !== 'link') return
    link.url = `${scheme}${address}`
    link.children = [{ type: 'text', value: address }]
  }
}

/**
 * Reads Markdown as Tracker's comments have it: CommonMark with strikethrough and bare links, and each line end kept.
 * Nothing that was typed vanishes: HTML and definitions are text, an image is a link, headings are strong paragraphs.
 * Never throws; a text that is too large for a comment, or made to take long, is read as plain.
 */
export function parseMarkdown(typed: string): Block[] {
  const text = withLineFeeds(typed)
  if (text.length > LONGEST || (text.match(MARK)?.length ?? 0) > MOST_MARKS || DEEP_LINE.test(text))
    return plainBlocks(text)
  const tree = fromMarkdown(text, { extensions: syntax, mdastExtensions: [nodes] })
  return blocksOf(tree.children, { text, depth: 0, marks: [] })
}

/** Where a node is: the whole text, how deep, and inside of which marks. */
interface Place {
  readonly text: string
  readonly depth: number
  readonly marks: readonly ('strong' | 'emphasis' | 'strike' | 'link')[]
}

function blocksOf(content: readonly RootContent[], place: Place): Block[] {
  return content.flatMap((node) => blockOf(node, place))
}

function blockOf(node: RootContent, place: Place): Block | Block[] {
  const deeper = { ...place, depth: place.depth + 1 }
  switch (node.type) {
    case 'paragraph':
      return { type: 'paragraph', children: inlinesOf(node.children, place) }
    case 'heading':
      return node.children.length === 0 ? [] : { type: 'paragraph', children: marked('strong', node.children, place) }
    case 'code':
      return { type: 'code block', text: node.value, language: languageOf(node.lang) }
    case 'thematicBreak':
      return { type: 'rule' }
    case 'blockquote':
      if (place.depth === DEEPEST) return asTyped(node, place)
      return { type: 'quote', children: blocksOf(node.children, deeper) }
    case 'list':
      if (place.depth === DEEPEST) return asTyped(node, place)
      return {
        type: 'list',
        first: node.ordered === true ? (node.start ?? 1) : null,
        items: node.children.map((item) => blocksOf(item.children, deeper)),
      }
    default:
      return asTyped(node, place)
  }
}

function inlinesOf(content: readonly PhrasingContent[], place: Place): Inline[] {
  return content.flatMap((node) => inlineOf(node, place))
}

function inlineOf(node: PhrasingContent, place: Place): Inline[] {
  switch (node.type) {
    case 'text':
      return lines(node.value)
    case 'inlineCode':
      return [{ type: 'code', text: node.value }]
    case 'break':
      return [{ type: 'break' }]
    case 'strong':
      return marked('strong', node.children, place)
    case 'emphasis':
      return marked('emphasis', node.children, place)
    case 'delete':
      return marked('strike', node.children, place)
    case 'link':
      return linked(node.url, inlinesOf(node.children, { ...place, marks: [...place.marks, 'link'] }), place)
    case 'image':
      return linked(node.url, lines(node.alt || node.url), place)
    default:
      return lines(sourceOf(node, place))
  }
}

/** A mark within the same mark changes nothing. */
function marked(type: 'strong' | 'emphasis' | 'strike', content: readonly PhrasingContent[], place: Place): Inline[] {
  if (place.marks.includes(type)) return inlinesOf(content, place)
  return [{ type, children: inlinesOf(content, { ...place, marks: [...place.marks, type] }) }]
}

/** Everything but a web address is said in words. */
function linked(url: string, shown: readonly Inline[], { marks }: Place): Inline[] {
  const children = shown.length === 0 ? lines(url) : shown
  if (marks.includes('link')) return [...children]
  if (/^https?:\/\/[^\s<>"\p{C}]+$/iu.test(url) && URL.canParse(url)) return [{ type: 'link', url, children }]
  const words = children.map((each) => ('text' in each ? each.text : '')).join('')
  const address = url.replace(/^mailto:/i, '')
  return address === '' || words === address ? [...children] : [...children, { type: 'text', text: ` (${address})` }]
}

function asTyped(node: Nodes, place: Place): Block[] {
  return plainBlocks(sourceOf(node, place))
}

function sourceOf({ position }: Nodes, { text }: Place): string {
  return text.slice(position?.start.offset ?? 0, position?.end.offset ?? 0)
}

function languageOf(info: string | null | undefined): string | null {
  return /^[\w+#.-]{1,30}$/.exec(info ?? '')?.[0].toLowerCase() ?? null
}
