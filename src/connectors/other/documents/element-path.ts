import type { Element, Value } from './xml.ts'

/** Why a path of `source.fields` of a feed cannot be one; null if it can. */
export function problemInPath(path: string): string | null {
  const isPath = /^(@?[\p{L}_][\p{L}\p{N}_.:-]*)(\/@?[\p{L}_][\p{L}\p{N}_.:-]*)*$/u.test(path)
  return isPath ? null : 'must be the name of an element, such as dc:creator, author/name or link/@href'
}

/** What is at the path: of several elements of one name, the first. */
export function valueAt(element: Element, path: readonly string[]): Value {
  return path.reduce<Value>((found, name) => {
    const first = Array.isArray(found) ? found[0] : found
    if (typeof first !== 'object') return undefined
    return Object.hasOwn(first, name) ? (first as Element)[name] : undefined
  }, element)
}
