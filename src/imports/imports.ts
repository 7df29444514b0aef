import { readFile, rm } from 'node:fs/promises'
import type { Log, Session, StoryTypes } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { TicketPlace } from '../links/match.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { LinkedTicket } from '../store/linked-tickets.ts'
import { type Feed, type FeedSettings, type LastRead, openFeed, type Patience } from './feed.ts'
import { createStoryMapping, type MappingSettings } from './feed-story.ts'
import { importFolder } from './folder.ts'
import { ImportError } from './import-error.ts'
import { createFindLinked } from './linked.ts'
import { type Turns, takeTurn } from './turn.ts'

export interface ImportAccess {
  readonly isPublic: boolean
  /** The digest of a login; null: no login opens it. */
  readonly login: Buffer | null
  readonly secretDigests: readonly Buffer[]
}

export interface ImportSource {
  readonly name: string
  readonly access: ImportAccess
  readonly storyTypes: StoryTypes | undefined
  readonly session: Pick<Session, 'stories'>
  /** Of all settings that decide what the list shows. */
  readonly fingerprint: string
  readonly settings: FeedSettings & MappingSettings
  /** How long to wait after rejected credentials: some targets lock an account after a few wrong tries. */
  readonly credentialsRestMs: number
  redact(text: string): string
}

export interface Imports {
  /** A list, and who may see it: the two change together. */
  door(name: string): (ImportAccess & { readonly feed: Feed }) | undefined
  /** Shows these sources and no others; unchanged ones keep their lists. All doors change before this returns its promise. */
  show(sources: readonly ImportSource[]): Promise<void>
  /** What this process knows of each source, by the integration's name. */
  lastReads(): readonly (readonly [string, LastRead | null])[]
  /** Removes what crashes have left; to be called from time to time. */
  tidy(): Promise<void>
  /** Deletes the lists that match; they are read again when they are asked for. @returns how many there are */
  erase(matches: (list: string) => boolean, dryRun: boolean): Promise<number>
  /** Ends all readings; lists that are being sent from the disk are sent to their end. */
  stop(): Promise<void>
}

export interface ImportParts {
  readonly folder: string
  linkedTickets(externalIds: readonly string[]): Promise<readonly LinkedTicket[]>
  /** Where the tickets of the project's stories can be, the integration among them. */
  places(projectId: string, integration: string): readonly TicketPlace[]
  readonly turns: Turns
  readonly metrics: Metrics
  readonly log: Log & { child(fields: object): Log }
  readonly patience?: Patience
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
}

/** Tracker gives up after 60 s; the rest of the time is for sending. */
const PATIENCE: Patience = { newestMs: 45_000, firstMs: 55_000 }
const LONGEST_REST_MS = 900_000

export function createImports(parts: ImportParts): Imports {
  const folder = importFolder(parts.folder)
  const feeds = new Map<string, { readonly source: ImportSource; readonly feed: Feed }>()
  let stopping = false

  async function open(source: ImportSource): Promise<Feed> {
    const { name, storyTypes, session, settings } = source
    const map = createStoryMapping(settings, storyTypes)
    return await openFeed({
      ...parts,
      name,
      fingerprint: source.fingerprint,
      settings,
      folder,
      patience: parts.patience ?? PATIENCE,
      log: parts.log.child({ integration: name }),
      source: () => storiesOf(session),
      turn: (signal) => takeTurn(name, parts, signal),
      map,
      explain: (error) => explain(error, source),
      findLinked: createFindLinked({
        ...parts,
        integration: name,
        places: (projectId) => parts.places(projectId, name),
      }),
    })
  }

  async function tidy(names: readonly string[]): Promise<void> {
    await folder.tidy(names, parts.now()).catch((error: unknown) => {
      parts.log.warn({ err: error, folder: parts.folder }, 'the folder of imports cannot be tidied')
    })
  }

  return {
    door(name) {
      const found = feeds.get(name)
      return found === undefined ? undefined : { ...found.source.access, feed: found.feed }
    },
    async show(sources) {
      if (stopping) return
      const wanted = new Map(sources.map((source) => [source.name, source]))
      const stops: Promise<void>[] = []
      for (const [name, { source, feed }] of feeds) {
        const next = wanted.get(name)
        if (next !== undefined) feeds.set(name, { source: next, feed })
        else feeds.delete(name)
        if (next !== undefined && isSame(source, next)) {
          wanted.delete(name)
          continue
        }
        // Until the new one is open, clients are told to ask again.
        stops.push(feed.stop(new ImportError('stopping', 'the settings have just been changed; ask again', 1000)))
        if (next === undefined) parts.metrics.importReadAt.remove({ integration: name })
      }
      await Promise.all(stops)
      await tidy(sources.map(({ name }) => name))
      for (const [name, source] of wanted) {
        const feed = await open(source)
        if (stopping) return await feed.stop(new ImportError('stopping', 'the relay is stopping; ask again', 5000))
        feeds.set(name, { source, feed })
      }
    },
    lastReads: () => [...feeds].map(([name, { feed }]) => [name, feed.lastRead()] as const),
    tidy: () => tidy([...feeds.keys()]),
    async erase(matches, dryRun) {
      let found = 0
      for (const [name, { source, feed }] of [...feeds]) {
        const list = await readFile(folder.whole(name), 'utf8').catch(() => null)
        if (list === null || !matches(list)) continue
        found += 1
        if (dryRun) continue
        await feed.stop(new ImportError('stopping', 'the list is being erased; ask again', 1000))
        await rm(folder.whole(name), { force: true })
        if (!stopping) feeds.set(name, { source, feed: await open(source) })
      }
      return found
    },
    async stop() {
      stopping = true
      const error = new ImportError('stopping', 'the relay is stopping; ask again', 5000)
      await Promise.all([...feeds.values()].map(({ feed }) => feed.stop(error)))
    },
  }
}

/** @throws {ImportError} if the settings name no source */
export function storiesOf(session: Pick<Session, 'stories'>): ReturnType<NonNullable<Session['stories']>> {
  const stories = session.stories?.()
  if (stories === undefined) throw new ImportError('source', 'its settings name no tickets to import')
  return stories
}

/** Makes any error one sentence for the client, without secrets, and says how long to leave the source alone. */
export function explain(error: unknown, source: Pick<ImportSource, 'redact' | 'credentialsRestMs'>): ImportError {
  if (error instanceof ImportError) return error
  const message = source.redact(error instanceof Error ? error.message : String(error))
  if (error instanceof DeliveryError) return new ImportError('source', message, restMs(error, source), error)
  return new ImportError('source', `the tickets cannot be read: ${message}`, null, error)
}

function restMs(error: DeliveryError, { credentialsRestMs }: Pick<ImportSource, 'credentialsRestMs'>): number | null {
  if (error.verdict === 'pause' || error.status === 401) return credentialsRestMs
  return error.retryAfterMs === null ? null : Math.min(error.retryAfterMs, LONGEST_REST_MS)
}

/** A change of the connector's own settings makes a new session. */
function isSame(one: ImportSource, other: ImportSource): boolean {
  return (
    one.session === other.session &&
    one.fingerprint === other.fingerprint &&
    one.credentialsRestMs === other.credentialsRestMs &&
    JSON.stringify(one.settings) === JSON.stringify(other.settings)
  )
}
