import { type Block, type Inline, wordsOf } from './rich-text.ts'

/** Content in which no link says another address than the one it leads to; such a link shows its own. */
export function undisguised(blocks: readonly Block[]): Block[] {
  return blocks.map((block): Block => {
    if (block.type === 'paragraph') return { ...block, children: block.children.map(honest) }
    if (block.type === 'quote') return { ...block, children: undisguised(block.children) }
    return block.type === 'list' ? { ...block, items: block.items.map(undisguised) } : block
  })
}

function honest(inline: Inline): Inline {
  if (inline.type === 'link')
    return isDisguised(inline) ? { ...inline, children: [{ type: 'text', text: inline.url }] } : inline
  return 'children' in inline ? { ...inline, children: inline.children.map(honest) } : inline
}

function isDisguised({ url, children }: Extract<Inline, { type: 'link' }>): boolean {
  const words = wordsOf(children).replace(/[\s\p{C}]/gu, '')
  if (!/^(https?:|www\.)/i.test(words)) return false
  return hostOf(/^www\./i.test(words) ? `https://${words}` : words) !== hostOf(url)
}

/** Null if it is no address. */
function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).hostname.replace(/^www\./, '') : null
}
