import { createHash } from 'node:crypto'
import type { Job } from '../contract/connector.ts'
import { ZERO_WIDTH } from '../kit/as-typed.ts'
import { htmlOf } from '../kit/rich-html.ts'
import { type Block, fittingBlocks } from '../kit/rich-text.ts'
import { plainRoomWords, roomWords } from '../kit/room-words.ts'
import type { OwnWords } from '../kit/template.ts'

/** An event has at most 65,536 bytes, with what the servers add (spec.matrix.org, "Size limits"). */
const LONGEST_BYTES = 40 * 1024

/** By this a message is found again; no other text of an event is ours alone. */
export const MARK = 'tracker-relay.delivery'

export function markOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

/** The event that starts a story's thread, and the latest one in it. */
export interface Thread {
  readonly root: string
  readonly latest: string
}

export function contentOf(job: Job, thread: Thread | null, templates: OwnWords): object {
  const { head, said } = roomWords('Matrix', job, templates)
  const html = (blocks: readonly Block[]): string =>
    htmlOf([{ type: 'paragraph', children: head }, ...(blocks.length === 0 ? [] : [quote(blocks)])], inert)
  const fitting = fittingBlocks(said, LONGEST_BYTES, (blocks) => Buffer.byteLength(html(blocks)))
  return {
    // A bot's own messages ring no bell; what operators must hear does.
    msgtype: job.effect.kind === 'notice' ? 'm.text' : 'm.notice',
    body: inert(withAddress(plainRoomWords('Matrix', job, templates), job.story?.url ?? '')),
    format: 'org.matrix.custom.html',
    formatted_body: html(fitting),
    // Nobody is called, whatever the texts hold ("Mentions"); servers before 1.7 look for @room.
    'm.mentions': {},
    ...(thread === null ? {} : { 'm.relates_to': inThread(thread) }),
    [MARK]: markOf(job.key),
  }
}

/** Unless own words have it. */
const withAddress = (words: string, url: string): string =>
  url === '' || words.includes(url) ? words : `${words}\n${url}`
const quote = (children: readonly Block[]): Block => ({ type: 'quote', children })
const inert = (text: string): string => text.replace(/@(?=room)/gi, `@${ZERO_WIDTH}`)

/** Clients without threads show it as an answer to the latest one. */
function inThread({ root, latest }: Thread): object {
  return { rel_type: 'm.thread', event_id: root, is_falling_back: true, 'm.in_reply_to': { event_id: latest } }
}
