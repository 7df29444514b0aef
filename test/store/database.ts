import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Effect } from '../../src/connectors/contract/effect.ts'
import { plan } from '../../src/queue/plan.ts'
import type { Entry } from '../../src/store/entry.ts'
import type { Planned } from '../../src/store/planned.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Activity } from '../../src/tracker/activity.ts'

/** Opens a store of the test's own, with its tables. */
export type OpenStore = (
  t: { teardown(work: () => Promise<void> | void): void },
  observeCommit?: (seconds: number, writes: number) => void,
) => Promise<Store>

/** A fresh store on a real SQLite file, gone when the test ends. */
export const freshStore: OpenStore = async (t, observeCommit) => {
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file }, observeCommit)
  await store.migrate()
  t.teardown(() => store.close())
  return store
}

let migrated: Promise<Buffer> | null = null

/** Writes a database that has its tables and nothing in them: they are made once for each test file. */
export async function writeMigratedDatabase(file: string): Promise<void> {
  migrated ??= makeTables()
  writeFileSync(file, await migrated)
}

async function makeTables(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'relay tables '))
  try {
    const file = join(folder, 'relay.db')
    const store = openStore({ client: 'sqlite', file })
    await store.migrate()
    await store.close()
    return readFileSync(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function freshFolder(t: { teardown(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay test '))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An activity that touches these stories; told apart by its number. */
export function activity(number: number, storyIds: readonly string[] = ['109']): Activity {
  return {
    key: `26:${number}`,
    format: 'xml',
    projectId: '26',
    projectName: null,
    version: number,
    kind: 'story_update',
    highlight: null,
    occurredAt: '2009-12-14T22:12:09.000Z',
    author: 'James Kirk',
    authorId: null,
    description: 'James Kirk edited a story',
    stories: storyIds.map((id) => ({
      id,
      change: 'update',
      name: `Story ${id}`,
      storyType: 'feature',
      url: null,
      fields: {},
      original: {},
      comments: [],
    })),
    others: [],
  }
}

/** The entry of an activity for which each named integration plans these effects. */
export function entry(
  number: number,
  integrations: readonly string[],
  effects: readonly Effect[] = [{ kind: 'forward' }],
  storyIds?: readonly string[],
): Entry {
  const what = activity(number, storyIds)
  const deliveries: Planned[] = plan(
    what,
    '26',
    integrations.map((name) => ({ name, configured: { plan: () => effects } })),
  )
  return {
    projectId: '26',
    activity: what,
    raw: Buffer.from(`<activity><id>${number}</id></activity>`),
    contentType: 'application/xml',
    receivedAt: 1000,
    deliveries,
  }
}
