import type { Job } from '../contract/connector.ts'
import { printable, ZERO_WIDTH } from '../kit/as-typed.ts'
import { fitted } from '../kit/fitted.ts'
import { type Escapes, markdownOf } from '../kit/rich-markdown.ts'
import { type Block, fittedBlocks } from '../kit/rich-text.ts'
import { roomWords } from '../kit/room-words.ts'
import type { OwnWords } from '../kit/template.ts'

/** docs.discord.com/developers/resources/message, "Embed limits" and "Create Message" */
const LONGEST_CONTENT = 2000
const LONGEST_DESCRIPTION = 4096
const LONGEST_THREAD = 100

/** A thread's name is plain text of 100 characters at most, counted as Discord's other limits: an emoji is two or more. */
export function threadName({ story }: Job): string {
  const name = printable(story?.name ?? '')
    .replace(/\s+/g, ' ')
    .trim()
  const shown = `#${story?.id ?? ''} ${name}`.trim()
  return fitted(
    shown,
    LONGEST_THREAD,
    (text) => text,
    (text) => text.length,
  )
}

/** The line is the message itself, since notifications show no embed; what was said is an embed below it. */
export function bodyOf(job: Job, templates: OwnWords, newThread: string | null): object {
  const { head, said } = roomWords('Discord', job, templates)
  const written = (blocks: readonly Block[], longest: number): string =>
    fittedBlocks(
      blocks,
      longest,
      (part) => markdownOf(part, ESCAPES),
      (text) => text.length,
    )
  const description = written(said, LONGEST_DESCRIPTION)
  return {
    content: written([{ type: 'paragraph', children: head }], LONGEST_CONTENT),
    embeds: description.trim() === '' ? [] : [{ description }],
    // Nobody is called, whatever the texts hold.
    allowed_mentions: { parse: [] },
    ...(newThread === null ? {} : { thread_name: newThread }),
  }
}

/** A sign of its Markdown, of a mention (<@1>), an emoji (<:x:1>) or a time (<t:0>) is plain after a backslash. */
const plain = (text: string): string =>
  text.replace(/[\\`*_~|<>[\]()]/g, '\\$&').replace(/@(?=[\p{L}\p{N}_])/gu, `@${ZERO_WIDTH}`)

const ESCAPES: Escapes = {
  opensBlock: /^(#{1,3}\s|-#\s|>|[*+-](\s|$)|\d+[.)](\s|$)|```)/,
  plain,
  code: (code) => code.replace(/@(?=[\p{L}\p{N}_])/gu, `@${ZERO_WIDTH}`),
  // In angle brackets it is a link without a preview.
  link: (url, shown) => (shown === null ? `<${bare(url)}>` : `[${shown}](<${bare(url)}>)`),
}

const bare = (url: string): string => url.replace(/[\\()[\]<>`*_~|@]/g, encoded)
const encoded = (sign: string): string => (sign === '_' ? sign : `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
