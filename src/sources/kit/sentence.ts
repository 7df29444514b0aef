/** For a name in a sentence. */
const LONGEST = 200

/** The name as it stands in a sentence; without one, the human key alone. */
export function storyInSentence(key: string | null, name: string | null): string {
  const title = name === null ? null : `"${name.replace(/\s+/g, ' ').trim().slice(0, LONGEST)}"`
  return [key, title].filter((part) => part !== null).join(' ') || 'a story'
}

/** the title, the labels and the due date */
export function enumerated(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}

export const SOMEBODY = 'Somebody'
