import { DateTime } from 'luxon'
import type { InDigest, Job } from '../contract/connector.ts'
import type { DigestTimes } from '../kit/digest-times.ts'
import { htmlOf } from '../kit/rich-html.ts'
import type { Block, Inline } from '../kit/rich-text.ts'
import { plainRoomWords, roomWords } from '../kit/room-words.ts'
import { BY_A_PROGRAM, lineOf, type Mail, messageId, subjectOf, titleOf } from './message.ts'
import type { Settings } from './settings.ts'

/** What is told in full; the others are counted. Some readers cut a mail after 100 KB. */
const MOST_TOLD = 100
/** In characters of HTML. */
const LONGEST_HTML = 80_000
const LONGEST_TITLE = 220

/** One line of the digest, and what was said. */
interface Told {
  readonly from: InDigest
  readonly text: string
  readonly blocks: readonly Block[]
}

/** What happened since the digest before, story by story, in the order in which the stories began to be told of. */
export function digestMail(
  { key, digest }: Pick<Job, 'key'> & { readonly digest: readonly InDigest[] },
  settings: Settings,
  now: Date,
): Mail {
  const clock = clockOf(settings.digest)
  const { from, to } = settings
  const told = tellable(digest, settings, clock)
  const more = digest.length - told.length
  const stories = storiesOf(told)
  const count = `${counted(digest.length, 'activity', 'activities')} in ${counted(storiesOf(digest.map((from) => ({ from }))).length, 'story', 'stories')}`
  const intro = `${count}, ${span(digest, clock)}.`
  const end = more === 0 ? [] : [`and ${more} more`]
  const sections = stories.map((entries) => sectionOf(entries))
  return {
    from,
    to,
    subject: subjectOf(settings, `Digest: ${count}`),
    messageId: messageId(key, from),
    date: now,
    text: `${[intro, ...sections.map(({ text }) => text), ...end].join('\n\n')}\n`,
    html: htmlOf(
      [paragraph(intro), ...sections.flatMap(({ blocks }) => blocks), ...end.map((words) => paragraph(words))],
      (text) => text,
    ),
    headers: BY_A_PROGRAM,
  }
}

/** As many as fit, in the order in which they came, so that what is left out is what came last. */
function tellable(digest: readonly InDigest[], { templates }: Settings, clock: Clock): Told[] {
  const told: Told[] = []
  let length = 0
  for (const from of digest.slice(0, MOST_TOLD)) {
    const { head, said } = roomWords('a mailbox', from, templates)
    const at = clock.time(from.occurredAt)
    const line: Block = { type: 'paragraph', children: [text(`${at} `), ...head] }
    const blocks: Block[] = said.length === 0 ? [line] : [line, { type: 'quote', children: said }]
    length += htmlOf(blocks, (words) => words).length + LONGEST_TITLE
    if (told.length > 0 && length > LONGEST_HTML) break
    const words = plainRoomWords('a mailbox', from, templates)
    told.push({ from, blocks, text: `- ${at} ${words.replaceAll('\n', '\n  ')}` })
  }
  return told
}

function storiesOf<T extends { readonly from: InDigest }>(told: readonly T[]): readonly (readonly T[])[] {
  const byStory = new Map<string, T[]>()
  for (const each of told) {
    const { story } = each.from
    const name = JSON.stringify([story?.projectId, story?.id])
    const others = byStory.get(name)
    if (others === undefined) byStory.set(name, [each])
    else others.push(each)
  }
  return [...byStory.values()]
}

function sectionOf(entries: readonly Told[]): { readonly text: string; readonly blocks: readonly Block[] } {
  const story = entries[0]?.from.story ?? null
  const title = story === null ? '' : lineOf(story.name ? titleOf(story) : `Story #${story.id}`, LONGEST_TITLE)
  // As the sentences link it, if it can be followed.
  const url = entries.map(({ from }) => roomWords('a mailbox', from, {}).url)[0] ?? null
  const heading: Inline = url === null ? text(title) : { type: 'link', url, children: [text(title)] }
  return {
    text: [title, ...(story === null || story.url === '' ? [] : [story.url]), ...entries.map((each) => each.text)].join(
      '\n',
    ),
    blocks: [
      { type: 'paragraph', children: [{ type: 'strong', children: [heading] }] },
      { type: 'list', first: null, items: entries.map(({ blocks }) => blocks) },
    ],
  }
}

interface Clock {
  time(at: Date): string
  readonly zone: string
}

function clockOf({ time_zone: zone = 'UTC' }: DigestTimes = {}): Clock {
  return { zone, time: (at) => DateTime.fromJSDate(at, { zone }).setLocale('en').toFormat('d LLL HH:mm') }
}

function span(digest: readonly InDigest[], { time, zone }: Clock): string {
  const times = digest.map(({ occurredAt }) => occurredAt.getTime())
  const [first, last] = [Math.min(...times), Math.max(...times)].map((at) => time(new Date(at)))
  return `${first === last ? first : `${first} to ${last}`} (${zone})`
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}

const text = (words: string): Inline => ({ type: 'text', text: words })
const paragraph = (words: string): Block => ({ type: 'paragraph', children: [text(words)] })
