import { XMLParser } from 'fast-xml-parser'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { table } from './table.ts'
import type { Login, Panel, RunningTarget, Target } from './target.ts'

const ExternalStory = Type.Object({
  external_id: Type.String(),
  name: Type.String(),
  requested_by: Type.String(),
  story_type: Type.String(),
  estimate: Type.Optional(Type.String()),
})
export type ExternalStory = Static<typeof ExternalStory>

const Feed = Type.Object({ external_stories: Type.Object({ external_story: Type.Array(ExternalStory) }) })

/** What the panel has shown of one target, and what is wrong with that; a sentence each. */
export interface OpenedPanel {
  readonly target: Target
  readonly stories: readonly ExternalStory[]
  readonly problems: readonly string[]
}

const LONGEST_ANSWER_MS = 20_000

/** Opens the import panel once for each target that has one. @param url where the relay is */
export async function openPanels(
  url: string,
  started: readonly { readonly target: Target; readonly running: RunningTarget }[],
): Promise<OpenedPanel[]> {
  const opened: OpenedPanel[] = []
  for (const { target, running } of started) {
    const { panel } = target
    const { importLogin: login } = running
    if (panel === undefined || login === undefined) continue
    try {
      const stories = await openPanel(addressOf(url, target), login)
      const ids = stories.map(({ external_id }) => external_id)
      opened.push({ target, stories, problems: panelProblems(panel, ids) })
    } catch (error) {
      opened.push({ target, stories: [], problems: [error instanceof Error ? error.message : String(error)] })
    }
  }
  return opened
}

/** The "Import API URL" that Tracker would be told. */
export function addressOf(url: string, { name }: Target): string {
  return `${url}/imports/${name}.xml`
}

/**
 * Asks for the tickets as Tracker's import panel does.
 * @throws {Error} when the answer is not a list of tickets
 */
export async function openPanel(url: string, { username, password }: Login): Promise<readonly ExternalStory[]> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const signal = AbortSignal.timeout(LONGEST_ANSWER_MS)
  const answer = await fetch(url, { headers: { authorization }, signal })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`the import panel was answered ${answer.status}: ${text}`)
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'external_story' })
  const feed: unknown = parser.parse(text)
  if (!Value.Check(Feed, feed)) throw new Error(`the import panel was answered something else than tickets: ${text}`)
  return feed.external_stories.external_story
}

/** What is wrong with the tickets that were shown; a sentence each. */
export function panelProblems({ shown, linked }: Panel, ids: readonly string[]): string[] {
  const lacks = shown.filter((id) => !ids.includes(id)).map((id) => `the import panel lacks ticket ${id}`)
  const more = ids
    .filter((id) => !shown.includes(id))
    .map((id) =>
      linked.includes(id)
        ? `the import panel shows ticket ${id}, which is a story already`
        : `the import panel shows ticket ${id}, which nobody knows`,
    )
  if (lacks.length > 0 || more.length > 0) return [...lacks, ...more]
  const same = ids.length === shown.length && ids.every((id, at) => id === shown[at])
  return same ? [] : [`the import panel shows ${ids.join(', ')}, not ${shown.join(', ')}`]
}

/** What Tracker would show. */
export function panelTable({ target, stories }: OpenedPanel, width: number): string {
  const { panel } = target
  const heading = `Tracker's import panel shows ${stories.length} tickets of ${target.title}`
  if (stories.length === 0) return heading
  const columns = [
    { title: 'ticket' },
    { title: 'type' },
    { title: 'points', align: 'right' as const },
    { title: 'requested by' },
    { title: 'name', gives: true },
  ]
  const rows = stories.map(({ external_id, story_type, estimate = '', requested_by, name }) => [
    external_id,
    story_type,
    estimate,
    requested_by,
    name,
  ])
  const shown = stories.map(({ external_id }) => external_id)
  const leftOut = panel?.linked.filter((id) => !shown.includes(id)) ?? []
  const reason = leftOut.length === 0 ? '' : `\n  left out, because it is a story already: ${leftOut.join(', ')}`
  return `${heading}\n${table(columns, rows, width)}${reason}`
}
