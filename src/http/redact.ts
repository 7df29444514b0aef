import { escapedForms } from './escapes.ts'

/**
 * Hides the secrets in every form that a request or an answer may show: as they are, escaped in addresses, JSON, XML or
 * HTML or in two of these, and in base64 (also within "user:secret" of Basic credentials). If a secret is an address, its
 * host stays. Where a text was cut, the beginning of a secret is hidden too. A secret that might be a word or a number of
 * any message is hidden only where it is a value.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const hidden = [...new Set(secrets.map(withoutHost).flatMap(variantsOf))]
    .filter((secret) => secret !== '')
    // The longest first, so that a secret that holds another one is hidden whole.
    .sort((one, other) => other.length - one.length)
  if (hidden.length === 0) return (text) => text
  const unmistakable = hidden.filter((secret) => !isMistakable(secret)).map(piecesOf)
  const cores = [...new Set(secrets.flatMap(base64Cores))]
  const withoutWhole = hider(unmistakable)
  const withoutValues = hider(hidden.filter(isMistakable).map(piecesOf), isValue)
  const asPieces = cores.map((core) => [[core]])
  const withoutBeginnings = beginningHider([...unmistakable, ...asPieces])
  const mayHold = startFinder([...hidden.map(piecesOf), ...asPieces])
  return (text) =>
    mayHold(text) ? withoutValues(withoutBeginnings(withoutWhole(cores.reduce(withoutWordsAround, text)))) : text
}

/** In characters; no beginning that is hidden is shorter. */
const START = 3
const STARTS = 65_536
/** Others may share the place of three characters; a text that has those is looked through in vain. */
const start = (first: number, second: number, third: number): number =>
  (first * 2011 + second * 43 + third) & (STARTS - 1)

/** Nearly every text is told by one look that nothing hidden begins in it: a quarter of the work of recording was this. */
function startFinder(hidden: readonly Pieces[]): (text: string) => boolean {
  const table = new Uint8Array(STARTS)
  for (const pieces of hidden)
    for (const text of startsOf(pieces)) {
      // It may be followed by anything.
      if (text.length < START) return () => true
      table[start(text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2))] = 1
    }
  return (text) => {
    let first = text.charCodeAt(0)
    let second = text.charCodeAt(1)
    for (let at = 2; at < text.length; at += 1) {
      const third = text.charCodeAt(at)
      if (table[start(first, second, third)] === 1) return true
      first = second
      second = third
    }
    return false
  }
}

/** What a secret can begin with, in all its forms; shorter than a start only if the secret is. */
function startsOf(pieces: Pieces): ReadonlySet<string> {
  let starts: ReadonlySet<string> = new Set([''])
  for (const forms of pieces) {
    const longer = new Set<string>()
    for (const text of starts)
      if (text.length >= START) longer.add(text)
      else for (const form of forms) longer.add(`${text}${form}`.slice(0, START))
    starts = longer
  }
  return starts
}

/** A longer one is more likely a secret than a word of a message. */
const LONGEST_WORD = 10

/** Whether messages may have the same text where no secret is meant: it is short, a word or a number. */
export function isMistakable(secret: string): boolean {
  return secret.length < 6 || (secret.length <= LONGEST_WORD && /^(?:\p{L}?\p{Ll}+|\p{Lu}+|\d+)$/u.test(secret))
}

const HIDDEN = '[secret]'

const QUOTE = `["'\`]|&(?:quot|apos|#0*3[49]|#x2[27]);|%2[27]|\\\\u002[27]`
const END = /^(?:$|[\s&;,"'<)\]}]|\.(?:\s|$)|…|\\)/i
/** What is before a value, and what is after it. */
const VALUE_PLACES: readonly (readonly [RegExp, RegExp])[] = [
  // All there is, such as the value of a header.
  [/^\s*$/, /^\s*$/],
  [new RegExp(`(?:${QUOTE})$`, 'i'), new RegExp(`^\\\\?(?:${QUOTE})`, 'i')],
  [/(?:>|&gt;)\s*$/i, /^\s*(?:<|&lt;)\//i],
  [/=\s?$/, END],
  [/:\/\/[^\s/@]*:$/, /^@/],
  [/\b(?:basic|bearer)\s+$/i, END],
  [/\b(?:pass(?:word|phrase|wd)?|token|key|secret|pin|authorization)["']?\s*(?::|is\s)\s*$/i, END],
]
const LONGEST_BEFORE = 100

function isValue(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - LONGEST_BEFORE), start)
  const after = text.slice(end, end + LONGEST_BEFORE)
  return VALUE_PLACES.some(([opening, closing]) => opening.test(before) && closing.test(after))
}

/** A secret as a sequence of what is written one after the other: each piece has one of these forms, never an empty one. */
type Pieces = readonly (readonly string[])[]

/** Messages have each run of white space and invisible characters as one blank. */
function variantsOf(secret: string): string[] {
  return [secret, secret.trim(), secret.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim()]
}

/** Letters and digits are always written as they are. */
function piecesOf(secret: string): Pieces {
  const parts = secret.match(/[A-Za-z0-9]+|./gsu) ?? []
  return parts.map((part) => (/^[A-Za-z0-9]/.test(part) ? [part] : escapedForms(part)))
}

/** Most places of a text are told by two characters that nothing hidden begins there. */
interface Beginnings {
  /** 1 for the `beginning` of each. */
  readonly table: Uint8Array
  readonly byFirst: ReadonlyMap<string, readonly Pieces[]>
}

function beginningsOf(hidden: readonly Pieces[]): Beginnings {
  const byFirst = new Map<string, Pieces[]>()
  const table = new Uint8Array(BEGINNINGS)
  for (const pieces of hidden) {
    const [forms = []] = pieces
    for (const first of new Set(forms.map((form) => form[0] ?? '')))
      byFirst.set(first, [...(byFirst.get(first) ?? []), pieces])
    for (const form of forms)
      for (const second of form.length > 1 ? [form.slice(1)] : (pieces[1] ?? EVERYTHING))
        table[beginning(form.charCodeAt(0), second.charCodeAt(0))] = 1
  }
  return { table, byFirst }
}

const BEGINNINGS = 4096
/** Others may share the place of two characters; those are looked at in vain. */
const beginning = (first: number, second: number): number => (first * 31 + second) & (BEGINNINGS - 1)
/** What may follow a secret of one character. */
const EVERYTHING = Array.from({ length: BEGINNINGS }, (_, code) => String.fromCharCode(code))

function hider(
  hidden: readonly Pieces[],
  isMeant: (text: string, start: number, end: number) => boolean = () => true,
): (text: string) => string {
  if (hidden.length === 0) return (text) => text
  const { table, byFirst } = beginningsOf(hidden)
  return (text) => {
    let shown = ''
    let from = 0
    let next = text.charCodeAt(0)
    for (let at = 0; at < text.length; at += 1) {
      const code = next
      next = text.charCodeAt(at + 1)
      if (table[beginning(code, next)] === 0) continue
      for (const pieces of byFirst.get(text[at] ?? '') ?? []) {
        const end = endOf(pieces, text, at)
        if (end === null || !isMeant(text, at, end)) continue
        shown += `${text.slice(from, at)}${HIDDEN}`
        from = end
        at = end - 1
        next = text.charCodeAt(end)
        break
      }
    }
    return from === 0 ? text : shown + text.slice(from)
  }
}

/** Where these pieces end in the text that begin at this place; null if they do not. */
function endOf(pieces: Pieces, text: string, start: number, piece = 0): number | null {
  const forms = pieces[piece]
  if (forms === undefined) return start
  for (const form of forms) {
    const end = text.startsWith(form, start) ? endOf(pieces, text, start + form.length, piece + 1) : null
    if (end !== null) return end
  }
  return null
}

/** What a text that was cut ends with, here and in what connectors quote; some only end. */
const CUT = /…| \[\.\.\.\]|$/g
/** Fewer characters reveal little, and would match by chance. */
const SHORTEST_BEGINNING = 4
const SHORTEST_WITHOUT_MARK = 8
/** Before a cut, that much is looked at; nobody cuts a text in more places. */
const LONGEST_BEGINNING = 600
const MOST_CUTS = 50

/** A secret is not recognised any more once a text is cut in the middle of it: what is left is its beginning. */
function beginningHider(hidden: readonly Pieces[]): (text: string) => string {
  const { table, byFirst } = beginningsOf(hidden)
  const longest = Math.min(LONGEST_BEGINNING, Math.max(0, ...hidden.map(longestForm)))

  /** Where the longest beginning of a secret starts that reaches to the end of the text. */
  function beginningIn(text: string, shortest: number): number | null {
    for (let start = 0; start <= text.length - shortest; start += 1) {
      if (table[beginning(text.charCodeAt(start), text.charCodeAt(start + 1))] === 0) continue
      if (byFirst.get(text[start] ?? '')?.some((pieces) => isBeginning(text, start, pieces))) return start
    }
    return null
  }

  return (text) => {
    let shown = text
    let before = text.length
    for (const { 0: mark, index: end } of cutsIn(text)) {
      if (end > before) continue
      const from = Math.max(0, end - longest)
      const start = beginningIn(text.slice(from, end), mark === '' ? SHORTEST_WITHOUT_MARK : SHORTEST_BEGINNING)
      if (start === null) continue
      before = from + start
      shown = `${shown.slice(0, before)}${HIDDEN}${shown.slice(end)}`
    }
    return shown
  }
}

/** The last ones first. */
function cutsIn(text: string): readonly { readonly 0: string; readonly index: number }[] {
  if (!text.includes('…') && !text.includes(' [...]')) return [{ 0: '', index: text.length }]
  return [...text.matchAll(CUT)].slice(-MOST_CUTS).reverse()
}

function longestForm(pieces: Pieces): number {
  return pieces.reduce((sum, forms) => sum + Math.max(...forms.map(({ length }) => length)), 0)
}

function isBeginning(text: string, start: number, pieces: Pieces): boolean {
  let at = start
  for (const forms of pieces) {
    const rest = text.length - at
    const form = forms.find((candidate) => text.startsWith(candidate, at))
    if (form !== undefined) at += form.length
    // The cut may go through an escape.
    else return rest > 0 && forms.some((candidate) => rest < candidate.length && candidate.startsWith(text.slice(at)))
    if (at === text.length) return true
  }
  return false
}

/**
 * Hides every run of base64 characters that holds `core`. A regular expression that looks for the beginning of each run
 * would take quadratic time, and the text may be a hostile answer.
 */
function withoutWordsAround(text: string, core: string): string {
  let shown = ''
  let from = 0
  for (let at = text.indexOf(core); at !== -1; at = text.indexOf(core, from)) {
    let start = at
    while (start > from && isBase64(text[start - 1])) start -= 1
    let end = at + core.length
    while (isBase64(text[end])) end += 1
    while (text[end] === '=') end += 1
    shown += `${text.slice(from, start)}${HIDDEN}`
    from = end
  }
  return shown + text.slice(from)
}

/** Without "/", so that the words of a path before a secret stay readable. */
const isBase64 = (character = ' '): boolean => /[\w+-]/.test(character)

function withoutHost(secret: string): string {
  if (!/^https?:\/\//i.test(secret) || !URL.canParse(secret)) return secret
  const { pathname, search, hash } = new URL(secret)
  const rest = `${pathname}${search}${hash}`
  return rest === '/' ? '' : rest
}

/**
 * What every base64 text with the secret in it contains: one of three runs, for the three ways in which the secret's
 * bytes can fall into groups. The characters at the edges depend on the neighbours and are left off. With less than 6
 * bytes, the rest would match by chance.
 */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret)
  if (bytes.length < 6) return []
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const start = Math.ceil((shift * 8) / 6)
    const end = Math.floor(((shift + bytes.length) * 8) / 6)
    const core = whole.slice(start, end)
    const percent = encodeURIComponent(core)
    return [
      core,
      core.replaceAll('+', '-').replaceAll('/', '_'),
      // As JSON of PHP has it, and addresses.
      core.replaceAll('/', '\\/'),
      percent,
      percent.replace(/%../g, (code) => code.toLowerCase()),
    ]
  })
}
