import { randomBytes } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import { secretsOf } from '../config/secrets.ts'
import { shownConfig, shownSettings } from '../config/shown.ts'
import { loadConnectors } from '../connectors/registry.ts'
import { createRedactor } from '../http/redact.ts'
import type { Imports } from '../imports/imports.ts'
import { erase } from '../operations/erase.ts'
import type { Events } from '../operations/events.ts'
import { moveDeliveries } from '../operations/move.ts'
import { cancelReplay, counted, previewReplay, startReplay } from '../operations/replays.ts'
import { skipDeliveries, skipDelivery } from '../operations/skip.ts'
import { handIn } from '../queue/hand-in.ts'
import type { Integration } from '../queue/integration.ts'
import type { Journal, Project } from '../queue/journal.ts'
import { dayOf } from '../queue/standing.ts'
import { check, tryOut } from '../queue/test-message.ts'
import { toldStanding } from '../queue/told-standing.ts'
import { whyOf } from '../queue/why.ts'
import type { CatchUpParts } from '../routes/api/catch-ups.ts'
import type { KnownImport } from '../routes/api/imports.ts'
import type { KnownIntegration } from '../routes/api/integrations.ts'
import type { ApiParts, ApiResources } from '../routes/api/routes.ts'
import { readStored, type StoredBody } from '../store/read-stored.ts'
import { beforeIn } from '../store/story-facts.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { Activity } from '../tracker/activity.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { linkPlace } from './link-place.ts'
import { linkableSystems } from './linkable-systems.ts'
import { journalProject } from './projects.ts'
import { undecidedBetween } from './undecided-link.ts'

interface Parts {
  readonly store: ThreadedStore
  readonly version: string
  /** Undefined: it does not run here. */
  integration(name: string): Promise<Integration | undefined>
  /** Without the secrets of the integration. */
  redact(integration: string, text: string): string
  imports(): Promise<Pick<Imports, 'door' | 'erase'>>
  /** For what was refused and is kept: it must not keep that again. */
  journal(): Promise<Pick<Journal, 'accept' | 'acceptList'>>
  config(): Config
  now(): number
  noticeOthers(): Promise<void>
  project(id: string): Project | undefined
  /** Something new is due for these integrations. */
  wake(names: Iterable<string>): void
  readonly events: Events
  /** There may be a new job. */
  lookAtReplays(): void
  catchUps(): Promise<CatchUpParts>
}

export function adminParts(parts: Parts): Omit<ApiParts, 'tokens' | 'guesses'> {
  const { version, config } = parts
  return { version, hosts: () => adminHosts(config()), resources: resourcesOf(parts) }
}

function resourcesOf(parts: Parts): ApiResources {
  const { store, config, now, noticeOthers, redact } = parts
  const redactorOf = redactors()
  const redactAll = (text: string): string => redactorOf(config())(text)

  return {
    activities: {
      store,
      redact,
      parse: readable,
      async whyOf(activity, projectId, deliveries) {
        const { projects, integrations: all } = config()
        const project = projects.find(({ id }) => id === projectId)
        const stories = activity?.stories.map(({ id }) => ({ projectId, storyId: id })) ?? []
        const before = beforeIn(await store.rememberedStories(stories), projectId)
        return whyOf(activity, {
          project: project === undefined ? undefined : journalProject(config(), project),
          projectId,
          integrations: all,
          deliveries,
          before,
        })
      },
    },
    deliveries: {
      store,
      redact,
      async replay({ id }, who) {
        const { released, integrations: woken } = await store.replayThose([id], who, now())
        parts.wake(woken)
        return released > 0
      },
    },
    deliveryActions: {
      redact,
      delivery: store.delivery,
      count: (selection) => counted(store, selection),
      skip: (asked) => skipDeliveries(parts, { ...asked, now: now() }),
      skipOne: (asked) => skipDelivery(parts, { ...asked, now: now() }),
      move: (move) =>
        moveDeliveries(
          { ...parts, types: Object.fromEntries(config().integrations.map(({ name, type }) => [name, type])) },
          move,
          now(),
        ),
    },
    replays: {
      preview: (what) => previewReplay(parts, what),
      async start(job) {
        const started = await startReplay(store, job, now())
        parts.lookAtReplays()
        return started
      },
      cancel: (id, who) => cancelReplay(store, id, who, now()),
      list: store.replays,
      show: store.replayJob,
    },
    stats: { read: store.stats, rebuild: (who) => store.rebuildStats(who, now()), now },
    erasures: {
      async erase(erasure) {
        const { erase: eraseLists } = await parts.imports()
        return await erase({ ...parts, eraseLists }, erasure)
      },
    },
    events: { events: parts.events, redact, redactAll },
    audit: {
      list: store.auditList,
      write: (deed) => store.audit(deed, now()),
      redact: redactAll,
    },
    integrations: {
      redact,
      integrations: () => knownIntegrations(store, config(), now()),
      settings(name) {
        const integration = config().integrations.find((each) => each.name === name)
        return integration === undefined ? null : shownSettings(integration, redactorOf(config()))
      },
      async pause(name, reason) {
        await store.savePause(name, null, reason, now())
        await noticeOthers()
      },
      async resume(name) {
        await store.saveResume(name, now())
        await noticeOthers()
      },
      async check(name) {
        const integration = await parts.integration(name)
        return integration === undefined ? null : await check(integration)
      },
      async tryOut(name) {
        const integration = await parts.integration(name)
        if (integration === undefined) return null
        return await tryOut(integration, { now: now(), key: randomBytes(12).toString('hex') })
      },
    },
    links: {
      store,
      now,
      place: (project, name) => linkPlace(config(), project, name),
      known: async () => ({
        projects: new Set(config().projects.map(({ id }) => id)),
        systems: linkableSystems(await loadConnectors()),
        undecidedBetween: (link) => undecidedBetween(config(), link),
      }),
    },
    rejected: {
      store,
      async handIn(request, projectId, mended) {
        const project = config().projects.find(({ id }) => id === projectId)
        if (project === undefined) return undefined
        return await handIn(
          request,
          { project: journalProject(config(), project), mended },
          { journal: await parts.journal(), forget: (id) => store.forgetRejected([id]) },
        )
      },
    },
    catchUps: {
      list: async () => (await parts.catchUps()).list(),
      ask: async (project, how) => (await parts.catchUps()).ask(project, how),
    },
    imports: { imports: async () => knownImports(config(), await parts.imports()) },
    config: { config: () => shownConfig(config(), redactorOf(config())) },
  }
}

/** Making one takes long, and a config stays the same until a reload. */
function redactors(): (config: Config) => (text: string) => string {
  const made = new WeakMap<Config, (text: string) => string>()
  return (config) => {
    const known = made.get(config)
    if (known !== undefined) return known
    const redact = createRedactor(secretsOf(config))
    made.set(config, redact)
    return redact
  }
}

/** Those of the config in its order, and behind them those that are not there any more but have open deliveries. */
async function knownIntegrations(store: ThreadedStore, config: Config, now: number): Promise<KnownIntegration[]> {
  const counts = await store.counts()
  const states = new Map((await store.integrationStates(now)).map((state) => [state.integration, state]))
  const configured = new Map(config.integrations.map((integration) => [integration.name, integration]))
  const stranded = counts.filter(
    ({ integration, state, count }) =>
      !configured.has(integration) && count > 0 && !['delivered', 'skipped', 'dead'].includes(state),
  )
  const names = [...configured.keys(), ...new Set(stranded.map(({ integration }) => integration))]
  const facts = await store.standingFacts(names, { now, day: dayOf(now) })
  return facts.map((each) => {
    const name = each.integration
    const integration = configured.get(name)
    const { max_per_minute, max_per_day, concurrency } = integration?.common ?? {}
    const { digestAfter } = integration?.configured ?? {}
    const digestAt =
      digestAfter === undefined || each.oldestOpen === null ? null : digestAfter(new Date(each.oldestOpen)).getTime()
    return {
      name,
      type: integration?.type ?? null,
      title: integration?.connector.title ?? null,
      projects: config.projects.filter(({ integrations }) => integrations.includes(name)).map(({ id }) => id),
      standing: toldStanding(integration?.common, states.get(name), each, now, digestAt),
      digestAt,
      facts: each,
      counts: Object.fromEntries(
        counts.filter((row) => row.integration === name).map(({ state, count }) => [state, Number(count)]),
      ),
      maxPerMinute: max_per_minute ?? null,
      maxPerDay: max_per_day ?? null,
      concurrency: concurrency ?? null,
    }
  })
}

function knownImports({ integrations }: Config, imports: Pick<Imports, 'door'>): KnownImport[] {
  return integrations.flatMap(({ name, type, common }) => {
    if (common.import === undefined) return []
    const { public: isPublic, username } = common.import
    const access = isPublic ? 'public' : username === undefined ? 'secret' : 'login'
    return [{ integration: name, type, access, feed: imports.door(name)?.feed ?? null }]
  })
}

/** Null for what an earlier release could read and this one cannot. */
function readable(stored: StoredBody): Activity | null {
  try {
    return readStored(stored)
  } catch (error) {
    if (error instanceof ParseError) return null
    throw error
  }
}

/** The names by which the admin API may be reached. */
function adminHosts({ server, admin }: Config): readonly string[] {
  const { public_url } = server
  return [
    ...admin.hosts,
    ...(public_url === undefined ? [] : [new URL(public_url).hostname]),
    (admin.listen ?? server).host,
  ]
}
