import type { ExternalStory, Finding } from '../contract/connector.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Kind } from './source.ts'

/** More are not counted: a check is for a person who waits. */
const MOST_COUNTED = 1000

/** Where the ids come from; elsewhere the program at the address makes them. */
const ID_SETTINGS: Readonly<Partial<Record<Kind, string>>> = {
  json: 'source.fields.external_id',
  yaml: 'source.fields.external_id',
  csv: 'source.columns.external_id',
}

/** Reads the source as Tracker would, but no more of it than a person waits for. */
export async function check(
  stories: AsyncIterable<readonly ExternalStory[]>,
  kind: Kind,
  baseUrl: string,
): Promise<readonly Finding[]> {
  const setting = `source.${kind}`
  const ids = new Set<string>()
  let count = 0
  try {
    for await (const page of stories) {
      count += page.length
      for (const { externalId } of page) ids.add(externalId)
      if (count >= MOST_COUNTED) break
    }
  } catch (error) {
    return [findingOf(error)]
  }
  const [first] = ids
  if (first === undefined)
    return [{ level: 'warning', setting, message: 'the source can be read, but there is no ticket in it' }]
  const shown = Math.min(ids.size, MOST_COUNTED)
  const tickets = `${shown} ticket${shown === 1 ? '' : 's'}${count >= MOST_COUNTED ? ' or more' : ''}`
  return [
    { level: 'ok', setting, message: `the source can be read; ${tickets} can become stories` },
    ...(ids.size === count ? [] : [aboutEqualIds(ID_SETTINGS[kind] ?? setting, ids.size, count)]),
    ...(baseUrl === '' ? [] : [aboutBaseUrl(baseUrl, first)]),
  ]
}

/** An id is what a story is linked by, so that the feed can show only one ticket of each. */
function aboutEqualIds(setting: string, ids: number, count: number): Finding {
  const are = ids === 1 ? 'is only 1 id' : `are only ${ids} ids`
  const message = `there ${are} among ${count} tickets, and of those with the same id only the first is shown: check ${setting}`
  return { level: 'warning', setting, message }
}

/** Tracker puts the two together as they are. */
function aboutBaseUrl(baseUrl: string, id: string): Finding {
  const address = oneLine(`${baseUrl}${id}`, 300)
  return /[/?=#&:-]$/.test(baseUrl)
    ? { level: 'ok', setting: 'base_url', message: `the address of the first ticket is ${address}` }
    : {
        level: 'warning',
        setting: 'base_url',
        message: `the address of the first ticket is ${address}; if that is wrong, base_url lacks a "/" at its end`,
      }
}
