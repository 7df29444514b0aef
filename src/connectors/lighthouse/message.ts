import { largestThatFits } from '../kit/largest-that-fits.ts'
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
const ZERO_WIDTH = '\u200b'

/** At most `MAX_NOTE_BYTES` long when encoded as UTF-8; the marker is always whole and at the end. */
export function noteOf({ author, text, url, marker }: Note): string {
  const name = printable(author).replace(/\s+/g, ' ').trim()
  const who = literal(Array.from(name).slice(0, MAX_AUTHOR).join('')) || SOMEONE
  const link = /^https?:\/\/\S+$/.test(url) ? url : ''
  const compose = (said: string): string =>
    [`${who} commented: ${said}`, link, marker].filter((part) => part !== '').join('\n\n')
  const clean = printable(text).trim()
  const whole = compose(literal(clean))
  if (bytes(whole) <= MAX_NOTE_BYTES) return whole
  return compose(`${cut(clean, MAX_NOTE_BYTES - bytes(compose('…')))}…`)
}

/** The longest beginning that still fits once it is made literal. */
function cut(text: string, room: number): string {
  // Hardly a text shrinks when it is made literal: what is beyond `room` is not worth trying.
  const characters = Array.from(text.slice(0, room))
  const start = (count: number): string => characters.slice(0, count).join('')
  const fits = largestThatFits(0, characters.length, (count) => bytes(literal(start(count))) <= room)
  return literal(start(fits).trimEnd())
}

/** The same text, with nothing left in it that Lighthouse would act on. */
export function literal(text: string): string {
  return printable(text)
    .split('\n')
    .map(literalLine)
    .join('\n')
    .replace(/(?<=[^\n])\n(?=[^\n])/g, '  \n')
}

const LINK = /(https?:\/\/[^\s<>"'`()[\]{}\\*|^!]+)/i
/** What makes a heading, list, quotation, rule, table, fence or definition of a line in Markdown or Textile. */
const BLOCK = /^([#>=~|:]|[+*-](\s|$)|--|\d+[.)](\s|$)|(h[1-6]|bq|bc|pre|p|fn\d+|table|notextile)[.([{])/

function literalLine(line: string): string {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? ''
  const rest = line.slice(indent.length).trimEnd()
  if (rest === '') return ''
  // Four blanks or a tab would make a block of code, in which the escapes show.
  const kept = indent.replace(/\t/g, '    ').replace(/ /g, '\u00a0')
  const parts = rest.split(LINK).map((part, index, all) => {
    if (index % 2 === 1) return part.replace(/&/g, '&amp;')
    // "state:http://..." is a keyword too, and "!http://..." an image.
    const apart = index === all.length - 1 ? part : part.replace(/!$/, `!${ZERO_WIDTH}`).replace(/(?<=[a-z]):$/i, ': ')
    return plain(apart)
  })
  return `${kept}${BLOCK.test(rest) ? ZERO_WIDTH : ''}${parts.join('')}`
}

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

/** Without control characters, characters that turn the direction of writing, and halves of surrogate pairs. */
function printable(text: string): string {
  return Buffer.from(text.replace(/\r\n?|[\u2028\u2029]/g, '\n'), 'utf8')
    .toString('utf8')
    .replace(/(?![\t\n])[\p{Cc}\p{Bidi_Control}\ufeff]/gu, '')
}

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8')
