import type { ExternalStory, Finding } from '../connector.ts'
import { findingOf } from '../setting-error.ts'

/** More are not counted: a check is for a person who waits. */
const MOST_COUNTED = 1000

/** Reads the source as Tracker would, but no more of it than a person waits for. */
export async function check(
  stories: AsyncIterable<readonly ExternalStory[]>,
  setting: string,
  baseUrl: string,
): Promise<readonly Finding[]> {
  let count = 0
  let first: ExternalStory | null = null
  try {
    for await (const page of stories) {
      count += page.length
      first ??= page[0] ?? null
      if (count >= MOST_COUNTED) break
    }
  } catch (error) {
    return [findingOf(error)]
  }
  if (first === null)
    return [{ level: 'warning', setting, message: 'the source can be read, but there is no ticket in it' }]
  const shown = count >= MOST_COUNTED ? `${MOST_COUNTED} tickets or more` : `${count} ticket${count === 1 ? '' : 's'}`
  return [
    { level: 'ok', setting, message: `the source can be read; ${shown} can become stories` },
    ...(baseUrl === '' ? [] : [aboutBaseUrl(baseUrl, first.externalId)]),
  ]
}

/** Tracker puts the two together as they are. */
function aboutBaseUrl(baseUrl: string, id: string): Finding {
  const address = `${baseUrl}${id}`.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '').slice(0, 300)
  return /[/?=#&:-]$/.test(baseUrl)
    ? { level: 'ok', setting: 'base_url', message: `the address of the first ticket is ${address}` }
    : {
        level: 'warning',
        setting: 'base_url',
        message: `the address of the first ticket is ${address}; if that is wrong, base_url lacks a "/" at its end`,
      }
}
