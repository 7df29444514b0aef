/** PostgreSQL takes no NUL in a text, and half of a surrogate pair is no text at all. */
const UNSTORABLE = /[\0\p{Surrogate}]/u
const HALF_PAIR = /\p{Surrogate}/gu

/**
 * What the store's verbs are called with, as both databases can keep it: whatever a target or a client made up, an
 * outcome is stored. Without NULs, and with U+FFFD for half a pair; the same object if there are none.
 */
export function storable<T>(value: T): T {
  return isStorable(value) ? value : (mended(value) as T)
}

/** For a column or an index of limited width. */
export function cut<T extends string | null>(text: T, most: number): T {
  return text === null || text.length <= most ? text : (storable(text.slice(0, most)) as T)
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !UNSTORABLE.test(value)
  if (Array.isArray(value)) return value.every(isStorable)
  if (!isPlain(value)) return true
  for (const name in value) if (!isStorable(value[name])) return false
  return true
}

function mended(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').replace(HALF_PAIR, '\ufffd')
  if (Array.isArray(value)) return value.map(mended)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mended(each)]))
}

/** Bytes are kept as they are. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}
