import { createReadStream, readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { loadConnectors } from '../connectors/registry.ts'
import { linkableSystems } from '../gateway/linkable-systems.ts'
import { ticketPlaces } from '../gateway/ticket-places.ts'
import { undecidedBetween } from '../gateway/undecided-link.ts'
import { examineLink, type Known, LinkFileError, linkOf, linksIn } from '../links/csv.ts'
import type { TicketPlace } from '../links/match.ts'
import { visible } from '../observability/visible.ts'
import type { StoredLink } from '../store/link-row.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, integrationNamed, withStore } from './environment.ts'
import { createListing } from './listing.ts'
import { print } from './print.ts'

const PAGE = 500

export async function listLinks(
  options: ConfigOptions & {
    project?: string
    story?: string
    json?: boolean
  },
): Promise<void> {
  await withStore(options, async (store) => {
    const listing = createListing(options.json === true, line)
    let last: StoredLink | undefined
    do {
      const page = await store.links({
        ...(options.project === undefined ? {} : { projectId: options.project }),
        ...(options.story === undefined ? {} : { storyId: options.story }),
        ...(last === undefined ? {} : { after: last }),
        limit: PAGE,
      })
      for (const link of page) listing.add(link)
      last = page.length < PAGE ? undefined : page.at(-1)
    } while (last !== undefined)
    listing.end()
  })
}

interface SetOptions extends ConfigOptions {
  readonly system?: string
  /** The name of one in the config, in place of `system` and `integrationId`. */
  readonly integration?: string
  readonly integrationId?: string
  readonly url?: string
}

export async function setLink(project: string, story: string, ticket: string, options: SetOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    const place = options.integration === undefined ? undefined : placeNamed(config, project, options.integration)
    const values = {
      project,
      story: story.replace(/^#/, ''),
      external_id: ticket.trim(),
      system: options.system ?? place?.system ?? '',
      integration_id: options.integrationId ?? place?.integrationId ?? '',
      external_url: options.url ?? '',
    }
    const known = await knownIn(config)
    const problems = examineLink(values, known)
    if (problems.length > 0) throw new CommandFailed(problems.join('\n'))
    const link = linkOf(values)
    const open = known.undecidedBetween(link)
    if (open.length > 0) {
      const what = `nothing was set: ticket ${link.externalId} could be in ${open.join(' or ')}`
      throw new CommandFailed(
        place === undefined
          ? `${what}; say which with --integration NAME, --system or --url`
          : `${what}, which have the same system; set integration_id at each of them, or give the ticket's address with --url`,
      )
    }
    await store.setLinks(() => [[link]], Date.now())
    print(`story ${values.story} of project ${project} is linked to ${values.external_id}`)
  })
}

export async function removeLink(
  project: string,
  story: string,
  options: ConfigOptions & { forget?: boolean },
): Promise<void> {
  await withStore(options, async (store) => {
    const storyId = story.replace(/^#/, '')
    const [known] = await store.links({ projectId: project, storyId, limit: 1 })
    if (known === undefined) throw new CommandFailed(`story ${storyId} of project ${project} has no stored link`)
    if (options.forget === true) {
      await store.forgetLink(project, storyId)
      print(`the link of story ${storyId} of project ${project} is deleted; it will be looked up again`)
      return
    }
    const none = { ...known, system: null, integrationId: null, externalId: null, externalUrl: null }
    await store.setLinks(() => [[none]], Date.now())
    print(`story ${storyId} of project ${project} is not linked any more; an activity with a link links it again`)
  })
}

export async function importLinks(file: string, options: ConfigOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    const read = reader(file)
    const known = await knownIn(config)
    try {
      // A first pass checks the whole file, so that the transaction is short and does not fail.
      for await (const _batch of linksIn(read(), known));
      const count = await store.setLinks(() => linksIn(read(), known), Date.now())
      print(`${count} ${count === 1 ? 'link' : 'links'} imported`)
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

/** @throws {CommandFailed} if the integration has no tickets that stories of the project can be linked to */
function placeNamed(config: Config, projectId: string, name: string): TicketPlace {
  const { name: integration } = integrationNamed(config, name)
  const places = ticketPlaces(config, { projectId, integration: '' }).filter(({ importsOnly }) => importsOnly !== true)
  const found = places.find((place) => place.name === integration)
  if (found !== undefined) return found
  const names = places.length === 0 ? 'none' : places.map((place) => place.name).join(', ')
  throw new CommandFailed(`${name} is not an integration with tickets of project ${projectId}, which has: ${names}`)
}

function line(link: StoredLink): string {
  const { projectId, storyId, externalId, system, integrationId, externalUrl, source, learnedAt } = link
  const where = [system, integrationId === null ? null : `integration ${integrationId}`, externalUrl]
  return visible(
    [
      `project ${projectId}  story ${storyId}  ${externalId ?? 'not linked'}`,
      ...where.filter((part) => part !== null),
      `${source}, ${new Date(learnedAt).toISOString()}`,
    ].join('  '),
  )
}
