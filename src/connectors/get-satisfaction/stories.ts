import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { htmlText } from '../kit/html-text.ts'
import { pagesInOrder } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import type { Api, Page, Topic } from './api.ts'

const WIDTH = 4

/**
 * Ideas and problems that are not complete. Tracker's help said: "praise and questions do not appear". A topic that is
 * on two pages, because others were added meanwhile, is given once.
 * @throws {DeliveryError} also if a page repeats earlier ones or is empty too early
 */
export async function* stories(api: Api, tools: ReadAgainTools): AsyncGenerator<readonly ExternalStory[]> {
  const seen = new Set<string>()
  let read = 0
  const pages = pagesInOrder(
    (page) => readAgain(tools, () => api.topics(page + 1)),
    (page) => hasMore(page, read),
    WIDTH,
  )
  let number = 0
  for await (const page of pages) {
    number += 1
    read += page.data.length
    if (page.data.length === 0 && page.total !== undefined && read < page.total)
      throw new DeliveryError(
        'retry',
        `Get Satisfaction counts ${page.total} topics but gives only ${read}: page ${number} is empty`,
      )
    const fresh = page.data.filter(({ id }) => !seen.has(String(id)))
    for (const { id } of fresh) seen.add(String(id))
    if (page.data.length > 0 && fresh.length === 0 && hasMore(page, read))
      throw new DeliveryError(
        'hold',
        `page ${number} repeats the topics of earlier pages: the server at base_url ignores the parameter page`,
      )
    yield fresh.filter(isShown).map(storyOf)
  }
}

/** `total` counts the topics of all pages; without it only an empty page is the end. */
export function hasMore({ total, data }: Page, read: number): boolean {
  return data.length > 0 && (total === undefined || read < total)
}

export function isShown({ style, status }: Topic): boolean {
  return (style === 'idea' || style === 'problem') && status !== 'complete'
}

function storyOf({ id, style, subject, content, created_at, at_sfn, author }: Topic): ExternalStory {
  const createdAt = isoTime(created_at ?? '')
  return {
    externalId: String(id),
    name: subject?.trim() ?? '',
    description: [htmlText(content ?? ''), at_sfn ?? ''].filter((part) => part !== '').join('\n\n'),
    requestedBy: author?.name ?? author?.canonical_name ?? '',
    createdAt: createdAt === null ? null : new Date(createdAt),
    type: style ?? null,
    estimate: null,
  }
}
