/** Ways in which programs write one character of a text, each for itself. */
const ENCODERS: readonly ((character: string) => string)[] = [
  (one) => one,
  // JSON; some also escape slashes, and everything but plain letters and digits.
  (one) => JSON.stringify(one).slice(1, -1),
  (one) => (one === '/' ? '\\/' : JSON.stringify(one).slice(1, -1)),
  (one) => (isPlain(one) ? one : unitsOf(one, (hex) => `\\u${hex}`)),
  (one) => (isPlain(one) ? one : unitsOf(one, (hex) => `\\u${hex.toUpperCase()}`)),
  // Addresses and forms.
  (one) => (/[-_.~!'()*]/.test(one) ? one : percent(one)),
  (one) => (/[-_.~!'()*]/.test(one) ? one : percent(one).toLowerCase()),
  percent,
  (one) => (one === ' ' ? '+' : percent(one)),
  // XML and HTML.
  (one) => NAMED[one] ?? one,
  (one) => (one === '"' || one === "'" ? one : (NAMED[one] ?? one)),
  (one) => (one === "'" ? '&#39;' : (NAMED[one] ?? one)),
  (one) => (one === "'" ? '&#039;' : (NAMED[one] ?? one)),
  (one) => (isPlain(one) ? one : `&#${codeOf(one)};`),
  (one) => (isPlain(one) ? one : `&#x${codeOf(one).toString(16)};`),
  (one) => (isPlain(one) ? one : `&#x${codeOf(one).toString(16).toUpperCase()};`),
]

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/**
 * All forms that a character may have after it was escaped up to twice, as when HTML shows the JSON of a request: the
 * longest first. It is itself one of them.
 */
export function escapedForms(character: string): readonly string[] {
  const known = made.get(character)
  if (known !== undefined) return known
  const forms = formsOf(character)
  if (made.size < MOST_KEPT) made.set(character, forms)
  return forms
}

/** Each integration has a redactor for its secrets, and they hold the same few characters. */
const made = new Map<string, readonly string[]>()
const MOST_KEPT = 1000

function formsOf(character: string): readonly string[] {
  if (isPlain(character)) return [character]
  const once = new Set(ENCODERS.map((encode) => encode(character)))
  const twice = [...once].flatMap((form) => ENCODERS.map((encode) => Array.from(form, encode).join('')))
  return [...new Set(twice)].sort((one, other) => other.length - one.length)
}

const isPlain = (one: string): boolean => /[A-Za-z0-9]/.test(one)

const codeOf = (one: string): number => one.codePointAt(0) ?? 0

function unitsOf(one: string, write: (hex: string) => string): string {
  return Array.from({ length: one.length }, (_, at) => write(one.charCodeAt(at).toString(16).padStart(4, '0'))).join('')
}

/** Of the bytes in UTF-8; a lone surrogate has none of its own. */
function percent(one: string): string {
  if (isPlain(one) || /[-_.~]/.test(one)) return one
  return Array.from(Buffer.from(one), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
