/**
 * The length of a post by code points: Mastodon counts what people see as one character as one, which is never more, and
 * servers that only speak its language count as we do. A link counts its length, and at least what Mastodon reserves.
 */
export function lengthOf(text: string, link: number): number {
  let length = 0
  for (const [token] of text.matchAll(/\s+|\S+/g)) {
    const own = [...token].length
    length += /^https?:\/\//i.test(token) ? Math.max(own, link) : own
  }
  return length
}
