/**
 * JIRA's wiki markup. A backslash only escapes the marks `-#*_+?^~|%{}[]()!@`, and not after another backslash; anything
 * else is broken up by a zero-width space, which nobody sees.
 * Source: the parser of Atlassian's npm package @atlaskit/editor-wikimarkup-transformer, a port of the one in JIRA, and
 * JIRA's WikiRendererHelpAction page.
 */

export const NOTHING = '\u200b'
const NO_BREAK_SPACE = '\u00a0'

/**
 * An address that is left as it is: JIRA makes a link of it. The last sign is not one that JIRA would leave out, and none
 * of them starts markup.
 */
const ADDRESS = /(?:https?|ftps?|irc):\/\/(?:[\w.\-~:/?#@%=+,;&]|\([\w.\-~%+,]*\))*(?:[\w\-~/#%=+&]|\([\w.\-~%+,]*\))/g
/** Signs behind an address that JIRA would take for a part of it. */
const GOES_ON = /^[\w?!~^/\\#$%&'()*+,\-.:;<=@]/

/**
 * JIRA shows the result as the text was written, without mentions, links other than bare addresses, images, macros,
 * smileys, tables, lists or emphasis.
 */
export function escapeWiki(text: string): string {
  return escapedBy(escapeMark, cleanText(text))
}

/** The same for text between marks such as `*`, where the escapes are taken away before it is read. */
export function escapeMarked(text: string): string {
  return escapedBy((mark) => `${NOTHING}${escapeMark(mark)}${NOTHING}`, cleanText(text))
}

/** A line's own blanks at its beginning, which JIRA would leave out. */
export function indented(line: string): string {
  return line.replace(/^[ \t]+(?=\S)/, (blanks) => NO_BREAK_SPACE.repeat(blanks.replaceAll('\t', '    ').length))
}

/** Without control characters and lone surrogates, which JIRA cannot store. */
export function cleanText(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]|\p{Cs}/gu, '')
  )
}

/** Percent-encodes what could start markup. */
export function safeUrl(url: string): string {
  return url.replace(/[^A-Za-z0-9.\-_~:/?#@%=+,;&]/gu, (mark) => {
    const encoded = encodeURIComponent(mark)
    return encoded === mark ? `%${mark.charCodeAt(0).toString(16).toUpperCase()}` : encoded
  })
}

const MARKS = new RegExp(
  [
    // Entities would be decoded.
    String.raw`&(?=#?\w{1,31};)`,
    // A backslash before a letter or a blank is one; any other would escape, or break the line.
    String.raw`\\(?![\p{L}\p{N} \t])`,
    String.raw`[{}[\]|!]`,
    // Phrases open where a word does, and so do strike-through and underline unless a blank follows.
    String.raw`(?<![\p{L}\p{Nd}])(?:[*_^~]|[-+](?![ \n]))`,
    // Lists and rulers.
    String.raw`[-#](?<=^[ \t\u00a0]*[-#])(?=[-#*]*(?:[ \t]|$))`,
    // Headings and quotes.
    String.raw`(?<=(?<![\p{L}\p{Nd}])(?:h[1-6]|bq))\.`,
    // Citations.
    String.raw`\?(?=\?)`,
    // Smileys.
    String.raw`\((?=(?:[yni/x!?+\-*]|on|off|\*[rgby]|flag|flagoff)\))`,
    '(?<=[:;]-?)[()]|(?<=:-?)[DPp]',
    // An address that JIRA would show without its scheme.
    String.raw`(?<=mailto):(?=\S)`,
  ].join('|'),
  'gmu',
)

type Escape = (mark: string) => string

function escapedBy(quote: Escape, clean: string): string {
  if (!clean.includes('://')) return escapeMarks(quote, clean, 0, clean.length)
  let escaped = ''
  let at = 0
  for (const { 0: address, index } of clean.matchAll(ADDRESS)) {
    const before = escapeMarks(quote, clean, at, index)
    if (!URL.canParse(address)) {
      const scheme = address.indexOf(':') + 1
      escaped += `${before}${address.slice(0, scheme)}${NOTHING}`
      at = index + scheme
      continue
    }
    const rest = clean.slice(index + address.length, index + address.length + 1)
    // In the middle of a word it is an address for some JIRA only, and behind a backslash for none.
    const gap = /[\p{L}\p{N}_\\]$/u.test(clean.slice(Math.max(0, index - 2), index)) ? NOTHING : ''
    escaped += `${before}${gap}${address}${GOES_ON.test(rest) || MARKS_FIRST.test(rest) ? NOTHING : ''}`
    at = index + address.length
  }
  return escaped + escapeMarks(quote, clean, at, clean.length)
}

/** Signs that are escaped by a backslash. */
const MARKS_FIRST = /^[{}[\]|]/

/** Looks at the whole text, so that the neighbours count, but returns only the part from `start` to `end`. */
function escapeMarks(quote: Escape, text: string, start: number, end: number): string {
  let escaped = ''
  let at = start
  MARKS.lastIndex = start
  for (let match = MARKS.exec(text); match !== null && match.index < end; match = MARKS.exec(text)) {
    escaped += text.slice(at, match.index) + quote(match[0])
    at = match.index + match[0].length
  }
  return escaped + text.slice(at, end)
}

function escapeMark(mark: string): string {
  if (/^[&\\:]$/.test(mark)) return `${mark}${NOTHING}`
  if (/^[.DPp]$/.test(mark)) return `${NOTHING}${mark}`
  return `\\${mark}`
}
