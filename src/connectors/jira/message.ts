import type { StoryRef } from '../contract/connector.ts'
import type { CommentEffect } from '../contract/effect.ts'
import { largestThatFits } from '../kit/largest-that-fits.ts'
import { SOMEONE } from '../kit/person.ts'
import { type Block, beginningOf, fittedBlocks } from '../kit/rich-text.ts'
import { deedOf, wordedBlocks } from '../kit/wording.ts'
import { adfText } from './adf.ts'
import { type AdfDocument, adfOf, documentOf, paragraphOf } from './adf-document.ts'
import { escapeWiki, safeUrl } from './wiki.ts'
import { wikiOf } from './wiki-blocks.ts'

export interface CommentParts {
  readonly effect: CommentEffect
  readonly story: StoryRef
  /** In characters; longer texts are cut. */
  readonly limit: number
  /** Null for none. */
  readonly marker: string | null
}

/** A comment in wiki markup, for Server and Data Center. */
export function wikiComment({ effect, story, limit, marker }: CommentParts): string {
  const head = escapeWiki(headOf(effect))
  const link = `\n\n${safeUrl(story.url)}`
  const end = marker === null ? '' : `\n\n${escapeWiki(marker)}`
  // The link is left out if it would leave too little room for the text.
  const foot = `${head.length + link.length > limit / 2 ? '' : link}${end}`
  const blocks = blocksOf(effect, limit)
  if (blocks.length === 0) return `${head}${foot}`
  const room = limit - measure(`${head}\n\n`) - measure(foot)
  return `${head}\n\n${fittedBlocks(blocks, room, wikiOf, measure)}${foot}`
}

/**
 * A comment as a document, for Cloud.
 * @param counted what must not be longer than the limit; as JSON it is longer than whatever JIRA counts
 */
export function adfComment(
  { effect, story, limit, marker }: CommentParts,
  counted: 'words' | 'JSON' = 'JSON',
): AdfDocument {
  const blocks = blocksOf(effect, limit)
  const composed = (shown: readonly Block[], withLink: boolean): AdfDocument =>
    documentOf([
      paragraphOf(headOf(effect)),
      ...adfOf(shown),
      ...(withLink ? [paragraphOf(story.url)] : []),
      ...(marker === null ? [] : [paragraphOf(marker)]),
    ])
  const sizeOf = counted === 'JSON' ? jsonLength : (document: AdfDocument): number => measure(adfText(document))
  const withLink = sizeOf(composed([], true)) <= limit / 2 + sizeOf(composed([], false))
  const whole = composed(blocks, withLink)
  if (sizeOf(whole) <= limit) return whole
  const cut = (characters: number): AdfDocument => composed(beginningOf(blocks, characters), withLink)
  return cut(largestThatFits(0, limit, (characters) => sizeOf(cut(characters)) <= limit))
}

export function jsonLength(document: AdfDocument): number {
  return JSON.stringify(document).length
}

function headOf(effect: CommentEffect): string {
  const name = effect.author.replace(/\s+/g, ' ').trim()
  return `${name === '' ? SOMEONE : shorten(name, 80)} ${deedOf(effect)}${effect.change === 'delete' ? '' : ':'}`
}

/** No more than could fit, because measuring takes time. */
function blocksOf(effect: CommentEffect, limit: number): Block[] {
  return effect.change === 'delete' ? [] : beginningOf(wordedBlocks({ ...effect, text: effect.text.trim() }), limit)
}

function shorten(text: string, letters: number): string {
  const all = Array.from(text)
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join('')}…`
}

/** UTF-16 units, and a line break as two because some servers store it as CR LF. */
function measure(text: string): number {
  return text.length + (text.match(/\n/g)?.length ?? 0)
}
