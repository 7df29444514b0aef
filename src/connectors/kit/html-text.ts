import { compile, type HtmlToTextOptions, type SelectorDefinition } from 'html-to-text'

/**
 * Well beyond the 20,000 characters that Tracker shows of a description. The time for deeply nested tags grows with the
 * square: half a second for this many characters, 13 s for five times as many.
 */
const LONGEST_HTML = 100_000
const MAX_DEPTH = 100
/** Columns are aligned by looking at all cells for each: 20,000 of them took 6 s. */
const MOST_CELLS = 1000

const selectors: SelectorDefinition[] = [
  { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
  { selector: 'img', format: 'skip' },
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => ({ selector: name, options: { uppercase: false } })),
]
const options: HtmlToTextOptions = { wordwrap: false, limits: { maxDepth: MAX_DEPTH }, selectors }
const table = { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } }
const row = { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } }
const cell = { selector: 'td', format: 'inlineSurround', options: { suffix: ' ' } }
const fromMarkup = compile({ ...options, selectors: [...selectors, table] })
const fromLargeTable = compile({ ...options, selectors: [...selectors, row, cell] })
const fromPlain = compile({ ...options, preserveNewlines: true })

/**
 * HTML as people read it: paragraphs, lists and tables in lines, the URL of a link after its text, without scripts,
 * styles and images. Line ends are kept in a text without tags. Never throws.
 */
export function htmlText(html: string): string {
  // Attributes of cells say how they are laid out: a colspan of a billion would be filled in.
  const start = html.slice(0, LONGEST_HTML).replace(/<(t[dh])\b[^>]*>/gi, '<$1>')
  if (!/<[a-z!/]/i.test(start)) return fromPlain(start).trim()
  const cells = start.match(/<t[dh]\b/gi)?.length ?? 0
  const text = cells > MOST_CELLS ? fromLargeTable(start).replaceAll(' \n', '\n') : fromMarkup(start)
  return text.trim()
}
