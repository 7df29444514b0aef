import { asTyped, printable, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'

/**
 * A comment of Tracker in Lighthouse's words. Lighthouse shows notes as Markdown with remains of Textile, makes "#43" a
 * link to ticket 43 and "@@@" a block of code (lighthouseapp.com, "How to format text in messages and tickets"), and
 * reads `state:resolved` and the like as commands in some places (help.lighthouseapp.com, "How do I update tickets with
 * keywords?"). None of that may come out of a story's text: it is shown as it was typed.
 */
export interface Note {
  readonly author: string
  readonly text: string
  /** Of the story; left out when it is no web address. */
  readonly url: string
  readonly marker: string
}

/** No limit is documented; 65,535 bytes is what a text column commonly holds, and a cut one would lose its marker. */
export const MAX_NOTE_BYTES = 60_000
const MAX_AUTHOR = 100

/** At most `MAX_NOTE_BYTES` long when encoded as UTF-8; the marker is always whole and at the end. */
export function noteOf({ author, text, url, marker }: Note): string {
  const name = printable(author).replace(/\s+/g, ' ').trim()
  const who = literal(Array.from(name).slice(0, MAX_AUTHOR).join('')) || SOMEONE
  const link = /^https?:\/\/\S+$/.test(url) ? url : ''
  const compose = (said: string): string =>
    [`${who} commented: ${said}`, link, marker].filter((part) => part !== '').join('\n\n')
  return compose(fitted(printable(text).trim(), MAX_NOTE_BYTES - bytes(compose('')), literal, bytes))
}

/** The same text, with nothing left in it that Lighthouse would act on. */
export function literal(text: string): string {
  return asTyped(text, BLOCK, (part, isBeforeLink) =>
    // "state:http://..." is a keyword too, and "!http://..." an image.
    plain(isBeforeLink ? part.replace(/!$/, `!${ZERO_WIDTH}`).replace(/(?<=[a-z]):$/i, ': ') : part),
  )
}

/** What makes a heading, list, quotation, rule, table, fence or definition of a line in Markdown or Textile. */
const BLOCK = /^([#>=~|:]|[+*-](\s|$)|--|\d+[.)](\s|$)|(h[1-6]|bq|bc|pre|p|fn\d+|table|notextile)[.([{])/

const KEYWORD =
  /(?<![a-z0-9/])(not-tagged|tagged|tag|responsible|assigned|milestone|state|importance|priority|project|account):(?=\S)/gi

/** Outside of links. A keyword is no longer one with a blank after its colon, says the page on keywords. */
function plain(text: string): string {
  return text
    .replace(KEYWORD, '$1: ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]]/g, '\\$&')
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH}`)
    .replace(/(?<!\w)@|@(?!\w)/g, `@${ZERO_WIDTH}`)
    .replace(/"(?=:)/g, `"${ZERO_WIDTH}`)
    .replace(/!(?=[\w/])/g, `!${ZERO_WIDTH}`)
}

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8')
