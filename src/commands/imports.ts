import { setTimeout as pause } from 'node:timers/promises'
import { importPaths } from '../gateway/addresses.ts'
import type { ImportAnswer, TicketAnswer } from '../routes/api/imports.ts'
import { type AdminApi, type ApiOptions, segment, withApi } from './admin-api.ts'
import { configuredBaseUrl, readConfig } from './environment.ts'
import { ofIntegration } from './known-integration.ts'
import { complain, print } from './print.ts'
import { createProgress } from './terminal/progress.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'

const LOOK_MS = 200

interface Address {
  readonly integration: string
  readonly url: string
}

const ADDRESSES: readonly Column<Address>[] = [
  { header: 'integration', value: ({ integration }) => integration },
  // Never cut: it is there to be copied.
  { header: 'Import API URL', value: ({ url }) => url },
]

/** Those of the config. A relay does not tell its secrets, so of one that is named by --url the standing is shown. */
export async function showImports(options: ApiOptions): Promise<void> {
  if (options.url !== undefined) return await showStatus(options)
  const { server, integrations } = await readConfig(options)
  const importing = integrations.filter(({ common }) => common.import !== undefined)
  if (importing.length === 0) return showList<Address>([], screenFor(options), ADDRESSES)
  const base = configuredBaseUrl(server)
  const addresses = importing.flatMap(({ name: integration, common }) => {
    const paths = common.import === undefined ? [] : importPaths(integration, common.import)
    return paths.map((path) => ({ integration, url: `${base}${path}` }))
  })
  await showList(addresses, screenFor(options), ADDRESSES)
}

const STATUS: readonly Column<ImportAnswer>[] = [
  { header: 'integration', value: ({ integration }) => integration },
  { header: 'type', value: ({ type }) => type },
  { header: 'access', value: ({ access }) => access },
  { header: 'tickets', value: ({ tickets }) => (tickets === null ? '' : String(tickets)), align: 'right' },
  { header: 'read', value: ({ read_at: at }, screen) => when(at === null ? null : Date.parse(at), screen) },
  {
    header: 'state',
    value: ({ ready, reading, failure }) =>
      !ready
        ? 'its settings name no tickets to import'
        : failure !== null
          ? failure.message
          : reading
            ? 'being read'
            : 'ready',
    colour: ({ ready, failure }) => (!ready || failure !== null ? 'red' : null),
    wraps: true,
  },
]

/** `tracker-relay imports status`: how fresh each list of tickets is. */
export async function showStatus(options: ApiOptions): Promise<void> {
  await withApi(options, async (api) => {
    await showList(await statusOf(api), screenFor(options), STATUS)
  })
}

async function statusOf(api: AdminApi): Promise<readonly ImportAnswer[]> {
  return (await api.get<{ items: ImportAnswer[] }>('/imports')).items
}

const TICKETS: readonly Column<TicketAnswer>[] = [
  { header: 'ticket', value: ({ external_id }) => external_id },
  { header: 'type', value: ({ story_type }) => story_type },
  { header: 'estimate', value: ({ estimate }) => (estimate === null ? '' : String(estimate)), align: 'right' },
  { header: 'requested by', value: ({ requested_by }) => requested_by },
  { header: 'name', value: ({ name }) => name, canBeCut: true },
]

interface Preview {
  readonly items: readonly TicketAnswer[]
  readonly more: boolean
  readonly stale: 'slow' | 'failed' | null
}

/** `tracker-relay imports preview NAME`: what Tracker's panel would show now. */
export async function previewImport(name: string, options: ApiOptions & { readonly limit?: string }): Promise<void> {
  await withApi(options, async (api) => {
    const { items, more, stale } = await ofIntegration(api, name, () =>
      api.get<Preview>(`/imports/${segment(name)}/tickets`, { limit: options.limit }),
    )
    await showList(items, screenFor(options), TICKETS)
    if (stale !== null)
      complain(`this is an earlier list, since the source ${stale === 'slow' ? 'has not answered yet' : 'failed'}`)
    if (more && options.json !== true) complain(`these are the first ${items.length}; there are more`)
  })
}

/** `tracker-relay imports refresh NAME`: reads the source now. @returns whether it was read to its end */
export async function refreshImport(name: string, options: ApiOptions): Promise<boolean> {
  return await withApi(options, async (api) => {
    const progress = createProgress({ stream: process.stderr, now: () => performance.now(), unit: 'tickets' })
    let found = await ofIntegration(api, name, () =>
      api.send<ImportAnswer>('POST', `/imports/${segment(name)}/refresh`),
    )
    while (found.reading) {
      progress.show(found.tickets ?? 0, null)
      await pause(LOOK_MS)
      found = (await statusOf(api)).find(({ integration }) => integration === name) ?? { ...found, reading: false }
    }
    progress.clear()
    if (options.json === true) print(JSON.stringify(found, null, 2))
    else if (found.failure === null) print(`${name}: ${found.tickets ?? 0} tickets were read`)
    if (found.failure === null) return true
    complain(`${name}: ${found.failure.message}`)
    return false
  })
}
