import other from '../../../src/connectors/other/index.ts'
import type { Settings } from '../../../src/connectors/other/settings.ts'
import type { StandIn } from '../../../src/stand-ins/stand-in.ts'
import { type DocumentSourceOptions, startDocumentSource } from '../../targets/document-source.ts'
import { type Reading, reading } from '../reading.ts'

interface Test {
  teardown(work: () => Promise<void>): void
}

/** An integration of the type "other", opened as a source. */
export function openOther(t: Test, source: object, settings: Partial<Settings> = {}): Reading {
  return reading(t, other, { source, ...settings })
}

/** The same for a program: `source` is given its URL. */
export async function openProgram(
  t: Test,
  options: DocumentSourceOptions,
  source: (url: string) => object,
): Promise<Reading & { target: StandIn }> {
  const target = await startDocumentSource(options)
  t.teardown(() => target.close())
  return { target, ...openOther(t, source(target.url)) }
}
