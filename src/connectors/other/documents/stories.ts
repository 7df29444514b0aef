import { type FetchTools, fetchDocument } from '../fetch.ts'
import { readWhole } from '../files.ts'
import type { Note } from '../note.ts'
import type { Source } from '../source.ts'
import { jsonPages } from './json-pages.ts'
import { openReader, storiesOf } from './reader.ts'

type DocumentSource = Extract<Source, { kind: 'external_stories' | 'feed' | 'json' | 'yaml' }>

/** Parsing YAML takes some fifty times its length in memory. */
const MAX_YAML_BYTES = 8 * 1024 * 1024
/** Nothing is fetched first, and the longest file may take 20 s on a slow machine. */
const LONGEST_YAML_MS = 45_000

/** @throws {DeliveryError} */
export async function* documentStories(source: DocumentSource, tools: FetchTools, note: Note) {
  const { kind, times, encoding } = source
  const setting = `source.${kind}`
  const reader = openReader(setting, kind === 'yaml' ? LONGEST_YAML_MS : undefined)
  try {
    if (kind === 'json') return yield* jsonPages(source, reader, tools, note)
    if (kind === 'yaml') {
      const bytes = await readWhole(source.file, setting, MAX_YAML_BYTES)
      await reader.read({ kind, bytes, contentType: '', encoding, times, mapping: source.mapping })
    } else {
      const { bytes, contentType } = await fetchDocument(source.endpoint, setting, tools)
      const document = { bytes, contentType, encoding, times }
      await reader.read(
        source.kind === 'feed'
          ? { ...document, kind: 'feed', fields: source.fields }
          : { ...document, kind: 'external_stories' },
      )
    }
    yield* storiesOf(reader)
  } finally {
    await reader.close()
  }
}
