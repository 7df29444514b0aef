import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { pagesInOrder, withoutRepeats } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { whoAmI } from './api.ts'
import { type FoundBug, zoneMinutes } from './import/api.ts'
import { type BugPage, pagesOf } from './import/pages.ts'
import { createPeople, type Opening, openingsOf, type People } from './import/texts.ts'
import { provePlace, wantedBugs } from './import/wanted.ts'
import type { Settings } from './settings.ts'
import type { LoginGate } from './wire/login-gate.ts'
import type { Bugzilla } from './wire/open.ts'
import { atLeast } from './wire/version.ts'

/** By severity, or in "harmony" by type. */
export const storyTypes: StoryTypes = {
  byType: { enhancement: 'feature', task: 'chore', defect: 'bug' },
  otherwise: 'bug',
}

/** As many as the login gate admits at once. */
const WIDTH = 2

/** Asks again if that may help. Not to be used inside the gate, because each question enters it itself. */
export function patient(bugzilla: Bugzilla, gate: LoginGate, tools: ReadAgainTools): Bugzilla {
  return { ...bugzilla, ask: (question) => readAgain(tools, () => gate(() => bugzilla.ask(question))) }
}

/** The oldest first. @throws {DeliveryError} also if nothing is found because the login, product or component is wrong */
export async function* stories(
  settings: Settings,
  bugzilla: Bugzilla,
  tools: ReadAgainTools,
): AsyncGenerator<readonly ExternalStory[]> {
  // A visitor is silently shown only public bugs, so the login must be proven.
  await whoAmI(bugzilla, settings.username ?? null)
  const { version } = bugzilla
  const logins = bugzilla.logins()
  const { criteria, isShown } = await wantedBugs(bugzilla, settings)
  if (criteria === null) return
  const zone = atLeast(bugzilla.version, 3, 6) ? 0 : await zoneMinutes(bugzilla)
  const people = createPeople(bugzilla, tools)
  const readPage = await pagesOf(bugzilla, criteria)
  let isEmpty = true

  async function read(number: number): Promise<BugPage & { readonly stories: readonly ExternalStory[] }> {
    const page = await readPage(number)
    // A status may have changed since the search, and some searches ignore a criterion.
    const bugs = page.bugs.filter(({ status }) => isShown(status))
    return { ...page, stories: await storiesOf(bugs, { bugzilla, people, zone }) }
  }

  async function* pages(): AsyncGenerator<readonly ExternalStory[]> {
    for await (const page of pagesInOrder(read, ({ isLast }) => !isLast, WIDTH)) {
      if (page.bugs.length > 0) isEmpty = false
      if (page.stories.length > 0) yield page.stories
    }
  }

  yield* withoutRepeats(pages(), ({ externalId }) => externalId)
  if (isEmpty) await provePlace(bugzilla, settings)
  // Later versions do not answer silently when they have forgotten a login.
  if (logins === 0 || atLeast(version, 5, 0)) return
  await whoAmI(bugzilla, settings.username ?? null)
  if (bugzilla.logins() !== logins)
    throw new DeliveryError('retry', 'Bugzilla forgot the login while the list was read, so that bugs may be missing')
}

interface Reading {
  readonly bugzilla: Bugzilla
  readonly people: People
  /** Minutes east of UTC. */
  readonly zone: number
}

async function storiesOf(bugs: readonly FoundBug[], { bugzilla, people, zone }: Reading): Promise<ExternalStory[]> {
  const untold = bugs.filter(({ description }) => description === null)
  const openings = await openingsOf(bugzilla, untold)
  const reporter = (bug: FoundBug): string => bug.creator ?? openings.get(bug.id)?.author ?? ''
  const nameless = bugs.filter(({ creatorName }) => creatorName === null).map(reporter)
  const nameOf = await people.named(nameless.filter((login) => login !== ''))
  return bugs.map((bug) => {
    const login = reporter(bug)
    const name = bug.creatorName?.trim() || (bug.creatorName === null ? nameOf(login) : login)
    return storyOf(bug, openings.get(bug.id), name, zone)
  })
}

function storyOf(bug: FoundBug, opening: Opening | undefined, requestedBy: string, zone: number): ExternalStory {
  return {
    externalId: String(bug.id),
    name: bug.summary,
    description: bug.description ?? opening?.text ?? '',
    requestedBy,
    createdAt: momentOf(bug.createdAt, zone),
    type: bug.type ?? bug.severity,
    estimate: null,
  }
}

/** XML-RPC writes 20091214T22:12:09 without a zone, REST uses ISO 8601. */
function momentOf(text: string | null, zone: number): Date | null {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d)$/.exec(text ?? '')
  const iso = isoTime(found === null ? (text ?? '') : `${found[1]}-${found[2]}-${found[3]}T${found[4]}Z`)
  return iso === null ? null : new Date(Date.parse(iso) - zone * 60_000)
}
