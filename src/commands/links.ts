import { createReadStream, readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { loadConnectors } from '../connectors/registry.ts'
import { linkableSystems } from '../gateway/linkable-systems.ts'
import { undecidedBetween } from '../gateway/undecided-link.ts'
import { type Known, LinkFileError, linksIn } from '../links/csv.ts'
import type { LinkAnswer } from '../routes/api/links.ts'
import type { GivenLink } from '../store/link-row.ts'
import { type AdminApi, type ApiOptions, segment, withApi } from './admin-api.ts'
import { CommandFailed } from './command-failed.ts'
import { ofIntegration } from './known-integration.ts'
import { type ListOptions, showPages } from './pages.ts'
import { print } from './print.ts'
import { createProgress } from './terminal/progress.ts'
import type { Column } from './terminal/table.ts'
import { when } from './terminal/times.ts'
import { UsageError } from './usage-error.ts'

const COLUMNS: readonly Column<LinkAnswer>[] = [
  { header: 'project', value: ({ project }) => project },
  { header: 'story', value: ({ story }) => `#${story}` },
  { header: 'ticket', value: ({ external_id }) => external_id ?? 'not linked' },
  { header: 'system', value: ({ system }) => system ?? '' },
  { header: 'integration', value: ({ integration_id }) => integration_id ?? '' },
  { header: 'told by', value: ({ source }) => source },
  { header: 'when', value: ({ learned_at }, screen) => when(Date.parse(learned_at), screen) },
  { header: 'address', value: ({ external_url }) => external_url ?? '', canBeCut: true },
]

export async function listLinks(
  options: ApiOptions & ListOptions & { readonly project?: string; readonly story?: string; readonly ticket?: string },
): Promise<void> {
  const { project, story, ticket } = options
  await withApi(options, async (api) => {
    await showPages(api, '/links', { project, story: story?.replace(/^#/, ''), ticket }, options, COLUMNS)
  })
}

interface SetOptions extends ApiOptions {
  readonly system?: string
  /** The name of one in the config, in place of `system` and `integrationId`. */
  readonly integration?: string
  readonly integrationId?: string
  /** Not `url`, which is that of the relay. */
  readonly ticketUrl?: string
}

export async function setLink(project: string, story: string, ticket: string, options: SetOptions): Promise<void> {
  const { system, integration, integrationId, ticketUrl } = options
  const body = {
    external_id: ticket.trim(),
    ...(system === undefined ? {} : { system }),
    ...(integrationId === undefined ? {} : { integration_id: integrationId }),
    ...(integration === undefined ? {} : { integration }),
    ...(ticketUrl === undefined ? {} : { external_url: ticketUrl }),
  }
  await withApi(options, async (api) => {
    const put = (): Promise<LinkAnswer> => api.send('PUT', pathOf(project, story), body)
    const link = await (integration === undefined ? put() : ofIntegration(api, integration, put))
    tell(options, link, `story ${link.story} of project ${project} is linked to ${link.external_id}`)
  })
}

export async function removeLink(
  project: string,
  story: string,
  options: ApiOptions & { readonly forget?: boolean },
): Promise<void> {
  await withApi(options, async (api) => {
    const path = pathOf(project, story)
    const known = await api.get<LinkAnswer>(path)
    const what = `story ${known.story} of project ${project}`
    if (options.forget === true) {
      await api.send('DELETE', path)
      tell(options, known, `the link of ${what} is deleted; it will be looked up again`)
      return
    }
    const link = await api.send<LinkAnswer>('PUT', path, { external_id: null })
    tell(options, link, `${what} is not linked any more; an activity with a link links it again`)
  })
}

function tell({ json }: ApiOptions, link: LinkAnswer, sentence: string): void {
  print(json === true ? JSON.stringify(link, null, 2) : sentence)
}

function pathOf(project: string, story: string): string {
  return `/links/${segment(project)}/${segment(story.replace(/^#/, ''))}`
}

/** All of a file or nothing in the local database; link by link at a relay, which knows what they may name. */
export async function importLinks(file: string, options: ApiOptions): Promise<void> {
  await withApi(options, async (api) => {
    const read = reader(file)
    const { local } = api
    const known = local === null ? ANYTHING : await knownIn(local.config)
    try {
      // A first pass checks the whole file, so that the transaction is short and does not fail.
      let total = 0
      for await (const batch of linksIn(read(), known)) total += batch.length
      const count =
        local === null
          ? await sendLinks(api, linksIn(read(), known), total)
          : await local.store.setLinks(() => linksIn(read(), known), Date.now())
      if (local !== null)
        await local.store.audit(
          { who: 'command line', action: 'set link', subject: `${count} links of a file`, result: 'done' },
          Date.now(),
        )
      print(
        options.json === true
          ? JSON.stringify({ imported: count })
          : `${count} ${count === 1 ? 'link' : 'links'} imported`,
      )
    } catch (error) {
      if (error instanceof LinkFileError)
        throw new CommandFailed(
          `${error.problems.map((problem) => `${file}: ${problem}`).join('\n')}\nnothing was imported`,
        )
      if (isFileError(error)) throw new CommandFailed(`${file} cannot be read (${error.code}); nothing was imported`)
      throw error
    }
  })
}

/** The relay judges each link; only the form of the file is checked before. */
const ANYTHING: Known = {
  projects: { has: () => true } as unknown as ReadonlySet<string>,
  systems: { includes: () => true } as unknown as readonly string[],
  undecidedBetween: () => [],
}

async function sendLinks(api: AdminApi, batches: AsyncIterable<readonly GivenLink[]>, total: number): Promise<number> {
  const progress = createProgress({ stream: process.stderr, now: () => performance.now(), unit: 'links' })
  let count = 0
  for await (const batch of batches)
    for (const { projectId, storyId, externalId, system, integrationId, externalUrl } of batch) {
      const body = {
        external_id: externalId,
        ...(system === null ? {} : { system }),
        ...(integrationId === null ? {} : { integration_id: integrationId }),
        ...(externalUrl === null ? {} : { external_url: externalUrl }),
      }
      try {
        await api.send('PUT', pathOf(projectId, storyId), body)
      } catch (error) {
        progress.clear()
        if (!(error instanceof CommandFailed || error instanceof UsageError)) throw error
        throw new CommandFailed(
          `story ${storyId} of project ${projectId}: ${error.message}\n${count} of ${total} links were imported before it; mend it and import the file again`,
        )
      }
      count += 1
      progress.show(count, total)
    }
  progress.clear()
  return count
}

/** The file is read twice, so standard input is kept in memory. */
function reader(file: string): () => AsyncIterable<string> {
  if (file !== '-') return () => textOf(file, createReadStream(file))
  const whole = readFileSync(0)
  return () => textOf(file, [whole])
}

/** @throws {CommandFailed} for bytes that are not UTF-8: a wrong encoding would change the names of tickets */
async function* textOf(file: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const piece of bytes) yield decoder.decode(piece, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandFailed(`${file} is not UTF-8: save it as UTF-8 ("CSV UTF-8" in Excel); nothing was imported`)
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error
}

async function knownIn(config: Config): Promise<Known> {
  return {
    projects: new Set(config.projects.map(({ id }) => id)),
    systems: linkableSystems(await loadConnectors()),
    undecidedBetween: (link) => undecidedBetween(config, link),
  }
}
