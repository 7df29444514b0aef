/**
 * JIRA's wiki markup. A backslash escapes the mark after it, but not another backslash, so a backslash before a mark
 * becomes an HTML entity.
 * Source: JIRA's WikiRendererHelpAction page, and what the jira-wiki-markup project found out about escapes.
 */

/** A URL that is left as it is: none of its characters starts markup, and JIRA makes a link of it. */
const ADDRESS = /(?<![\p{L}\p{N}_])https?:\/\/[A-Za-z0-9.\-:]+(?:\/[A-Za-z0-9.\-_~:/?#@%=+,;&]*)?/gu

/**
 * JIRA shows the result as the text was written, without mentions, links, images, macros, tables, lists or emphasis.
 * Control characters and lone surrogates, which JIRA cannot store, are left out.
 */
export function escapeWiki(text: string): string {
  const clean = text
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]|\p{Cs}/gu, '')
  let escaped = ''
  let at = 0
  for (const { 0: address, index } of clean.matchAll(ADDRESS)) {
    escaped += escapeMarks(clean, at, index) + address
    at = index + address.length
  }
  return escaped + escapeMarks(clean, at, clean.length)
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
    String.raw`[{}[\]|!*_^~]`,
    // Strike-through and underline open at the beginning of a word; so do lists and rulers at that of a line.
    String.raw`(?<![\p{L}\p{N}])[-+](?=\S)`,
    String.raw`(?<=^[ \t]*)[-#](?=[-#*]*[ \t])`,
    // Headings and quotes.
    String.raw`(?<=^[ \t]*(?:h[1-6]|bq))\.(?=[ \t])`,
    // Citations.
    String.raw`\?(?=\?)`,
    // Emoticons.
    String.raw`\((?=(?:[yni/x!?+\-*]|on|off|\*[rgby]|flag|flagoff)\))`,
    String.raw`:(?=[()DP])|;(?=\))`,
  ].join('|'),
  'gmu',
)

/** Looks at the whole text, so that the neighbours count, but returns only the part from `start` to `end`. */
function escapeMarks(text: string, start: number, end: number): string {
  let escaped = ''
  let at = start
  MARKS.lastIndex = start
  for (let match = MARKS.exec(text); match !== null && match.index < end; match = MARKS.exec(text)) {
    escaped += text.slice(at, match.index) + escapeMark(match[0])
    at = match.index + match[0].length
  }
  return escaped + text.slice(at, end)
}

function escapeMark(mark: string): string {
  if (mark === '&') return '&amp;'
  if (mark === '\\') return '&#92;'
  return `\\${mark}`
}
