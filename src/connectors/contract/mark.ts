/**
 * True for a text that a relay wrote into a ticket; JIRA's markup has backslashes before the brackets, and GitHub's
 * comments hide the mark. A mark that is quoted is in what a person wrote, such as an answer above the mail it answers.
 */
export function isMarked(text: string): boolean {
  const mark = /\\?\[relay [0-9a-f]{12}\\?\]\s*(-->\s*)?$/.exec(text)
  if (mark === null) return false
  const line = text.slice(text.lastIndexOf('\n', mark.index - 1) + 1, mark.index)
  return !/^\s*(>|bq\. )/.test(line)
}
