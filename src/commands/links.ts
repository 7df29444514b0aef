import { createReadStream, readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import { loadConnectors } from '../connectors/registry.ts'
import { linkableSystems } from '../gateway/linkable-systems.ts'
import { examineLink, type Known, LinkFileError, linkOf, linksIn } from '../links/csv.ts'
import { visible } from '../observability/visible.ts'
import type { StoredLink } from '../store/link-row.ts'
import { CommandFailed } from './command-failed.ts'
import { type ConfigOptions, withStore } from './environment.ts'
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
    let last: StoredLink | undefined
    do {
      const page = await store.links({
        ...(options.project === undefined ? {} : { projectId: options.project }),
        ...(options.story === undefined ? {} : { storyId: options.story }),
        ...(last === undefined ? {} : { after: last }),
        limit: PAGE,
      })
      for (const link of page) print(options.json === true ? JSON.stringify(link) : line(link))
      last = page.length < PAGE ? undefined : page.at(-1)
    } while (last !== undefined)
  })
}

interface SetOptions extends ConfigOptions {
  readonly system?: string
  readonly integrationId?: string
  readonly url?: string
}

export async function setLink(project: string, story: string, ticket: string, options: SetOptions): Promise<void> {
  await withStore(options, async (store, config) => {
    const values = {
      project,
      story: story.replace(/^#/, ''),
      external_id: ticket.trim(),
      system: options.system ?? '',
      integration_id: options.integrationId ?? '',
      external_url: options.url ?? '',
    }
    const problems = examineLink(values, await knownIn(config))
    if (problems.length > 0) throw new CommandFailed(problems.join('\n'))
    await store.setLinks(() => [[linkOf(values)]], Date.now())
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

async function knownIn({ projects }: Config): Promise<Known> {
  return { projects: new Set(projects.map(({ id }) => id)), systems: linkableSystems(await loadConnectors()) }
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
