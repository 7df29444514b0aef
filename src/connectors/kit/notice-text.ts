import type { Notice } from '../contract/effect.ts'

/** `Tracker Relay: jira is held since ...`; several sentences are a list. */
export function noticeText({ lines }: Notice): string {
  const [first, ...others] = lines.map(({ message }) => message)
  if (first === undefined) return ''
  if (others.length === 0) return `Tracker Relay: ${first}.`
  return ['Tracker Relay:', ...[first, ...others].map((message) => `- ${message}`)].join('\n')
}
