/** What a v2 or v3 sentence says and the fields may lack. */
export interface Told {
  readonly name: string | null
  /** The comment in `rejected "name" with comments: "comment"` or `added comment: "comment"`. */
  readonly comment: string | null
}

/** What comes between the author and a comment's quote; also "with attachments" and the like. */
const OF_A_COMMENT =
  /^\s*(?:added|edited|updated|changed|deleted|removed)\s(?:[a-z]+\s)?(?:comment|note)(?:\s[a-z ]*)?:\s*$/i
const WITH_COMMENTS = '" with comments: "'

/**
 * Finds the story's name in Tracker's sentence, as in `James Kirk edited "More "power" to shields"`: names are not
 * escaped, so the name goes from the first quote after the author to the last quote. A quote after a colon
 * (`added task: "..."`) does not begin a name; `added comment: "..."` tells a comment.
 */
export function toldBy(description: string, author: string): Told {
  const start = author !== '' && description.startsWith(author) ? author.length : 0
  const open = description.indexOf('"', start)
  if (open === -1) return NOTHING
  const close = description.lastIndexOf('"')
  if (OF_A_COMMENT.test(description.slice(start, Math.min(open, start + 100))))
    return { name: null, comment: between(description, open + 1, close) }
  if (/:\s*$/.test(description.slice(Math.max(start, open - 4), open))) return NOTHING
  const split = description.indexOf(WITH_COMMENTS, open + 1)
  if (split === -1) return { name: between(description, open + 1, close), comment: null }
  return {
    name: between(description, open + 1, split),
    comment: between(description, split + WITH_COMMENTS.length, close),
  }
}

const NOTHING: Told = { name: null, comment: null }

function between(text: string, from: number, to: number): string | null {
  const part = to > from ? text.slice(from, to) : ''
  return part.trim() === '' ? null : part
}
