import type { Job } from '../contract/connector.ts'
import { ZERO_WIDTH } from '../kit/as-typed.ts'
import { type Escapes, markdownOf } from '../kit/rich-markdown.ts'
import { type Block, fittingBlocks, type Inline, wordsOf } from '../kit/rich-text.ts'
import { plainRoomWords, type RoomWords, roomWords } from '../kit/room-words.ts'
import type { Settings } from './settings.ts'

/** Rocket.Chat's Message_MaxAllowedSize; Mattermost takes more than twice as much. */
const LONGEST_TEXT = 5000
/** Slack refuses blocks of some 13,000 characters (github.com/slackapi/bolt-js/issues/2509). */
const LONGEST_BLOCKS = 10_000

export function bodyOf(job: Job, { server, templates }: Pick<Settings, 'server' | 'templates'>): object {
  if (server !== 'slack') return { text: markdownText(roomWords('the room', job, templates), ESCAPES[server]) }
  const { head, said } = roomWords('Slack', job, templates)
  const elements = (blocks: readonly Block[]): object[] => [section(runs(head)), ...blocks.flatMap(elementsOf)]
  const fitting = fittingBlocks(said, LONGEST_BLOCKS, (blocks) => JSON.stringify(elements(blocks)).length)
  // With blocks, the text is what notifications show.
  const shown = escaped(plainRoomWords('Slack', job, templates))
  return { text: shown, blocks: [{ type: 'rich_text', elements: elements(fitting) }] }
}

/** docs.slack.dev/reference/block-kit/blocks/rich-text-block: its texts are shown as they are, and call nobody. */
function elementsOf(block: Block): object[] {
  switch (block.type) {
    case 'paragraph':
      return quote(runs(block.children))
    case 'code block':
      return block.text === '' ? [] : [{ type: 'rich_text_preformatted', border: 1, elements: [text(block.text, {})] }]
    case 'quote':
      return block.children.flatMap(elementsOf)
    case 'list':
      return listElements(block, 0)
    case 'rule':
      return quote([text('───', {})])
  }
}

type List = Extract<Block, { type: 'list' }>

/** An inner list is one of its own, further in; after it the outer one goes on. */
function listElements({ first, items }: List, indent: number): object[] {
  const style = first === null ? 'bullet' : 'ordered'
  return items.flatMap((item, index) => {
    const said = item.flatMap((block): object[] => (block.type === 'paragraph' ? runs(block.children) : []))
    const inner = item.flatMap((block) => {
      if (block.type === 'list') return listElements(block, Math.min(indent + 1, DEEPEST))
      return block.type === 'paragraph' ? [] : elementsOf(block)
    })
    const offset = first === null ? {} : { offset: first - 1 + index }
    const beside = section(said.length === 0 ? [text(ZERO_WIDTH, {})] : said)
    return [{ type: 'rich_text_list', style, indent, border: 1, ...offset, elements: [beside] }, ...inner]
  })
}

const DEEPEST = 8
const MARKS = { strong: 'bold', emphasis: 'italic', strike: 'strike' } as const
type Style = { readonly [Mark in 'bold' | 'italic' | 'strike' | 'code']?: true }

function runs(content: readonly Inline[], style: Style = {}): object[] {
  return content.flatMap((each): object[] => {
    if (each.type === 'break') return [text('\n', {})]
    if (each.type === 'text') return each.text === '' ? [] : [text(each.text, style)]
    if (each.type === 'code') return each.text === '' ? [] : [text(each.text, { ...style, code: true })]
    if (each.type !== 'link') return runs(each.children, { ...style, [MARKS[each.type]]: true })
    return [{ ...text(wordsIn(each), style), type: 'link', url: each.url }]
  })
}

const wordsIn = ({ url, children }: Extract<Inline, { type: 'link' }>): string => wordsOf(children).trim() || url
const text = (words: string, style: Style): object => ({
  type: 'text',
  text: words,
  ...(Object.keys(style).length === 0 ? {} : { style }),
})
const section = (elements: readonly object[]): object => ({ type: 'rich_text_section', elements })
const quote = (elements: readonly object[]): object[] =>
  elements.length === 0 ? [] : [{ type: 'rich_text_quote', elements }]

/** docs.slack.dev/messaging/formatting-message-text: with these three escaped nothing is a link or calls anybody. */
function escaped(words: string): string {
  const inert = words.replace(/@(?=[\p{L}\p{N}_])/gu, `@${ZERO_WIDTH}`)
  return inert.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** What was said is quoted, so that nobody can speak as the relay. */
function markdownText({ head, said }: RoomWords, escapes: Escapes): string {
  const render = (blocks: readonly Block[]): string => {
    const quoted: Block[] = blocks.length === 0 ? [] : [{ type: 'quote', children: blocks }]
    return markdownOf([{ type: 'paragraph', children: head }, ...quoted], escapes)
  }
  return render(fittingBlocks(said, LONGEST_TEXT, (blocks) => render(blocks).length))
}

/** What makes of a line a heading, list, quotation, rule, table, fence, or a command. */
const opensBlock = /^([/#>=|:~]|```|[+*-](\s|$)|--|\d+[.)](\s|$))/
const address = (url: string): string => url.replaceAll('@', '%40')
const withoutBrackets = (url: string): string =>
  url.replace(/[()[\]]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)

const parted = (words: string): string =>
  words.replace(/[@#~](?=[\p{L}\p{N}_.-])/gu, `$&${ZERO_WIDTH}`).replace(/:(?=[\w+-]+:)/g, `:${ZERO_WIDTH}`)

/** Names are looked for in code too. */
const code = (words: string): string => words.replace(/[@<](?=[\p{L}\p{N}_!@])/gu, `$&${ZERO_WIDTH}`)

const ESCAPES: Readonly<Record<'mattermost' | 'rocketchat', Escapes>> = {
  mattermost: {
    opensBlock,
    // It would make names of <!channel> and <@U1>, as Slack does, before it reads Markdown.
    plain: (words) =>
      parted(words.replace(/[\\`*_[\]{}|$~]/g, '\\$&'))
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;'),
    address,
    code,
  },
  // No sign can be escaped (packages/message-parser/src/grammar.pegjs), so emphasis as it was typed is shown as such.
  rocketchat: {
    opensBlock,
    plain: (words) => parted(words).replace(/\](?=\()|[<!\\](?=[[(\w:/+])|\|(?=\|)|\$(?=\S)/g, `$&${ZERO_WIDTH}`),
    address,
    code,
    link: (url, shown) => (shown === null ? url : `[${shown}](${withoutBrackets(url)})`),
  },
}
