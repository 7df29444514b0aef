import type { CommentEffect } from '../contract/effect.ts'

/**
 * Whether a story's comment is one of the relay's own, without its mark, that a two-way sync brought back: it says who
 * commented and ends with the address of the story, with whatever the sync puts before it.
 */
export function isEcho({ text, storyId }: Pick<CommentEffect, 'text' | 'storyId'>): boolean {
  const lines = text
    .replaceAll('\\', '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const address = /^<?(https?:\/\/\S+?)>?$/.exec(lines.pop() ?? '')?.[1]
  if (address?.match(/\d+/g)?.includes(storyId) !== true) return false
  return lines.some((line) => /\S (commented:|edited a comment:|deleted a comment)$/.test(line))
}
