import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { withoutRepeats } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { type Api, type ListedIssue, namesOf, type Page } from './api.ts'
import { issuesOff, noRepository } from './refusal.ts'
import type { Settings } from './settings.ts'

/** An issue's type says what it is, else its labels; of a label such as "type: bug" what stands behind the colon. */
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
  readonly repository: string
  readonly settings: Pick<Settings, 'import_labels' | 'import_query'>
}

/** GitHub shows no more of what a search finds (docs.github.com/rest/search). */
const MOST_FOUND = 1000

/** The issues that the settings choose, oldest first, without pull requests. */
export async function* stories(source: Source & ReadAgainTools): AsyncGenerator<readonly ExternalStory[]> {
  async function* pages(): AsyncGenerator<readonly ListedIssue[]> {
    let search: string | null = null
    do {
      const asked: string | null = search
      const page: Page<ListedIssue> = await readAgain(source, () => pageOf(source, asked))
      yield page.values
      search = page.next
    } while (search !== null)
  }
  for await (const page of withoutRepeats(pages(), ({ number }) => number)) {
    const issues = page.filter(({ pull_request }) => pull_request === undefined || pull_request === null)
    if (issues.length > 0) yield issues.map(storyOf)
  }
}

/** @returns how many there are, with a plus sign if there are more @throws {DeliveryError} */
export async function countOf(source: Source): Promise<string> {
  const { values, next } = await pageOf(source, null)
  const count = values.filter(({ pull_request }) => pull_request === undefined || pull_request === null).length
  return next === null ? String(count) : `${count} or more`
}

async function pageOf({ api, repository, settings }: Source, search: string | null): Promise<Page<ListedIssue>> {
  const labels = settings.import_labels.map((label) => label.trim())
  const query = settings.import_query?.trim() ?? ''
  if (query !== '') return await foundPage(api, queryFor(repository, labels, query), search)
  const page = await api.issues(labels, search)
  if (page === null) throw noRepository(repository, 'pause')
  if (page === 'off') throw issuesOff(repository, 'pause')
  return page
}

async function foundPage(api: Api, query: string, search: string | null): Promise<Page<ListedIssue>> {
  const page = await api.found(query, search).catch((error: unknown) => {
    if (error instanceof DeliveryError && error.status === 422) throw settingError('import_query', error.message)
    throw error
  })
  if (page.total > MOST_FOUND)
    throw settingError(
      'import_query',
      `The search finds ${page.total} issues, and GitHub shows only ${MOST_FOUND} of them. Search for less`,
    )
  // A part of the list must not pass for the whole one.
  if (!page.isWhole)
    throw new DeliveryError('retry', "GitHub's search gave up before it was through", { targetDown: true })
  return page
}

function queryFor(repository: string, labels: readonly string[], query: string): string {
  const state = /(^|\s)-?(is|state):(open|closed)\b/i.test(query) ? [] : ['is:open']
  return [`repo:${repository}`, 'is:issue', ...state, ...labels.map((label) => `label:"${label}"`), query].join(' ')
}

function storyOf({ number, title, body, created_at, labels, type, user }: ListedIssue): ExternalStory {
  const at = Date.parse(created_at)
  return {
    externalId: String(number),
    name: title,
    description: (body ?? '').replace(/\r\n?/g, '\n'),
    requestedBy: user?.login ?? '',
    createdAt: Number.isNaN(at) ? null : new Date(at),
    type: type?.name ?? typeIn(namesOf(labels)),
    estimate: null,
  }
}

/** The first label that is known as a type, else the first of all; null without labels. */
function typeIn(labels: readonly string[]): string | null {
  const names = labels.map((label) => label.split(/[:/]\s*/).at(-1) ?? label)
  return names.find((name) => Object.hasOwn(storyTypes.byType, name.toLowerCase())) ?? names[0] ?? null
}
