import { largestThatFits } from './largest-that-fits.ts'
import { cutBefore } from './whole-characters.ts'

/** What a person wrote with emphasis, lists and the like, for a connector to say in its target's own markup. */
export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  /** `language` is one word of letters, digits and _ + # . - */
  | { readonly type: 'code block'; readonly text: string; readonly language: string | null }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  /** `first` is the number of the first item; null for a list without numbers. */
  | { readonly type: 'list'; readonly first: number | null; readonly items: readonly (readonly Block[])[] }
  | { readonly type: 'rule' }

/** Texts are as they were typed: each connector escapes them, and makes them inert, in its own way. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  /** The end of a line. */
  | { readonly type: 'break' }
  | { readonly type: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  /** To an http or https address without blanks; there is no link within a link. */
  | { readonly type: 'link'; readonly url: string; readonly children: readonly Inline[] }

/** A plain text in the same shape, as it was typed. */
export function plainBlocks(typed: string): Block[] {
  return withLineFeeds(typed)
    .split(/\n(?:[ \t]*\n)+/)
    .filter((part) => part.trim() !== '')
    .map((part) => ({ type: 'paragraph', children: lines(part) }))
}

export function lines(text: string): Inline[] {
  return text.split('\n').flatMap((line, index): Inline[] => {
    const shown: Inline[] = line === '' ? [] : [{ type: 'text', text: line }]
    return index === 0 ? shown : [{ type: 'break' }, ...shown]
  })
}

export function withLineFeeds(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, '\n')
}

/** The content with words before it: in its first paragraph, or in one of their own. */
export function introduced(words: string, blocks: readonly Block[]): Block[] {
  const [first, ...others] = blocks
  const intro: Inline = { type: 'text', text: words }
  if (first?.type !== 'paragraph') return [{ type: 'paragraph', children: [intro] }, ...blocks]
  return [{ type: 'paragraph', children: [intro, ...first.children] }, ...others]
}

/** What is read of inline content, without its marks. */
export function wordsOf(content: readonly Inline[]): string {
  return content
    .map((each) => (each.type === 'break' ? '\n' : 'text' in each ? each.text : wordsOf(each.children)))
    .join('')
}

/**
 * The content as `render` makes it, or its longest beginning that fits, with an ellipsis at its end. Measured after
 * rendering, because that is what targets measure; cut between characters.
 * @param room in the target's measure
 */
export function fittedBlocks(
  blocks: readonly Block[],
  room: number,
  render: (blocks: readonly Block[]) => string,
  measure: (text: string) => number,
): string {
  return render(fittingBlocks(blocks, room, (part) => measure(render(part))))
}

/** The same for a target that takes no text. @param size of what is made of the content; must not shrink if it grows */
export function fittingBlocks(
  blocks: readonly Block[],
  room: number,
  size: (blocks: readonly Block[]) => number,
): readonly Block[] {
  if (size(blocks) <= room) return blocks
  const fits = (characters: number): boolean => size(beginningOf(blocks, characters)) <= room
  return beginningOf(blocks, largestThatFits(0, room, fits))
}

/** The content with each of its texts changed; an address is no text. */
export function withTexts(blocks: readonly Block[], change: (text: string) => string): Block[] {
  const inlines = (content: readonly Inline[]): Inline[] =>
    content.map((each) => {
      if (each.type === 'break') return each
      return 'text' in each ? { ...each, text: change(each.text) } : { ...each, children: inlines(each.children) }
    })
  return blocks.map((block): Block => {
    if (block.type === 'paragraph') return { ...block, children: inlines(block.children) }
    if (block.type === 'code block') return { ...block, text: change(block.text) }
    if (block.type === 'quote') return { ...block, children: withTexts(block.children, change) }
    return block.type === 'list' ? { ...block, items: block.items.map((item) => withTexts(item, change)) } : block
  })
}

/** The first so many characters with an ellipsis, or all if there are no more. */
export function beginningOf(blocks: readonly Block[], characters: number): Block[] {
  return blocksFrom(blocks, { left: characters, isCut: false })
}

interface Rest {
  left: number
  isCut: boolean
}

function blocksFrom(blocks: readonly Block[], rest: Rest): Block[] {
  const kept: Block[] = []
  for (const block of blocks) {
    if (rest.isCut) break
    if (block.type === 'paragraph') kept.push({ ...block, children: inlinesFrom(block.children, rest) })
    else if (block.type === 'code block') kept.push({ ...block, text: textFrom(block.text, rest) })
    else if (block.type === 'quote') kept.push({ ...block, children: blocksFrom(block.children, rest) })
    else if (block.type === 'list') {
      const items: Block[][] = []
      for (const item of block.items) {
        if (rest.isCut) break
        items.push(blocksFrom(item, rest))
      }
      kept.push({ ...block, items })
    } else kept.push(block)
  }
  return kept
}

function inlinesFrom(content: readonly Inline[], rest: Rest): Inline[] {
  const kept: Inline[] = []
  for (const each of content) {
    if (rest.isCut) break
    if (each.type === 'break') {
      rest.left -= 1
      kept.push(each)
    } else if ('text' in each) kept.push({ ...each, text: textFrom(each.text, rest) })
    else kept.push({ ...each, children: inlinesFrom(each.children, rest) })
  }
  return kept
}

function textFrom(text: string, rest: Rest): string {
  const characters = Array.from(text)
  if (characters.length <= rest.left) {
    rest.left -= characters.length
    return text
  }
  rest.isCut = true
  const kept = characters.slice(0, Math.max(0, rest.left)).join('').length
  return `${text.slice(0, cutBefore(text, kept)).trimEnd()}…`
}
