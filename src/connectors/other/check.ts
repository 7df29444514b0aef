import type { Finding } from '../contract/connector.ts'
import { ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Note } from './note.ts'
import type { Kind } from './source.ts'
import type { ReadTicket } from './ticket-parts.ts'

/** A person waits for the check. */
const MOST_COUNTED = 1000

/** The setting that finds the ids. The other kinds have none. */
const ID_SETTINGS: Readonly<Partial<Record<Kind, string>>> = {
  json: 'source.fields.external_id',
  yaml: 'source.fields.external_id',
  csv: 'source.columns.external_id',
}

const NAME_SETTINGS: typeof ID_SETTINGS = {
  json: 'source.fields.name',
  yaml: 'source.fields.name',
  feed: 'source.fields.name',
  csv: 'source.columns.name',
}

export async function check(
  read: (note: Note) => AsyncIterable<readonly ReadTicket[]>,
  kind: Kind,
  baseUrl: string,
): Promise<readonly Finding[]> {
  const setting = `source.${kind}`
  const ids = new Set<string>()
  const unread: ReadTicket[] = []
  const noted: Finding[] = []
  let count = 0
  let named = 0
  try {
    for await (const page of read((setting, message) => noted.push(warning(setting, message)))) {
      count += page.length
      for (const story of page) {
        ids.add(story.externalId)
        if (story.name !== story.externalId) named += 1
        if (story.unreadTime !== undefined) unread.push(story)
      }
      if (count >= MOST_COUNTED) break
    }
  } catch (error) {
    return [findingOf(error)]
  }
  const [first] = ids
  if (first === undefined) return [warning(setting, 'the source can be read, but there is no ticket in it')]
  const shown = Math.min(ids.size, MOST_COUNTED)
  const tickets = `${shown} ticket${shown === 1 ? '' : 's'}${count >= MOST_COUNTED ? ' or more' : ''}`
  return [
    ok(setting, `the source can be read; ${tickets} can become stories`),
    ...(ids.size === count ? [] : [repeatedIds(ID_SETTINGS[kind] ?? setting, ids.size, count)]),
    ...(named > 0 ? [] : [namesMissing(NAME_SETTINGS[kind] ?? setting)]),
    ...noted,
    ...(unread.length === 0 ? [] : [unreadTimes(unread, count)]),
    ...(baseUrl === '' ? [] : [firstUrl(baseUrl, first)]),
  ]
}

/** Stories are linked by id, so the feed can show only one ticket of each. */
function repeatedIds(setting: string, ids: number, count: number): Finding {
  const are = ids === 1 ? 'is only 1 id' : `are only ${ids} ids`
  return warning(
    setting,
    `there ${are} among ${count} tickets, and of those with the same id only the first is shown: check ${setting}`,
  )
}

/** A ticket without name and text is named by its id; if all are, the names are elsewhere. */
function namesMissing(setting: string): Finding {
  return warning(setting, `no ticket has a name or a text, so that stories are named by their ids: check ${setting}`)
}

/** With an example of each kind. */
function unreadTimes(unread: readonly ReadTicket[], count: number): Finding {
  const example = (wanted: string, why: string): string[] => {
    const found = unread.find(({ unreadTime }) => unreadTime?.why === wanted)
    return found === undefined
      ? []
      : [`${JSON.stringify(found.unreadTime?.text)} of ticket ${oneLine(found.externalId, 60)}${why}`]
  }
  const examples = [
    ...example('ambiguous', ', whose day and month cannot be told apart'),
    ...example('unknown', ''),
  ].join(', and ')
  const what = `${unread.length} of ${count} times of creation cannot be read and are left out, such as ${examples}`
  return warning('source.date_format', `${what}: set source.date_format`)
}

/** Tracker appends the id to base_url as it is. */
function firstUrl(baseUrl: string, id: string): Finding {
  const url = oneLine(`${baseUrl}${id}`, 300)
  const message = `the URL of the first ticket is ${url}`
  if (/[/?=#&:-]$/.test(baseUrl)) return ok('base_url', message)
  return warning('base_url', `${message}; if that is wrong, add "/" to the end of base_url`)
}
