import { asTyped, printable, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'

/**
 * A comment as a note. Lighthouse shows notes as Markdown with remains of Textile, turns "#43" into a link to ticket 43
 * and "@@@" into a block of code (lighthouseapp.com, "How to format text in messages and tickets"), and reads
 * `state:resolved` and the like as commands in some places (help.lighthouseapp.com, "How do I update tickets with
 * keywords?"). A comment is shown as it was typed and triggers none of that.
 */
export interface Note {
  readonly author: string
  /** commented, edited a comment, deleted a comment */
  readonly deed: string
  /** Null if nothing is said. */
  readonly text: string | null
  /** Of the story; left out if it is not an http or https URL. */
  readonly url: string
  readonly marker: string
}

/** No limit is documented; a text column commonly holds 65,535 bytes, and a note that is cut there would lose its marker. */
export const MAX_NOTE_BYTES = 60_000
const MAX_AUTHOR = 100

/** At most `MAX_NOTE_BYTES` of UTF-8; the marker is always whole and at the end. */
export function noteOf({ author, deed, text, url, marker }: Note): string {
  const name = printable(author).replace(/\s+/g, ' ').trim()
  const who = literal(Array.from(name).slice(0, MAX_AUTHOR).join('')) || SOMEONE
  const link = /^https?:\/\/\S+$/.test(url) ? url : ''
  const compose = (said: string): string =>
    [`${who} ${deed}${text === null ? '' : `: ${said}`}`, link, marker].filter((part) => part !== '').join('\n\n')
  return compose(fitted(printable(text ?? '').trim(), MAX_NOTE_BYTES - bytes(compose('')), literal, bytes))
}

/** Escapes everything that Lighthouse would act on. */
export function literal(text: string): string {
  return asTyped(
    text,
    BLOCK,
    (part, isBeforeLink) =>
      // "state:http://..." is a keyword too, and "!http://..." an image.
      plain(isBeforeLink ? part.replace(/!$/, `!${ZERO_WIDTH}`).replace(/(?<=[a-z]):$/i, ': ') : part),
    (url) => url.replace(/&/g, '&amp;'),
  )
}

/** Begins a heading, list, quotation, rule, table, fence or definition in Markdown or Textile. */
const BLOCK = /^([#>=~|:]|[+*-](\s|$)|--|\d+[.)](\s|$)|(h[1-6]|bq|bc|pre|p|fn\d+|table|notextile)[.([{])/

const KEYWORD =
  /(?<![a-z0-9/])(not-tagged|tagged|tag|responsible|assigned|milestone|state|importance|priority|project|account):(?=\S)/gi

/** Outside of links. According to the page on keywords, a blank after the colon makes it plain text. */
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
