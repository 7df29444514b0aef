import { parentPort } from 'node:worker_threads'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { textOf } from '../text.ts'
import type { ReadTicket } from '../ticket-parts.ts'
import { createTimeReader, type TimeReader } from '../times.ts'
import type { Call, Reply, Task } from './thread.ts'

const port = parentPort
if (port === null) throw new Error('this file must run in a worker thread')

/** All pages of one source are one column. */
let times: TimeReader | null = null
let stories: Iterator<ReadTicket> | AsyncIterator<ReadTicket> = [][Symbol.iterator]()

port.on('message', async (call: Call) => {
  port.postMessage(await ('read' in call ? read(call.read) : take(call.stories)).catch(refused))
})

function refused(error: unknown): Reply {
  if (error instanceof DeliveryError && error.setting !== null)
    return { setting: error.setting, message: error.message }
  return { failure: error instanceof Error ? error.message : String(error) }
}

async function read(task: Task): Promise<Reply> {
  const text = textOf(task.bytes, task.contentType, `source.${task.kind}`, task.encoding)
  // Loading the modules for all kinds would take most of the thread's time.
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
  while (taken.length < count) {
    const next = await stories.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return { stories: taken }
}
