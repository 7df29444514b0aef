import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { A_PAGE, type Api, type ListedIssue } from './api.ts'
import { noProject } from './refusal.ts'

/** An issue's labels say what it is; of a scoped label ("type::bug") what stands behind the scope. */
export const storyTypes: StoryTypes = {
  byType: {
    bug: 'bug',
    defect: 'bug',
    incident: 'bug',
    feature: 'feature',
    enhancement: 'feature',
    chore: 'chore',
    maintenance: 'chore',
    task: 'chore',
  },
  otherwise: 'feature',
}

export interface Source {
  readonly api: Api
  readonly project: string
  readonly labels: readonly string[]
}

/**
 * The open issues, oldest first. Each page begins where the last one ended, by time: pages that are counted by position
 * would pass over an issue when one before it is closed meanwhile.
 */
export async function* stories(source: Source & ReadAgainTools): AsyncGenerator<readonly ExternalStory[]> {
  let from: string | null = null
  let page = 1
  let known = new Set<number>()
  for (;;) {
    const found: readonly ListedIssue[] = await readAgain(source, () => pageOf(source, from, page))
    const fresh = found.filter(({ iid }) => !known.has(iid))
    if (fresh.length > 0) yield fresh.map(storyOf)
    const last = found.at(-1)
    if (last === undefined || found.length < A_PAGE) return
    if (last.created_at === from) {
      page += 1
      for (const { iid } of fresh) known.add(iid)
    } else {
      from = last.created_at
      page = 1
      // The next page repeats those of the same moment.
      known = new Set(found.map(({ iid }) => iid))
    }
  }
}

/** @throws {DeliveryError} */
export function firstPage(source: Source): Promise<readonly ListedIssue[]> {
  return pageOf(source, null, 1)
}

async function pageOf({ api, project, labels }: Source, from: string | null, page: number) {
  const names = labels.map((label) => label.trim())
  const found = await api.openIssues(names, from, page)
  if (found === null) throw noProject(project, 'pause')
  if (found.length === 0 && from === null && (await api.project())?.issues_enabled === false)
    throw settingError(
      'project',
      'Issues are switched off in this GitLab project. Switch them on, or leave out its import',
    )
  return found
}

function storyOf({ iid, title, description, created_at, labels, weight, author }: ListedIssue): ExternalStory {
  const at = Date.parse(created_at)
  return {
    externalId: String(iid),
    name: title,
    description: (description ?? '').replace(/\r\n?/g, '\n'),
    requestedBy: author?.name ?? '',
    createdAt: Number.isNaN(at) ? null : new Date(at),
    type: typeIn(labels),
    estimate: weight ?? null,
  }
}

/** The first label that is known as a type, else the first of all; null without labels. */
function typeIn(labels: readonly string[]): string | null {
  const names = labels.map((label) => label.split('::').at(-1) ?? label)
  return names.find((name) => Object.hasOwn(storyTypes.byType, name.toLowerCase())) ?? names[0] ?? null
}
