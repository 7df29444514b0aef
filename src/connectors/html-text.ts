import { compile, type HtmlToTextOptions } from 'html-to-text'

/** Far beyond the 20,000 characters that Tracker shows of a description, and quick to walk through. */
const LONGEST_HTML = 500_000
const MAX_DEPTH = 100

const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxDepth: MAX_DEPTH },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
    { selector: 'img', format: 'skip' },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
}
const fromMarkup = compile(options)
const fromPlain = compile({ ...options, preserveNewlines: true })

/**
 * HTML as a person reads it: paragraphs, lists and tables in lines, the address of a link behind its text, nothing of
 * scripts, styles and pictures. Where there is no tag at all, the ends of lines are kept: then they are the only form
 * that the text has. Never throws.
 */
export function htmlText(html: string): string {
  const start = html.slice(0, LONGEST_HTML)
  return (/<[a-z!/]/i.test(start) ? fromMarkup(start) : fromPlain(start)).trim()
}
