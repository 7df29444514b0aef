import type { Activity } from '../../tracker/activity.ts'
import type { Wording } from '../contract/effect.ts'
import { parseMarkdown } from './markdown.ts'
import { type Block, plainBlocks } from './rich-text.ts'

/** Comments are Markdown since version 5 of Tracker's API, whose web hooks are JSON. */
export function wordingOf({ format }: Pick<Activity, 'format'>): Wording {
  return format === 'json' ? { markup: 'markdown' } : {}
}

export function blocksOf({ text, markup }: Wording & { readonly text: string }): Block[] {
  return markup === 'markdown' ? parseMarkdown(text) : plainBlocks(text)
}
