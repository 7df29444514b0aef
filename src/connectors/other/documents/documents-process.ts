import { answerCalls } from '../../../expressions/answer-calls.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { textOf } from '../text.ts'
import type { ReadTicket } from '../ticket-parts.ts'
import { createTimeReader, type TimeReader } from '../times.ts'
import type { Call, Reply, Task } from './reader.ts'

// The process that `openReader` starts.

/** In characters: what is handed over is there twice. */
const LONGEST_PAGE = 4 * 1024 * 1024

/** All pages of one source are one column. */
let times: TimeReader | null = null
let stories: Iterator<ReadTicket> | AsyncIterator<ReadTicket> = [][Symbol.iterator]()

answerCalls((call: Call) => answer(call).catch(refused))

async function answer(call: Call): Promise<Reply> {
  if ('read' in call) return await read(call.read)
  if ('stories' in call) return await take(call.stories)
  await stories.return?.()
  return { closed: true }
}

function refused(error: unknown): Reply {
  if (error instanceof DeliveryError) {
    const { verdict, message, setting, targetDown } = error
    return { verdict, message, setting, targetDown }
  }
  return { failure: error instanceof Error ? error.message : String(error) }
}

async function read(task: Task): Promise<Reply> {
  if (task.kind === 'sql') {
    const { sqlTickets } = await import('../sql/tickets.ts')
    stories = sqlTickets(task)
    return { next: null, isEmpty: false }
  }
  const text = textOf(task.bytes, task.contentType, `source.${task.kind}`, task.encoding)
  // Loading the modules for all kinds would take most of the process's time.
  if (task.kind === 'external_stories') {
    const { externalStories } = await import('./external-stories.ts')
    stories = externalStories(text, task.times)
    return { next: null, isEmpty: false }
  }
  if (task.kind === 'feed') {
    const { feedStories } = await import('./feed.ts')
    stories = feedStories(text, task)
    return { next: null, isEmpty: false }
  }
  const { mapped } = await import('./mapped.ts')
  const names = task.kind === 'json' ? { url: task.url, page: task.page } : {}
  times ??= createTimeReader(task.times)
  const page = await mapped(await valueIn(text, task.kind), task.mapping, names, times)
  stories = page.stories
  return { next: page.next, isEmpty: page.isEmpty }
}

async function valueIn(text: string, kind: 'json' | 'yaml'): Promise<unknown> {
  if (kind === 'json') return (await import('./json.ts')).jsonValue(text)
  return (await import('./yaml.ts')).yamlValue(text)
}

async function take(count: number): Promise<Reply> {
  const taken: ReadTicket[] = []
  let length = 0
  while (taken.length < count && length < LONGEST_PAGE) {
    const next = await stories.next()
    if (next.done === true) break
    taken.push(next.value)
    length += next.value.name.length + next.value.description.length
  }
  return { stories: taken }
}
