import { Type } from 'typebox'
import { type FilterSettings, isKind } from '../tracker/filter.ts'
import { KINDS } from '../tracker/kinds.ts'
import { nearest } from './nearest.ts'
import type { Path } from './path.ts'
import type { ConfigProblem, Tell } from './problem.ts'

const STORY_TYPES = ['feature', 'bug', 'chore', 'release'] as const
const STATES = [
  ...(['unscheduled', 'unstarted', 'planned', 'started', 'finished', 'delivered', 'accepted', 'rejected'] as const),
]

const words = <T extends string>(known: readonly T[], description: string, example: readonly T[]) =>
  Type.Optional(
    Type.Array(Type.Enum([...known]), {
      description,
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      examples: [example],
    }),
  )

const texts = (description: string, example: readonly string[], more = {}) =>
  Type.Optional(
    Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^\\S(.*\\S)?$',
        patternErrorMessage: 'text without blanks around it',
        ...more,
      }),
      { description, minItems: 1, maxItems: 100, uniqueItems: true, examples: [example] },
    ),
  )

const KIND = { pattern: '^[A-Za-z0-9_*]+$', patternErrorMessage: 'a kind such as story_update, or story_*' }

export const filterSchema = Type.Optional(
  Type.Object(
    {
      kinds: texts(
        'Only these kinds of activity; * stands for any text, and comment_ and note_ are the same.',
        ['story_*', 'comment_create'],
        KIND,
      ),
      not_kinds: texts('None of these kinds of activity.', ['story_delete'], KIND),
      story_types: words(STORY_TYPES, 'Only stories of these types.', ['bug']),
      not_story_types: words(STORY_TYPES, 'No stories of these types.', ['chore', 'release']),
      states: words(STATES, 'Only stories that are in one of these states, or come into one.', ['accepted']),
      not_states: words(STATES, 'No stories that are in one of these states, or come into one.', ['unscheduled']),
      labels: texts('Only stories with at least one of these labels, in capitals or not.', ['urgent']),
      not_labels: texts('No stories with any of these labels.', ['internal']),
      authors: texts('Only what these people did: names or ids in Tracker.', ['James Kirk']),
      not_authors: texts('Nothing that these people did: names or ids in Tracker.', ['Sync Robot']),
    },
    {
      description:
        'Which activities the integration is told of; without it, all. Everything that is set must hold. A story counts as it is after the activity; what the activity does not tell of it is known from earlier ones, and what none has told is no type, no state and no label.',
      additionalProperties: false,
    },
  ),
)

/** What the schema cannot say. @param path of the filter */
export function filterProblems(filter: FilterSettings, path: Path, tell: Tell): ConfigProblem[] {
  return [
    ...(['kinds', 'not_kinds'] as const).flatMap((setting) =>
      (filter[setting] ?? []).flatMap((kind, index) => unknownKind(kind, [...path, setting, index], tell)),
    ),
    ...(['kinds', 'story_types', 'states', 'labels', 'authors'] as const).flatMap((setting) => {
      const only = filter[setting]?.map((each) => each.toLowerCase()) ?? []
      const not: readonly string[] = filter[`not_${setting}`] ?? []
      return not.flatMap((each, index) =>
        only.includes(each.toLowerCase())
          ? [
              tell([...path, `not_${setting}`, index], {
                expected: `other than those of ${setting}`,
                found: `${JSON.stringify(each)} in both`,
              }),
            ]
          : [],
      )
    }),
  ]
}

/** A kind that no activity has would leave everything out, or nothing. */
function unknownKind(kind: string, path: Path, tell: Tell): ConfigProblem[] {
  const known = [...KINDS]
  if (known.some((each) => isKind(kind, each))) return []
  const expected = 'a kind of activity, such as story_create, story_update or comment_create'
  return [tell(path, { expected, found: JSON.stringify(kind), suggestion: nearest(kind, known) })]
}
