/**
 * The length of a post in code points. Mastodon counts graphemes, which are never more; servers that only speak its API
 * count code points. A link counts its length, but at least what Mastodon reserves.
 */
export function lengthOf(text: string, link: number): number {
  let length = 0
  for (const [token] of text.matchAll(/\s+|\S+/g)) {
    const own = [...token].length
    length += /^https?:\/\//i.test(token) ? Math.max(own, link) : own
  }
  return length
}
