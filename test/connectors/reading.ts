import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { TSchema } from 'typebox'
import type { Connector, ExternalStory, Finding, Session } from '../../src/connectors/contract/connector.ts'
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

/** How many tickets a source gives, and the most bytes that were held of them at a time. */
export async function heldOf({ stories }: Session): Promise<{ count: number; most: number }> {
  if (stories === undefined) throw new Error('there is nothing to read')
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  let count = 0
  let most = 0
  const before = held()
  for await (const page of stories()) {
    count += page.length
    if (count % 10_000 === 0) most = Math.max(most, held() - before)
  }
  return { count, most }
}

/** A ticket with no more than its id and its name. */
export function bare(externalId: string, name: string, more: Partial<ExternalStory> = {}): ExternalStory {
  return { externalId, name, description: '', requestedBy: '', createdAt: null, type: null, estimate: null, ...more }
}
