import type { ExternalStory, StoryType, StoryTypes } from '../connectors/contract/connector.ts'
import { ImportError } from './import-error.ts'

/** A story as the feed shows it, with the names of the format; null fields are left out. */
export interface FeedStory {
  readonly external_id: string
  readonly name: string
  readonly description: string
  readonly requested_by: string
  /** As Tracker writes it: 2008/12/10 00:00:00 UTC */
  readonly created_at: string | null
  readonly story_type: StoryType
  readonly estimate: number | null
}

export interface MappingSettings {
  /** For everything that `types` does not name. */
  readonly story_type?: StoryType
  /** By the system's own word; case does not matter. */
  readonly types?: Readonly<Record<string, StoryType>>
  /** Without it: as the source has it, if its estimates are points; otherwise no. */
  readonly estimate_bugs_and_chores?: boolean
}

/** Tracker's help on integrations: Tracker cuts longer descriptions. */
const LONGEST_DESCRIPTION = 20_000
/** The limit of Tracker's API. */
const LONGEST_NAME = 5000
const LONGEST_PERSON = 255
/** More than any ticket system uses. */
const LONGEST_ID = 500
/** Larger numbers are not estimates, and `1e+30` would not be an integer in XML. */
const MOST_POINTS = 1_000_000

/**
 * Maps a system's tickets to what Tracker reads: its own types, whole points if the type has them, and only characters
 * that XML allows. Null for a ticket without an id, since nothing could be linked to it. The returned function throws an
 * ImportError if an id is too long.
 */
export function createStoryMapping(
  settings: MappingSettings,
  storyTypes: StoryTypes | undefined,
): (story: ExternalStory) => FeedStory | null {
  const given = new Map(Object.entries(settings.types ?? {}).map(([type, becomes]) => [type.toLowerCase(), becomes]))

  function storyTypeOf(type: string | null): StoryType {
    const word = type?.trim().toLowerCase() ?? ''
    const own = storyTypes !== undefined && Object.hasOwn(storyTypes.byType, word) ? storyTypes.byType[word] : undefined
    return given.get(word) ?? settings.story_type ?? own ?? storyTypes?.otherwise ?? 'feature'
  }

  function takesEstimate(type: StoryType): boolean {
    if (type === 'feature') return true
    const { estimate_bugs_and_chores: bugsAndChores } = settings
    if (bugsAndChores === undefined) return storyTypes?.keepsEstimates === true
    return bugsAndChores && type !== 'release'
  }

  function estimateOf(estimate: number | null, type: StoryType): number | null {
    if (!takesEstimate(type) || estimate === null || !Number.isFinite(estimate) || estimate < 0) return null
    const points = Math.round(estimate)
    return points <= MOST_POINTS ? points : null
  }

  return (story) => {
    const externalId = oneLine(story.externalId)
    if (externalId === '') return null
    if (externalId.length > LONGEST_ID)
      throw new ImportError(
        'source',
        `the id of a ticket is longer than ${LONGEST_ID} characters: ${cut(externalId, 40)}...`,
      )
    const storyType = storyTypeOf(story.type)
    return {
      external_id: externalId,
      name: cut(oneLine(story.name), LONGEST_NAME) || externalId,
      description: cut(readable(story.description).trim(), LONGEST_DESCRIPTION),
      requested_by: cut(oneLine(story.requestedBy), LONGEST_PERSON),
      created_at: timeText(story.createdAt),
      story_type: storyType,
      estimate: estimateOf(story.estimate, storyType),
    }
  }
}

/**
 * Removes what XML 1.0 (section 2.2) forbids or discourages: control characters, unpaired surrogates and two
 * noncharacters. All line ends become line feeds, as a parser would make them.
 */
function readable(text: string): string {
  return (
    text
      .replace(/\r\n?|\u0085/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, '')
  )
}

function oneLine(text: string): string {
  return readable(text)
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .trim()
}

/** Counts whole characters, so that none is cut in two. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  let end = 0
  let count = 0
  for (const character of text) {
    if (count === most) return text.slice(0, end)
    count += 1
    end += character.length
  }
  return text
}

function timeText(time: Date | null): string | null {
  if (time === null || Number.isNaN(time.getTime())) return null
  const iso = time.toISOString()
  // Years before 0 and after 9999 have a sign, which the format does not know.
  return iso.length === 24 ? `${iso.slice(0, 10).replaceAll('-', '/')} ${iso.slice(11, 19)} UTC` : null
}
