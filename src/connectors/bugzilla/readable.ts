import { type Block, type Inline, wordsOf } from '../kit/rich-text.ts'

/**
 * Markdown as text that reads well without being rendered. Bugzilla shows comments as plain text, and lines that begin with
 * ">" as quotes; 5.3 and "harmony" render Markdown only where an administrator allows it, which they do not tell.
 */
export function readable(blocks: readonly Block[]): string {
  return blocks.map(blockText).join('\n\n')
}

/** The same after some words: in the first paragraph, or above what is none. */
export function readableAfter(words: string, blocks: readonly Block[]): string {
  return `${words}${blocks[0]?.type === 'paragraph' ? ' ' : '\n\n'}${readable(blocks)}`
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return inlineText(block.children)
    case 'code block':
      return indented(block.text.trimEnd(), '    ')
    case 'quote':
      return indented(readable(block.children), '> ')
    case 'list':
      return block.items
        .map((item, index) => itemText(item, block.first === null ? '-' : `${block.first + index}.`))
        .join('\n')
    case 'rule':
      return '----'
  }
}

function itemText(item: readonly Block[], sign: string): string {
  const text = item.map(blockText).join('\n')
  return `${sign} ${text.replaceAll('\n', `\n${' '.repeat(sign.length + 1)}`)}`
}

function inlineText(content: readonly Inline[]): string {
  return content
    .map((each) => {
      if (each.type === 'break') return '\n'
      if (each.type === 'code') return `\`${each.text}\``
      if (each.type === 'text') return each.text
      // Without its mark a struck text would say the opposite.
      if (each.type === 'strike') return `~~${inlineText(each.children)}~~`
      if (each.type !== 'link') return inlineText(each.children)
      const words = wordsOf(each.children)
      return words === each.url ? words : `${words} (${each.url})`
    })
    .join('')
}

function indented(text: string, by: string): string {
  return text.replace(/^/gm, by)
}
