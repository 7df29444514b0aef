import type { Activity, StoryChange } from './activity.ts'

/**
 * Which activities an integration wants. Kinds and authors are told by the activity; a story's type, state and labels by
 * the activity or by those before it, so that a comment on an urgent story is known as one.
 */
export interface Filter {
  readonly kinds: Choice
  readonly authors: Choice
  /** Null: any story. */
  readonly story: StoryFilter | null
}

/** What the story must be once the activity has happened. Plain data: it goes to the store's thread. */
export interface StoryFilter {
  readonly story_types: Choice
  readonly states: Choice
  readonly labels: Choice
}

interface Choice {
  /** One of these; null: anything. */
  readonly only: readonly string[] | null
  readonly not: readonly string[]
}

/** The setting `filter` of an integration. */
export interface FilterSettings {
  readonly kinds?: readonly string[]
  readonly not_kinds?: readonly string[]
  readonly story_types?: readonly string[]
  readonly not_story_types?: readonly string[]
  readonly states?: readonly string[]
  readonly not_states?: readonly string[]
  readonly labels?: readonly string[]
  readonly not_labels?: readonly string[]
  readonly authors?: readonly string[]
  readonly not_authors?: readonly string[]
}

/** What is known of a story; null or absent: nothing has told it. */
export interface StoryFacts {
  readonly storyType: string | null
  readonly state: string | null
  readonly labels: readonly string[] | null
}

/** Null for settings that leave nothing out. */
export function filterOf(settings: FilterSettings | undefined): Filter | null {
  if (settings === undefined) return null
  const choice = (only: readonly string[] | undefined, not: readonly string[] = []): Choice => ({
    only: only?.map((each) => each.trim()) ?? null,
    not: not.map((each) => each.trim()),
  })
  const story = {
    story_types: choice(settings.story_types, settings.not_story_types),
    states: choice(settings.states, settings.not_states),
    labels: choice(settings.labels, settings.not_labels),
  }
  const filter = {
    kinds: choice(settings.kinds, settings.not_kinds),
    authors: choice(settings.authors, settings.not_authors),
    story: Object.values(story).some(isChoosing) ? story : null,
  }
  return filter.story !== null || isChoosing(filter.kinds) || isChoosing(filter.authors) ? filter : null
}

const isChoosing = ({ only, not }: Choice): boolean => only !== null || not.length > 0

/** `leftOut` is what follows "Nothing, since" in a sentence. */
export type Verdict = 'passes' | 'open' | { readonly leftOut: string }

/** What earlier activities told of a story, by its id. */
export type Before = (storyId: string) => StoryFacts | undefined

/**
 * Whether an activity passes.
 * @param storyId the story that is asked about; null: it is enough if one of its stories passes
 * @param before null: not known here. Then a verdict that depends on it is `open`
 */
export function judge(filter: Filter, activity: Activity, storyId: string | null, before: Before | null): Verdict {
  const { kind, author, authorId, stories } = activity
  const names = [author.trim(), ...(authorId === null ? [] : [authorId])]
  const leftOut =
    whyNot('kinds', filter.kinds, [kind], isKind, `its kind is ${kind}`) ??
    whyNot(
      'authors',
      filter.authors,
      names,
      (one, name) => plainly(one) === plainly(name),
      `its author is ${author.trim() || 'not told'}`,
    )
  if (leftOut !== null) return { leftOut }
  if (filter.story === null) return 'passes'
  const asked = stories.filter(({ id }) => storyId === null || id === storyId)
  return judgeStories(
    filter.story,
    asked.map((story) => ({ id: story.id, told: toldOf(story) })),
    before,
  )
}

export function judgeStories(
  filter: StoryFilter,
  stories: readonly { readonly id: string; readonly told: StoryFacts }[],
  before: Before | null,
): Verdict {
  const verdicts = stories.map(({ id, told }) => {
    const leftOut = whyNotStory(filter, id, before === null ? told : overlaid(told, before(id)), before === null)
    if (leftOut !== null) return { leftOut }
    return before === null && isOpen(filter, told) ? 'open' : 'passes'
  })
  const [first] = verdicts
  if (first === undefined) return whyNotWithoutStory(filter)
  return verdicts.find((each) => each === 'passes') ?? verdicts.find((each) => each === 'open') ?? first
}

/** @param spares what nothing has told: it leaves nothing out yet */
function whyNotStory(filter: StoryFilter, id: string, known: StoryFacts, spares: boolean): string | null {
  const { storyType, state, labels } = known
  const of = (setting: keyof StoryFilter, what: string, values: readonly string[] | null): string | null => {
    if (values === null && spares) return null
    const words =
      values === null
        ? `nothing has told the ${what} of story ${id}`
        : setting === 'labels'
          ? `story ${id} has ${listed(values)}`
          : `the ${what} of story ${id} is ${values.join('')}`
    return whyNot(setting, filter[setting], values ?? [], isSame, words)
  }
  return (
    of('story_types', 'type', storyType === null ? null : [storyType]) ??
    of('states', 'state', state === null ? null : [state]) ??
    of('labels', 'labels', labels)
  )
}

function whyNotWithoutStory(filter: StoryFilter): Verdict {
  const wanted = Object.entries(filter).find(([, { only }]) => only !== null)
  return wanted === undefined ? 'passes' : { leftOut: `filter.${wanted[0]} leaves it out: it is about no story` }
}

/** Whether it depends on something that the activity does not tell. */
function isOpen(filter: StoryFilter, told: StoryFacts): boolean {
  return (
    (told.storyType === null && isChoosing(filter.story_types)) ||
    (told.state === null && isChoosing(filter.states)) ||
    (told.labels === null && isChoosing(filter.labels))
  )
}

/** For people, after "if": `its type is bug, and its labels have one of urgent, new`. */
export function conditionOf({ story_types, states, labels }: StoryFilter): string {
  const words = (what: string, { only, not }: Choice): string[] => [
    ...(only === null ? [] : [`its ${what} ${oneOf(only)}`]),
    ...(not.length === 0 ? [] : [`its ${what} none of ${not.join(', ')}`]),
  ]
  return [...words('type is', story_types), ...words('state is', states), ...words('labels have', labels)].join(
    ', and ',
  )
}

export function toldOf({ storyType, fields }: Pick<StoryChange, 'storyType' | 'fields'>): StoryFacts {
  return { storyType, state: fields.currentState ?? null, labels: labelsOf(fields) }
}

/** What the activity tells counts, whatever was told before. */
export function overlaid(told: StoryFacts, before: StoryFacts | undefined): StoryFacts {
  return {
    storyType: told.storyType ?? before?.storyType ?? null,
    state: told.state ?? before?.state ?? null,
    labels: told.labels ?? before?.labels ?? null,
  }
}

/** All labels after a change; null if it did not touch them. */
export function labelsOf({ labels }: StoryChange['fields']): readonly string[] | null {
  return labels === undefined ? null : (labels ?? [])
}

/** Whether a kind is meant: v3 says note where v5 says comment; "*" stands for any text. */
export function isKind(pattern: string, kind: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/_activity$/, '')
      .replace(/^note_/, 'comment_')
  const parts = plain(pattern).split('*')
  return new RegExp(`^${parts.map((part) => part.replace(/[^a-z0-9_]/g, '')).join('.*')}$`).test(plain(kind))
}

const isSame = (one: string, other: string): boolean => plainly(one).toLowerCase() === plainly(other).toLowerCase()

/** A letter with an accent is one sign or two, by the keyboard that wrote it. */
const plainly = (text: string): string => text.trim().normalize('NFC')

function whyNot(
  setting: string,
  { only, not }: Choice,
  values: readonly string[],
  matches: (one: string, value: string) => boolean,
  known: string,
): string | null {
  const isAmong = (list: readonly string[]): boolean => list.some((one) => values.some((value) => matches(one, value)))
  if (only !== null && !isAmong(only)) return `filter.${setting} leaves it out: ${known}, not ${oneOf(only)}`
  return isAmong(not) ? `filter.not_${setting} leaves it out: ${known}` : null
}

function oneOf(list: readonly string[]): string {
  return list.length === 1 ? list.join('') : `one of ${list.join(', ')}`
}

function listed(labels: readonly string[]): string {
  return labels.length === 0 ? 'no labels' : `the label${labels.length === 1 ? '' : 's'} ${labels.join(', ')}`
}
