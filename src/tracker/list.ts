import { bodyText } from './body-text.ts'
import { parseJson } from './json.ts'
import { ParseError } from './parse-error.ts'

/** Keeps one request from filling the journal or the list of what was refused. */
export const MOST_ACTIVITIES = 2000

/** Most bodies are no list, and need not be decoded to see that. */
const BEGINS_LIKE_A_LIST = /^(?:\xef\xbb\xbf)?\s*(?:\[|<[\s\S]*?<activities[\s/>]|<activities[\s/>])/
const LONGEST_BEGINNING = 2000

const XML_LIST = /^(?:<\?xml[^>]*\?>)?(?:\s|<!--(?:(?!--)[\s\S])*-->)*<activities(?=[\s/>])/
const START = /<activities(?:\s[^<>]*?)?(\/?)>/y
const REST = /(?:\s|<!--(?:(?!--)[\s\S])*-->)*/y
const ACTIVITY = /<activity(?=[\s/>])/y
const EMPTY = /<activity(?:\s[^<>]*?)?\/>/y
const END = /<\/activities\s*>/y
const INSIDE = /<!--|<!\[CDATA\[|<activity(?=[\s/>])|<\/activity\s*>/g

/**
 * The activities of a list, as Tracker's API gives them: `<activities>` of v3, or a JSON array of v5, each with its own
 * bytes. Null for any other body. What is not well-formed inside an activity shows when that one is parsed.
 * @throws {ParseError} if the list itself cannot be read, or is too long
 */
export function activitiesIn(body: Buffer): Buffer[] | null {
  if (!BEGINS_LIKE_A_LIST.test(body.subarray(0, LONGEST_BEGINNING).toString('latin1'))) return null
  const text = bodyText(body)
  const parts = text.startsWith('[') ? jsonItems(text) : XML_LIST.test(text) ? xmlItems(text) : null
  if (parts !== null && parts.length > MOST_ACTIVITIES)
    throw new ParseError(
      'list',
      `The body is a list of ${parts.length} activities; send at most ${MOST_ACTIVITIES} at once.`,
    )
  return parts?.map((part) => Buffer.from(part)) ?? null
}

function jsonItems(text: string): string[] {
  const list = parseJson(text)
  const items: string[] = []
  let depth = 0
  let from = 1
  // The text is well-formed, so brackets and quotes need not be checked.
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    if (sign === '"') at = endOfString(text, at)
    else if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth -= 1
    const isEnd = depth === 0 && sign === ']'
    if (!isEnd && !(depth === 1 && sign === ',')) continue
    items.push(text.slice(from, at).trim())
    from = at + 1
    if (isEnd) break
  }
  return Array.isArray(list) && list.length === 0 ? [] : items
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at
}

function xmlItems(text: string): string[] {
  const start = at(START, text, text.indexOf('<activities'))
  if (start === null) throw malformed('The tag <activities> is malformed')
  const items: string[] = []
  let position = START.lastIndex
  if (start[1] === '/') return endsAt(text, position, items)
  for (;;) {
    position += at(REST, text, position)?.[0].length ?? 0
    if (at(END, text, position) !== null) return endsAt(text, END.lastIndex, items)
    if (at(ACTIVITY, text, position) === null)
      throw malformed(`There is something other than an <activity> after the ${items.length}. activity`)
    const end = endOfActivity(text, position)
    items.push(text.slice(position, end))
    position = end
  }
}

/** Behind the end tag of the activity that begins here; an <activity> never holds another one. */
function endOfActivity(text: string, start: number): number {
  if (at(EMPTY, text, start) !== null) return EMPTY.lastIndex
  INSIDE.lastIndex = start + 1
  for (let found = INSIDE.exec(text); found !== null; found = INSIDE.exec(text)) {
    const [mark] = found
    if (mark === '<activity') break
    if (mark.startsWith('</')) return INSIDE.lastIndex
    const close = mark === '<!--' ? '-->' : ']]>'
    const end = text.indexOf(close, INSIDE.lastIndex)
    if (end === -1) break
    INSIDE.lastIndex = end + close.length
  }
  throw malformed('There is an <activity> that is not closed')
}

function endsAt(text: string, position: number, items: string[]): string[] {
  const rest = at(REST, text, position)?.[0].length ?? 0
  if (position + rest !== text.length) throw malformed('There is something after </activities>')
  return items
}

function at(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position
  return pattern.exec(text)
}

function malformed(what: string): ParseError {
  return new ParseError('syntax', `${what}; expected a list of <activity>.`)
}
