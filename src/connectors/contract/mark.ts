/**
 * True for a text that a relay wrote into a ticket; JIRA's markup has backslashes before the brackets, and GitHub's
 * comments hide the mark.
 */
export function isMarked(text: string): boolean {
  return /\\?\[relay [0-9a-f]{12}\\?\]\s*(-->\s*)?$/.test(text)
}
