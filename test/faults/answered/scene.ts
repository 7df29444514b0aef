import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { freshFolder } from '../../store/database.ts'
import type { Chance } from '../chance.ts'
import { type DatabaseKind, openJournal } from '../database-kind.ts'
import { eventually } from '../eventually.ts'
import { createFleet, type Fleet } from '../fleet.ts'
import type { JournalFile } from '../journal-file.ts'
import type { ProcessOptions } from '../relay-process.ts'
import { type CommitLock, commitLock } from './commit-lock.ts'
import { type Front, startFront } from './front.ts'
import { type Place, startPlaces } from './places.ts'
import { createTracker, numberIn, projectsFor, type Tracker } from './tracker.ts'

/** A relay, its targets, each with a front before it, and what holds up its commits. */
export interface Scene {
  readonly stands: readonly Stand[]
  readonly tracker: Tracker
  readonly fleet: Fleet
  readonly file: JournalFile
  lock(): CommitLock
  /** Where the relay that runs now listens. */
  relay(): string
  /** Pauses or resumes all integrations. */
  steer(verb: 'pause' | 'resume'): Promise<void>
  /** What is being carried out, as the database has it. */
  underWay(): Promise<readonly UnderWay[]>
  /** Resolves when the relay has done all that it can without another commit or answer. */
  isQuiet(): Promise<void>
  /** Resolves right after the relay has extended the leases of all that it carries out. */
  areExtended(): Promise<void>
  areSettled(): Promise<void>
}

export interface Stand {
  readonly place: Place
  readonly front: Front
}

export interface UnderWay {
  readonly id: number
  readonly integration: string
  readonly attempts: number
  /** Of its activity. */
  readonly number: number
}

interface SceneParts {
  readonly database: DatabaseKind
  readonly chance: Chance
  /** How many stories of a place are spoken of. */
  readonly stories: number
  /** The names of those that are wanted; default: all. */
  readonly places?: readonly string[]
  readonly options?: ProcessOptions
}

export interface Test {
  teardown(work: () => Promise<void> | void): void
  comment(text: string): void
}

const LEASE_MS = 1500
const TOKEN = 'an-operators-token-of-the-answered'
/** So many requests of ours are answered one after the other while nothing else happens. */
const TURNS = 5

export async function openScene(t: Test, parts: SceneParts): Promise<Scene> {
  const { database, chance, stories, options = {} } = parts
  const folder = freshFolder(t)
  const places = (await startPlaces(t, { stories })).filter(({ name }) => parts.places?.includes(name) ?? true)
  const stands = await Promise.all(places.map((place) => standBefore(t, place)))
  const kept = { database: join(folder, 'relay.db'), databaseUrl: await database.fresh() }
  const configPath = join(folder, 'relay.yaml')
  // JSON is YAML.
  writeFileSync(configPath, JSON.stringify(configFor(stands, folder, kept), null, 2))
  const fleet = createFleet(t, { configPath, leaseMs: LEASE_MS, options: () => options })
  await fleet.start(0)
  const file = await openJournal(t, kept)
  const own = await openJournal(t, kept)
  const relay = (): string => fleet.addresses(0)[0] ?? ''

  async function underWay(): Promise<UnderWay[]> {
    const rows = await file.all<Omit<UnderWay, 'number'> & { activity: string }>(
      `select d.id, d.integration, d.attempts, a.key as activity from deliveries as d
        join activities as a on a.id = d.activity_id where d.state = 'delivering' order by d.id`,
    )
    return rows.map(({ activity, ...row }) => ({ ...row, number: numberIn(activity) }))
  }

  const leaseEnds = (): Promise<LeaseEnd[]> =>
    file.all<LeaseEnd>("select id, due_at from deliveries where state = 'delivering'")

  return {
    ...{ stands, tracker: createTracker(places), fleet, file, relay, underWay },
    lock: () => commitLock(own, file, chance.below(2) === 0 ? 'rows' : 'table'),
    async steer(verb) {
      await Promise.all(places.map(({ name }) => ask(`${relay()}/api/v1/integrations/${name}/${verb}`, 'POST')))
    },
    async isQuiet() {
      let before = ''
      // Each asks the store's thread too, and is answered after what the relay read before.
      for (let still = 0; still < TURNS; ) {
        await ask(`${relay()}/api/v1/deliveries?limit=1`, 'GET')
        const now = JSON.stringify([stands.map(({ front }) => stagesOf(front)), await underWay()])
        still = now === before ? still + 1 : 0
        before = now
      }
    },
    async areExtended() {
      const before = new Map((await leaseEnds()).map(({ id, due_at }) => [id, due_at]))
      await eventually(
        async () => (await leaseEnds()).every(({ id, due_at }) => due_at > (before.get(id) ?? due_at)),
        'the leases are extended',
      )
    },
    areSettled: () =>
      eventually(async () => {
        const [row] = await file.all<{ open: number }>(
          'select count(*) as open from deliveries where settled_at is null',
        )
        return Number(row?.open)
      }, 'every delivery is settled'),
  }
}

interface LeaseEnd {
  readonly id: number
  readonly due_at: number
}

async function ask(url: string, method: 'GET' | 'POST'): Promise<void> {
  const { statusCode, body } = await request(url, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  })
  const answer = await body.text()
  if (statusCode !== 200) throw new Error(`${method} ${url} was answered ${statusCode}: ${answer}`)
}

/** As long as something is on its way, never the same twice. */
function stagesOf({ passed }: Front): object {
  const isOnItsWay = passed.some(({ stage }) => stage === 'asked' || stage === 'answered')
  return { count: passed.length, ...(isOnItsWay ? { at: performance.now() } : {}) }
}

async function standBefore(t: Test, place: Place): Promise<Stand> {
  const front = await startFront(place)
  t.teardown(front.close)
  return { place, front }
}

function configFor(
  stands: readonly Stand[],
  folder: string,
  { database, databaseUrl }: { readonly database: string; readonly databaseUrl: string | null },
): object {
  const integrations = stands.map(({ place, front }) => [
    place.name,
    {
      ...place.settings(front.url),
      concurrency: place.concurrency,
      timeout_seconds: 60,
      retry: { schedule_seconds: Array.from({ length: 50 }, () => 1) },
      breaker: { probe_seconds: [1] },
    },
  ])
  return {
    server: { port: 0, rate_limit: { enabled: false }, stop_timeout_seconds: 20 },
    admin: { tokens: [{ name: 'kirk', role: 'operate', token: TOKEN }] },
    database: databaseUrl === null ? { file: database } : { client: 'postgres', url: databaseUrl },
    imports: { folder: join(folder, 'imports') },
    log: { level: 'silent' },
    projects: projectsFor(stands.map(({ place }) => place)),
    integrations: Object.fromEntries(integrations),
  }
}
