import type { StoryRef } from '../contract/connector.ts'
import type { CommentEffect } from '../contract/effect.ts'
import { fitted } from '../kit/fitted.ts'
import { SOMEONE } from '../kit/person.ts'
import { deedOf, plainWords } from '../kit/wording.ts'
import { escapeWiki, safeUrl } from './wiki.ts'

/** A comment in wiki markup, at most `limit` long, with the marker at the end. */
export function commentBody(effect: CommentEffect, story: StoryRef, limit: number, marker: string): string {
  const author = effect.author.replace(/\s+/g, ' ').trim()
  const head = `${escapeWiki(author === '' ? SOMEONE : shorten(author, 80))} ${deedOf(effect)}${effect.change === 'delete' ? '' : ':\n\n'}`
  const link = `\n\n${safeUrl(story.url)}`
  // The link is left out if it would leave too little room for the text.
  const foot = `${head.length + link.length > limit / 2 ? '' : link}\n\n${escapeWiki(marker)}`
  return `${head}${fitted(plainWords(effect).trim(), limit - measure(head) - measure(foot), escapeWiki, measure)}${foot}`
}

function shorten(text: string, letters: number): string {
  const all = Array.from(text)
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join('')}…`
}

/** UTF-16 units, and a line break as two because some servers store it as CR LF. */
function measure(text: string): number {
  return text.length + (text.match(/\n/g)?.length ?? 0)
}
