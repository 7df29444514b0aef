import { type Block, type Inline, wordsOf } from '../kit/rich-text.ts'
import { cleanText, escapeMarked, escapeWiki, indented, NOTHING, safeUrl } from './wiki.ts'

/** What a code block may name; of another language JIRA says that it cannot be coloured. */
const LANGUAGES: ReadonlySet<string> = new Set(
  (
    'actionscript ada applescript bash c c# c++ cpp css erlang go groovy haskell html java javascript js json lua objc ' +
    'perl php python r ruby scala sh sql swift visualbasic xml yaml'
  ).split(' '),
)

/** Blocks in wiki markup. A mark that JIRA might not understand where it is, is left out: the words come first. */
export function wikiOf(blocks: readonly Block[]): string {
  return blocks
    .map((block) => wikiBlock(block))
    .filter((part) => part !== '')
    .join('\n\n')
}

function wikiBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return paragraph(block.children)
    case 'code block':
      return codeBlock(block.text, block.language)
    case 'quote': {
      const said = wikiOf(unquoted(block.children))
      return said === '' ? '' : `{quote}\n${said}\n{quote}`
    }
    case 'list':
      return list(block, '')
    case 'rule':
      return '----'
  }
}

/** A quote in a quote would end it. */
function unquoted(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => (block.type === 'quote' ? unquoted(block.children) : [block]))
}

function codeBlock(typed: string, language: string | null): string {
  const text = cleanText(typed).replace(/\{(?=code|noformat|quote)/gi, `{${NOTHING}`)
  if (text.trim() === '') return ''
  return language !== null && LANGUAGES.has(language)
    ? `{code:${language}}\n${text}\n{code}`
    : `{noformat}\n${text}\n{noformat}`
}

/** @param marks those of the lists around it. An empty line would end the list. */
function list({ first, items }: Extract<Block, { type: 'list' }>, marks: string): string {
  // JIRA's numbers begin with 1.
  const isTyped = first !== null && first !== 1
  const deeper = isTyped ? marks : `${marks}${first === null ? '*' : '#'}`
  return items
    .map((item, index) => {
      const parts = unquoted(item).map((block) => (block.type === 'list' ? list(block, deeper) : wikiBlock(block)))
      const said = parts.filter((part) => part !== '').join('\n')
      const hasLine = unquoted(item)[0]?.type === 'paragraph'
      return `${isTyped ? `${first + index}.` : deeper} ${hasLine ? '' : `${NOTHING}\n`}${said}`.trimEnd()
    })
    .join('\n')
}

function paragraph(content: readonly Inline[]): string {
  return inlines(content, { escape: escapeWiki, after: '' })
}

interface Place {
  readonly escape: (text: string) => string
  /** The sign behind the content. */
  readonly after: string
}

function inlines(content: readonly Inline[], place: Place): string {
  const rest = content.toReversed()
  const parts: string[] = []
  let isText = false
  for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
    const next = rest.at(-1)
    const before = parts.at(-1)?.at(-1) ?? ''
    const here = { ...place, before, after: next === undefined ? place.after : firstSign(next) }
    const marked = withMark(each, here)
    if (marked !== null) {
      parts.push(marked)
      isText = false
    } else if ('children' in each) {
      rest.push(...wordsWithoutMark(each).toReversed())
    } else if (each.type !== 'break') {
      const words = plain(each.text, here)
      // Signs of two texts that become neighbours could make a mark.
      if (words !== '') parts.push(isText ? `${NOTHING}${words}` : words)
      isText = true
    }
  }
  return parts.join('')
}

function firstSign(each: Inline): string {
  return wordsOf([each]).slice(0, 1)
}

interface Here extends Place {
  /** The sign before it; empty at the beginning. */
  readonly before: string
}

/** Null if only the words can be shown here. */
function withMark(each: Inline, here: Here): string | null {
  switch (each.type) {
    case 'break':
      return '\n'
    case 'text':
      return null
    case 'code':
      return monospace(each.text, here)
    case 'link':
      return link(each)
    case 'strong':
      return phrase('*', each.children, here)
    case 'emphasis':
      return phrase('_', each.children, here)
    case 'strike':
      return phrase('-', each.children, here)
  }
}

function plain(text: string, { escape: escaping, before, after }: Here): string {
  // A mark behind an address would become a part of it.
  const escaped = /:\/\/\S+$/.test(text) && after.trim() !== '' ? `${escaping(text)}${NOTHING}` : escaping(text)
  return before === '' || before === '\n' ? indented(escaped) : escaped
}

/** In braces (`{*}`) a mark is one within a word too. */
function phrase(mark: string, children: readonly Inline[], here: Here): string | null {
  // JIRA reads what is between marks twice, and would find a link the second time.
  if (wordsOf(children).includes('[')) return null
  const inner = inlines(children, { escape: escapeMarked, after: '' })
  if (!/^[^\s\u00a0](?:.*[^\s\u00a0])?$/u.test(inner) || inner.includes(mark)) return null
  const delimiter = isAlone(here) && here.before !== mark && here.after !== mark ? mark : `{${mark}}`
  return `${delimiter}${inner}${delimiter}`
}

function monospace(text: string, here: Here): string | null {
  const clean = cleanText(text)
  return /^\S(?:.*\S)?$/u.test(clean) && isAlone(here) ? `{{${escapeWiki(clean)}}}` : null
}

type Link = Extract<Inline, { type: 'link' }>

/** JIRA makes a link of a bare address itself, and knows no escapes for some signs within another link. */
function link({ url, children }: Link): string | null {
  const words = wordsOf(children)
  if (words === url || /[[\]|!{}\\^\n]/.test(words) || words.trim() === '') return null
  return `[${escapeWiki(words)}|${safeUrl(url)}]`
}

/** Without any mark a struck text would say the opposite. */
function wordsWithoutMark(each: Exclude<Inline, { text: string } | { type: 'break' }>): readonly Inline[] {
  if (each.type === 'link') return linkWords(each)
  if (each.type !== 'strike') return each.children
  const mark: Inline = { type: 'text', text: '~~' }
  return [mark, ...each.children, mark]
}

function linkWords({ url, children }: Link): Inline[] {
  const words = wordsOf(children)
  return words.includes(url) ? [...children] : [...children, { type: 'text', text: ` (${url})` }]
}

/** Where a mark may begin and end. */
function isAlone({ escape: escaping, before, after }: Here): boolean {
  return isBoundary(before) && (escaping === escapeMarked ? /^\s?$/.test(after) : isBoundary(after))
}

function isBoundary(sign: string): boolean {
  return sign === '' || /^[\s!-/:-@[\]-`{-~]$/.test(sign)
}
