import { escapeHtml } from './escape-html.ts'
import type { Block, Inline } from './rich-text.ts'

const TAGS = { strong: 'strong', emphasis: 'em', strike: 'del' } as const

/** Content as HTML, of tags that every system keeps. @param inert makes a text harmless to the target, before it is escaped */
export function htmlOf(blocks: readonly Block[], inert: (text: string) => string): string {
  return blocks.map((block) => blockHtml(block, inert)).join('')
}

function blockHtml(block: Block, inert: (text: string) => string): string {
  switch (block.type) {
    case 'paragraph':
      return `<p>${inlineHtml(block.children, inert)}</p>`
    case 'code block':
      return `<pre><code>${escapeHtml(inert(block.text))}</code></pre>`
    case 'quote':
      return `<blockquote>${htmlOf(block.children, inert)}</blockquote>`
    case 'list': {
      const items = block.items.map((item) => `<li>${itemHtml(item, inert)}</li>`).join('')
      if (block.first === null) return `<ul>${items}</ul>`
      return `<ol${block.first === 1 ? '' : ` start="${block.first}"`}>${items}</ol>`
    }
    case 'rule':
      return '<hr>'
  }
}

/** The first paragraph stands beside its bullet. */
function itemHtml([first, ...others]: readonly Block[], inert: (text: string) => string): string {
  if (first === undefined) return ''
  const beside = first.type === 'paragraph' ? inlineHtml(first.children, inert) : blockHtml(first, inert)
  return `${beside}${htmlOf(others, inert)}`
}

export function inlineHtml(content: readonly Inline[], inert: (text: string) => string): string {
  return content
    .map((each) => {
      if (each.type === 'text') return escapeHtml(inert(each.text))
      if (each.type === 'code') return `<code>${escapeHtml(inert(each.text))}</code>`
      if (each.type === 'break') return '<br>'
      if (each.type === 'link') return `<a href="${addressIn(each.url)}">${inlineHtml(each.children, inert)}</a>`
      const tag = TAGS[each.type]
      return `<${tag}>${inlineHtml(each.children, inert)}</${tag}>`
    })
    .join('')
}

/** Braces could be a placeholder. */
function addressIn(url: string): string {
  return escapeHtml(url.replaceAll('{', '%7B').replaceAll('}', '%7D'))
}
