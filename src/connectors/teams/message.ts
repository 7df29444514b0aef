import type { Job } from '../contract/connector.ts'
import { type Block, fittingBlocks, type Inline } from '../kit/rich-text.ts'
import { type RoomWords, roomWords } from '../kit/room-words.ts'
import type { OwnWords } from '../kit/template.ts'

/** Teams takes messages of 28 KB, with what the workflow puts around the card (learn.microsoft.com/connectors/teams). */
const LONGEST_BYTES = 24 * 1024

/**
 * A card of rich text blocks, which Teams shows as they are: unlike those of a TextBlock their texts are not Markdown. A
 * mention would need an entity besides its text, and there is none.
 */
export function bodyOf(job: Job, templates: OwnWords): object {
  const words = roomWords('Teams', job, templates)
  const fitting = fittingBlocks(words.said, LONGEST_BYTES, (blocks) =>
    Buffer.byteLength(JSON.stringify(message({ ...words, said: blocks }))),
  )
  return message({ ...words, said: fitting })
}

function message({ head, said, url }: RoomWords): object {
  const [title] = linesOf(head, {})
  const comment = said.flatMap((block, index) => itemsOf(block, { indent: '', isFirst: index === 0 }))
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
    body: [
      line(title ?? []),
      ...(comment.length === 0 ? [] : [{ type: 'Container', style: 'emphasis', items: comment }]),
    ],
    ...(url === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open the story', url }] }),
  }
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }
  return { type: 'message', attachments: [attachment] }
}

interface Place {
  readonly indent: string
  readonly isFirst: boolean
}

const CLOSE = { spacing: 'None' }
/** As wide as a letter, and never dropped as blanks are. */
const EM_SPACE = '\u2003'

function itemsOf(block: Block, { indent, isFirst }: Place): object[] {
  switch (block.type) {
    case 'paragraph':
      return paragraph(block.children, indent, indent, isFirst)
    case 'code block':
      return block.text === '' ? [] : [line([run(block.text, { fontType: 'Monospace' })])]
    case 'quote':
      return block.children.flatMap((each) => itemsOf(each, { indent: `${indent}▏`, isFirst: false }))
    case 'list':
      return block.items.flatMap((item, index) => {
        const mark = block.first === null ? '• ' : `${block.first + index}. `
        const [first, ...others] = item
        const inner = `${indent}${EM_SPACE}`
        const beside = first?.type === 'paragraph' ? first.children : []
        const rest = first?.type === 'paragraph' ? others : item
        const own = paragraph(beside, `${indent}${mark}`, inner, false)
        return [...own, ...rest.flatMap((each) => itemsOf(each, { indent: inner, isFirst: false }))]
      })
    case 'rule':
      return [line([run('───', {})])]
  }
}

function paragraph(content: readonly Inline[], first: string, others: string, isStart: boolean): object[] {
  return linesOf(content, {}).map((runs, index) => {
    const indent = index === 0 ? first : others
    const shown = indent === '' ? runs : [run(indent, {}), ...runs]
    return line(shown, index === 0 && (isStart || indent === '') ? {} : CLOSE)
  })
}

const line = (inlines: readonly object[], more: object = {}): object => ({
  type: 'RichTextBlock',
  ...more,
  inlines: inlines.length === 0 ? [run(EM_SPACE, {})] : inlines,
})

const MARKS = {
  strong: { weight: 'Bolder' },
  emphasis: { italic: true },
  strike: { strikethrough: true },
} as const

/** An end of a line within a text is not shown everywhere, so each line is a block. */
function linesOf(content: readonly Inline[], style: object): object[][] {
  const lines: object[][] = [[]]
  for (const each of content) {
    if (each.type === 'break') lines.push([])
    else if (each.type === 'text') add([[...(each.text === '' ? [] : [run(each.text, style)])]])
    else if (each.type === 'code')
      add([[...(each.text === '' ? [] : [run(each.text, { ...style, fontType: 'Monospace' })])]])
    else if (each.type === 'link')
      add(linesOf(each.children, { ...style, selectAction: { type: 'Action.OpenUrl', url: each.url } }))
    else add(linesOf(each.children, { ...style, ...MARKS[each.type] }))
  }
  return lines

  function add([first = [], ...others]: object[][]): void {
    lines.at(-1)?.push(...first)
    lines.push(...others)
  }
}

const run = (text: string, style: object): object => ({ type: 'TextRun', text, ...style })
