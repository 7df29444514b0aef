import { createHash } from 'node:crypto'

/**
 * A plain-ASCII marker at the end of what the relay writes into a ticket. After an attempt whose result is unknown the
 * ticket is searched for it, and a text with one is never forwarded, because a relay wrote it.
 */
export function markerOf(key: string): string {
  return `[relay ${createHash('sha256').update(key).digest('hex').slice(0, 12)}]`
}

/** The same in an HTML comment, for a target whose Markdown shows none of it and gives it back as it was written. */
export function hiddenMarkerOf(key: string): string {
  return `<!-- ${markerOf(key)} -->`
}

/** True for a text that ends with the marker of the key; JIRA's markup has backslashes before the brackets. */
export function endsWithMarker(text: string, key: string): boolean {
  return text.replaceAll('\\', '').trimEnd().endsWith(markerOf(key))
}
