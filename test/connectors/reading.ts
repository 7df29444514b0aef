import type { TSchema } from 'typebox'
import type { Connector, ExternalStory, Finding } from '../../src/connectors/contract/connector.ts'
import { openSession } from '../harness.ts'

/** What a source of external stories gives, in the pages that it gives it in. */
export interface Reading {
  pages(): Promise<ExternalStory[][]>
  stories(): Promise<ExternalStory[]>
  /** The ids alone. */
  ids(): Promise<string[]>
  check(): Promise<readonly Finding[]>
}

/** Opens a connector as a source; it is closed when the test ends. */
export function reading<S extends TSchema>(
  t: { teardown(work: () => Promise<void>): void },
  connector: Connector<S>,
  settings: unknown,
  options: { timeoutMs?: number } = {},
): Reading {
  const { session, close } = openSession(connector, settings, options)
  t.teardown(close)

  async function pages(): Promise<ExternalStory[][]> {
    if (session.stories === undefined) throw new Error(`${connector.name} has no stories`)
    const result: ExternalStory[][] = []
    for await (const page of session.stories()) result.push([...page])
    return result
  }

  return {
    pages,
    async stories() {
      return (await pages()).flat()
    },
    async ids() {
      return (await pages()).flat().map(({ externalId }) => externalId)
    },
    async check() {
      return (await session.check?.()) ?? []
    },
  }
}
