import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import type { Finding } from '../connectors/contract/connector.ts'
import { createAccounts } from '../gateway/accounts.ts'
import { importPlaces, ticketPlaces } from '../gateway/ticket-places.ts'
import { openTrackerApis } from '../gateway/tracker-apis.ts'
import { openPlaces, placesOf } from '../links/match.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import { openStore, type Store } from '../store/store.ts'
import { type TrackerApi, TrackerApiError } from '../tracker/api.ts'
import { version } from './config-path.ts'
import { type Kept, withOpened } from './opened.ts'
import type { Report, Reported } from './report.ts'

/** What each integration's target says of its settings, in the order of the config. @param told how many are done */
export async function checkIntegrations(
  config: Config,
  told: (tried: number) => void,
): Promise<readonly (readonly Finding[])[]> {
  let tried = 0
  told(tried)
  return await withKept(config, (kept) =>
    Promise.all(
      config.integrations.map(async (integration) => {
        const findings = await findingsOf(integration, config, kept)
        tried += 1
        told(tried)
        return findings
      }),
    ),
  )
}

export async function checkTracker(config: Config, report: Report): Promise<void> {
  const apis = openTrackerApis(config, {
    version: version(),
    now: Date.now,
    steady: () => performance.now(),
    random: Math.random,
    pause: setTimeout,
  })
  try {
    for (const { id, tracker, catch_up } of config.projects) {
      const api = tracker === undefined ? null : apis.of(id)
      if (api === null) continue
      const tell = (level: Reported['level'], message: string): void =>
        report.tell({ subject: `project ${id}`, setting: 'tracker', level, message })
      if (!/^\d+$/.test(id)) {
        const why = "Tracker's API needs the project's number in Tracker, and the id in the config is a name"
        tell('warning', `the token was not tried: ${why}`)
        continue
      }
      const problem = await problemWith(api, id)
      if (problem !== null) {
        tell('error', problem)
        continue
      }
      tell('ok', 'the token opens the project')
      if (catch_up.every_minutes > 0) tell(...(await catchesUp(api, id)))
      for (const lost of await leadingNowhere(api, id, config)) tell('warning', lost)
    }
  } finally {
    await apis.close()
  }
}

/** Whether what the hook misses can be asked for. */
async function catchesUp(api: TrackerApi, projectId: string): Promise<[Reported['level'], string]> {
  if (api.activities === undefined) return ['ok', 'what the hook misses is not asked for: that takes version v5']
  const before = new Date()
  try {
    await api.activities(projectId, { after: new Date(before.getTime() - 60_000), before, offset: 0, limit: 1 })
    return ['ok', 'what the hook misses can be asked for']
  } catch (error) {
    if (!(error instanceof TrackerApiError)) throw error
    return ['warning', `what the hook misses cannot be asked for (catch_up): ${error.message}`]
  }
}

/** Tracker's integrations whose tickets belong to none of the project's here, though one of these may be meant. */
async function leadingNowhere(api: TrackerApi, projectId: string, config: Config): Promise<string[]> {
  const places = ticketPlaces(config, { projectId, integration: '' })
  const integrations = await api.integrations(projectId, 0).catch((error: unknown) => {
    if (error instanceof TrackerApiError) return []
    throw error
  })
  return integrations.flatMap(({ integrationId, system, baseUrl }) => {
    const facts = { system, integrationId, baseUrl, externalUrl: null }
    const open = openPlaces(facts, places).filter((place) => system === 'other' || place.system === system)
    if (open.length === 0 || placesOf(facts, places).length > 0) return []
    const at = open.map(({ name }) => name).join(', ')
    return [
      `Tracker's integration ${integrationId} (${system}) does not match exactly one of ${at}; set integration_id: "${integrationId}" at the one that it belongs to`,
    ]
  })
}

async function problemWith(api: TrackerApi, projectId: string): Promise<string | null> {
  try {
    return (await api.opens(projectId))
      ? null
      : "Tracker does not have this project, or the token's owner is not a member of it"
  } catch (error) {
    if (!(error instanceof TrackerApiError)) throw error
    return error.reason === 'denied' ? `${error.message}; create a new token in your Tracker profile` : error.message
  }
}

/**
 * Opens the database when something is asked of it. An SQLite file that is not there holds nothing, and is made only to
 * keep a note.
 */
async function withKept<T>({ database, credentials }: Config, work: (kept: Kept) => Promise<T>): Promise<T> {
  let opened: Store | null = null
  let migrated: Promise<unknown> | null = null

  async function store(): Promise<Store> {
    opened ??= openStore(database)
    migrated ??= opened.migrate()
    await migrated
    return opened
  }

  const isEmpty = (): boolean => opened === null && database.client === 'sqlite' && !existsSync(database.file)
  try {
    return await work({
      credentials: sealedCredentials(
        {
          loadSealed: async (name) => (isEmpty() ? null : await (await store()).loadSealed(name)),
          saveSealed: async (name, sealed, now) => await (await store()).saveSealed(name, sealed, now),
          forgetSealed: async (name) => await (await store()).forgetSealed(name),
          claimDuty: async (duty) => await (await store()).claimDuty(duty),
          releaseDuty: async (duty) => await (await store()).releaseDuty(duty),
        },
        credentials.keys,
        Date.now,
      ),
      accounts: createAccounts(
        {
          loadNote: async (name) => (isEmpty() ? null : await (await store()).loadNote(name)),
          saveNote: async (name, note, now) => await (await store()).saveNote(name, note, now),
          forgetNote: async (name) => await (await store()).forgetNote(name),
        },
        Date.now,
      ),
    })
  } finally {
    await (opened as Store | null)?.close()
  }
}

async function findingsOf(
  integration: Config['integrations'][number],
  config: Config,
  kept: Kept,
): Promise<readonly Finding[]> {
  return await withOpened(integration, config, kept, async ({ session, redact }) => {
    try {
      const findings = await session.check?.()
      const all: readonly Finding[] = [
        ...(findings ?? [{ level: 'ok', setting: null, message: 'nothing to try' }]),
        ...ambiguousLinks(integration, config),
        ...unknownLinks(integration, config),
      ]
      return all.map((finding) => ({ ...finding, message: redact(finding.message) }))
    } catch (error) {
      const message = redact(error instanceof Error ? error.message : String(error))
      return [{ level: 'error', setting: null, message }]
    }
  })
}

/** v5 tells a link's integration by Tracker's id alone, which says nothing if a project has several. */
function ambiguousLinks(integration: Config['integrations'][number], config: Config): Finding[] {
  const { name, common } = integration
  if (common.integration_id !== undefined) return []
  return config.projects.flatMap((project) => {
    if (project.tracker !== undefined || project.source !== undefined) return []
    if (!project.integrations.includes(name)) return []
    const places = ticketPlaces(config, { projectId: project.id, integration: name })
    if (places.length < 2 || !places.some((place) => place.name === name && place.importsOnly !== true)) return []
    const others = places.flatMap((place) => (place.name === name ? [] : [place.name])).join(', ')
    const message = `project ${project.id} has tickets in ${others} too, and v5 web hooks tell only Tracker's id of a story's integration: set integration_id here to the id that Tracker shows for the integration that this one's tickets come from, or tracker.token of the project`
    return [{ level: 'warning', setting: 'integration_id', message }]
  })
}

/** A link from v5 has only Tracker's id of the integration; if that is unknown, linked tickets are offered again. */
function unknownLinks({ name, common }: Config['integrations'][number], config: Config): Finding[] {
  const { projects } = config
  if (common.import?.exclude_linked !== true || common.integration_id !== undefined) return []
  if (projects.some(({ tracker }) => tracker !== undefined)) return []
  if (projects.every(({ source }) => source !== undefined)) return []
  if (projects.every(({ id }) => importPlaces(config, id, name).length === 1)) return []
  const message =
    'tickets that v5 web hooks link to stories are offered again; set integration_id here, or tracker.token of the project'
  return [{ level: 'warning', setting: 'import.exclude_linked', message }]
}
