import { statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Config, IntegrationConfig } from '../../config/schema.ts'
import type { Imports } from '../../imports/imports.ts'
import type { IntegrationState } from '../../store/integration-states.ts'
import type { ThreadedStore } from '../../store/thread.ts'
import { isCapReached } from '../day-cap.ts'
import type { Condition } from './condition.ts'

export interface Sources {
  readonly store: Pick<ThreadedStore, 'integrationStates' | 'counts' | 'sentOn'>
  readonly imports: Pick<Imports, 'lastReads'>
  config(): Config
  now(): number
  /** The free bytes of the disk that the folder is on. */
  freeBytes?(folder: string): Promise<number>
}

const MINUTE_MS = 60_000
const MIB = 1024 * 1024

/** @returns what looks at everything that can need a person */
export function watchConditions(sources: Sources): () => Promise<Condition[]> {
  const { store, imports, config, now, freeBytes = freeBytesAt } = sources
  /** The store does not know since when a breaker is open: its target was down for at least so long. */
  const heldSince = new Map<string, number>()

  function held({ name }: IntegrationConfig, state: IntegrationState | undefined): Condition[] {
    const breaker = state?.breaker ?? null
    const what = { id: `held ${name}`, about: name, what: 'held' as const }
    if (breaker?.state !== 'open') {
      heldSince.delete(name)
      return [{ ...what, holds: false, message: `${name} works again` }]
    }
    const since = heldSince.get(name) ?? now()
    heldSince.set(name, since)
    if (now() - since < config().notices.held_minutes * MINUTE_MS) return []
    return [
      { ...what, holds: true, message: `${name} takes nothing since ${clock(since)}: ${sentence(breaker.reason)}` },
    ]
  }

  return async () => {
    const { integrations, notices, database, imports: lists } = config()
    const states = new Map((await store.integrationStates()).map((state) => [state.integration, state]))
    const dead = new Map(
      (await store.counts())
        .filter(({ state }) => state === 'dead')
        .map(({ integration, count }) => [integration, count]),
    )
    const found: Condition[] = []
    for (const integration of integrations) {
      const { name, common } = integration
      const state = states.get(name)
      found.push(paused(name, state), ...held(integration, state), deaths(name, dead.get(name) ?? 0))
      if (common.max_per_day !== undefined)
        found.push(dayCap(name, common.max_per_day, await isCapReached(store, name, common, now())))
    }
    for (const name of [...heldSince.keys()]) if (!states.has(name)) heldSince.delete(name)
    for (const [name, last] of imports.lastReads()) {
      const what = { id: `import ${name}`, about: name, what: 'import' as const }
      if (last?.outcome === 'complete')
        found.push({ ...what, holds: false, message: `the tickets of ${name} can be read again` })
      else if (last !== null && now() - last.since >= notices.held_minutes * MINUTE_MS) {
        const message = `the tickets of ${name} cannot be read since ${clock(last.since)}: ${sentence(last.reason)}`
        found.push({ ...what, holds: true, message })
      }
    }
    const folders = new Set([...(database.client === 'sqlite' ? [dirname(database.file)] : []), lists.folder])
    if (notices.disk_free_mib > 0)
      for (const folder of folders) found.push(...(await disk(folder, notices.disk_free_mib, freeBytes)))
    return found
  }
}

function paused(name: string, state: IntegrationState | undefined): Condition {
  const what = { id: `paused ${name}`, about: name, what: 'paused' as const }
  if (state === undefined || state.pausedAt === null)
    return { ...what, holds: false, message: `${name} is not paused any more` }
  const by = state.pausedBy === 'operator' ? 'by an operator' : 'since its target refuses it'
  const reason = sentence(state.pausedReason ?? '')
  return { ...what, holds: true, message: `${name} is paused ${by}${reason === '' ? '' : `: ${reason}`}` }
}

function deaths(name: string, count: number): Condition {
  const what = { id: `dead ${name}`, about: name, what: 'dead' as const }
  if (count === 0) return { ...what, holds: false, message: `${name} has no dead deliveries any more` }
  const deliveries = count === 1 ? '1 dead delivery' : `${count} dead deliveries`
  return { ...what, holds: true, count, message: `${name} has ${deliveries}, kept to be replayed or skipped` }
}

function dayCap(name: string, cap: number, isReached: boolean): Condition {
  const what = { id: `day_cap ${name}`, about: name, what: 'day_cap' as const }
  if (!isReached) return { ...what, holds: false, message: `${name} sends again: a new day has begun (UTC)` }
  return {
    ...what,
    holds: true,
    message: `${name} has sent its ${cap} for today (max_per_day) and waits until 00:00 UTC`,
  }
}

/** Each machine has disks of its own. */
async function disk(
  folder: string,
  leastMib: number,
  freeBytes: (folder: string) => Promise<number>,
): Promise<Condition[]> {
  const free = await freeBytes(folder).catch(() => null)
  // The folder of imports is made with the first list.
  if (free === null) return []
  const mib = Math.floor(free / MIB)
  const where = `the disk of ${folder} on ${hostname()}`
  const what = { id: `disk ${hostname()} ${folder}`, about: null, what: 'disk' as const }
  if (mib < leastMib) return [{ ...what, holds: true, message: `${where} has only ${mib} MiB left` }]
  // Not over and begun again with each file that comes and goes.
  return mib < 1.1 * leastMib ? [] : [{ ...what, holds: false, message: `${where} has room again (${mib} MiB)` }]
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** The minute, and the day if it is not today's for everybody who reads it. */
function clock(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const LONGEST_REASON = 300

function sentence(reason: string): string {
  const line = reason.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '')
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON).trimEnd()}…`
}
