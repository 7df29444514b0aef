import { ZERO_WIDTH } from './as-typed.ts'
import { type Block, type Inline, wordsOf } from './rich-text.ts'

/** How a target's Markdown is kept from reading more into a text than its author meant. */
export interface Escapes {
  /** Matches a line, without its indent, that would become something other than a line of text. */
  readonly opensBlock: RegExp
  plain(text: string): string
  /** For a target that looks for commands or names in code too. */
  code?(text: string, isBlock: boolean): string
  /** For a target that looks for names in addresses too. */
  address?(url: string): string
  /** For a target whose links are not CommonMark's. @param shown the words of the link as they are written; null: its address */
  link?(url: string, shown: string | null): string
  /** For a target that draws what is written in some languages. */
  language?(name: string): string
}

const MARKS = { strong: '**', emphasis: '*', strike: '~~' } as const

/** Content as Markdown. */
export function markdownOf(blocks: readonly Block[], escapes: Escapes): string {
  return blocks
    .map((block) => blockOf(block, escapes))
    .filter((part) => part !== '')
    .join('\n\n')
}

function blockOf(block: Block, escapes: Escapes): string {
  switch (block.type) {
    case 'paragraph':
      return paragraphOf(block.children, escapes)
    case 'code block':
      return fenced(escapes.code?.(block.text, true) ?? block.text, languageIn(block.language ?? '', escapes))
    case 'quote':
      return indented('> ', markdownOf(block.children, escapes), '> ')
    case 'list':
      return block.items
        .map((item, index) => {
          const mark = block.first === null ? '- ' : `${block.first + index}. `
          return indented(mark, itemOf(item, escapes), ' '.repeat(mark.length))
        })
        .join('\n')
    case 'rule':
      return '---'
  }
}

/** An inner list follows its line at once, so that both stay one tight list. */
function itemOf(blocks: readonly Block[], escapes: Escapes): string {
  return blocks
    .map((block, index) => {
      const gap = index === 0 ? '' : block.type === 'list' ? '\n' : '\n\n'
      return `${gap}${blockOf(block, escapes)}`
    })
    .join('')
}

function indented(mark: string, text: string, others: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? mark : others}${line}`.trimEnd())
    .join('\n')
}

function paragraphOf(content: readonly Inline[], escapes: Escapes): string {
  const lines: Inline[][] = [[]]
  for (const each of content)
    if (each.type === 'break') lines.push([])
    else lines.at(-1)?.push(each)
  return lines.map((line) => lineOf(line, escapes)).join('  \n')
}

/** Only a text can open a block: marks, code and links are something else already. */
function lineOf(line: readonly Inline[], escapes: Escapes): string {
  const shown = inlineOf(line, escapes).trim()
  const opens = line[0]?.type === 'text' && escapes.opensBlock.test(wordsOf(line).trimStart())
  return opens || shown === '' ? `${ZERO_WIDTH}${shown}` : shown
}

/** @param after what follows the content, as it is written */
function inlineOf(content: readonly Inline[], escapes: Escapes, after = ''): string {
  return content
    .map((each, index) => {
      if (each.type === 'text') return escapes.plain(each.text)
      if (each.type === 'code') return spanOf(escapes.code?.(each.text, false) ?? each.text)
      if (each.type === 'break') return '  \n'
      const before = content[index - 1]
      if (each.type === 'link') {
        // With the sign before it a link would be read as an image, which is fetched from wherever it says.
        const isParted = before?.type === 'text' && /(?<!\\)!$/.test(escapes.plain(before.text))
        const shown = linkOf(each, isFollowedByBlank(content[index + 1], after), escapes)
        return `${isParted ? ZERO_WIDTH : ''}${shown}`
      }
      const mark = MARKS[each.type]
      // The marks of two neighbours would be read as one.
      const gap = before !== undefined && before.type in MARKS ? ZERO_WIDTH : ''
      return `${gap}${mark}${inlineOf(each.children, escapes, mark)}${mark}`
    })
    .join('')
}

function isFollowedByBlank(next: Inline | undefined, after: string): boolean {
  if (next === undefined) return after === ''
  return next.type === 'break' || (next.type === 'text' && /^\s/.test(next.text))
}

type Link = Extract<Inline, { type: 'link' }>

function linkOf(link: Link, isBeforeBlank: boolean, escapes: Escapes): string {
  const isBare = wordsOf(link.children) === link.url
  const url = escapes.address?.(link.url) ?? link.url
  if (escapes.link !== undefined) return escapes.link(url, isBare ? null : inlineOf(link.children, escapes))
  if (isBare) return isBeforeBlank && !NOT_BARE.test(url) ? url : bracketed(url)
  const address = url.replace(/[()[\]\\*`~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return `[${inlineOf(link.children, escapes)}](${address.replace(/&/g, '&amp;')})`
}

/** The last signs are no part of a bare address, and neither is a reference. */
const NOT_BARE = /[?!.,:;*_~'")]$|&#?\w+;/

/**
 * An address in a text as it was typed. A bare one is taken as it is, with escapes and references, up to the next blank
 * (comrak, src/parser/autolink.rs); one in angle brackets ends there, and its references are decoded.
 * @param next what follows it, as it is written
 */
export function addressIn(url: string, next: string): string {
  if (!/^[\\`*[\]{}|]/.test(next)) return url
  const [, address = '', end = ''] = /^(.*?)([.,:;?!]*)$/.exec(url) ?? []
  return `${bracketed(address)}${end}`
}

const bracketed = (url: string): string => `<${url.replace(/&/g, '&amp;')}>`

function spanOf(code: string): string {
  const text = code.replace(/\s+/g, ' ')
  if (text.trim() === '') return ''
  const fence = '`'.repeat(longestRun(text) + 1)
  const pad = /^`|`$|^ .* $/.test(text) ? ' ' : ''
  return `${fence}${pad}${text}${pad}${fence}`
}

const languageIn = (name: string, { language }: Escapes): string => language?.(name) ?? name

function fenced(code: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(code) + 1))
  return `${fence}${language}\n${code}\n${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
