import { type Static, Type } from 'typebox'
import { Attachment, OtherChange, StoryFields } from '../../tracker/activity.ts'
import { IGNORED } from '../contract/source.ts'
import { MEANINGS } from '../kit/states.ts'

/** What an expression may give. Only what is not told otherwise has to be said. */

const CHANGES = ['create', 'update', 'delete'] as const
const exact = { additionalProperties: false } as const

const State = Type.Object(
  {
    name: Type.Optional(Type.String({ description: "the state's name in the tool; without it there is no state" })),
    id: Type.Optional(Type.String()),
    meaning: Type.Optional(Type.Enum([...MEANINGS], { description: 'unless the setting `states` names the state' })),
  },
  exact,
)

const { currentState: _state, ...fields } = StoryFields.properties

const MappedComment = Type.Object(
  {
    id: Type.Optional(Type.String()),
    change: Type.Optional(Type.Enum([...CHANGES])),
    text: Type.Optional(Type.String()),
    attachments: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Type.Optional(Type.String()),
            name: Type.Optional(Type.String()),
            contentType: Type.Optional(Type.String()),
            size: Type.Optional(Type.Integer()),
            url: Type.Optional(Type.String()),
            description: Attachment.properties.description,
          },
          exact,
        ),
      ),
    ),
  },
  exact,
)
export type MappedComment = Static<typeof MappedComment>

const MappedStory = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 200 }),
    change: Type.Optional(Type.Enum([...CHANGES])),
    name: Type.Optional(Type.String()),
    storyType: Type.Optional(Type.String()),
    url: Type.Optional(Type.String()),
    fields: Type.Optional(Type.Object(fields, exact)),
    original: Type.Optional(Type.Object(fields, exact)),
    state: Type.Optional(State),
    before: Type.Optional(State),
    now: Type.Optional(State),
    comments: Type.Optional(Type.Array(MappedComment)),
    deed: Type.Optional(Type.String()),
    labels: Type.Optional(Type.Array(Type.String())),
    links: Type.Optional(Type.Array(Type.String())),
    text: Type.Optional(Type.String()),
  },
  exact,
)
export type MappedStory = Static<typeof MappedStory>

export const MappedActivity = Type.Object(
  {
    key: Type.Optional(Type.Unknown()),
    kind: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    occurredAt: Type.String({ description: 'ISO 8601, or milliseconds since 1970' }),
    author: Type.Optional(Type.String()),
    authorId: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    highlight: Type.Optional(Type.String()),
    projectName: Type.Optional(Type.String()),
    stories: Type.Optional(Type.Array(MappedStory)),
    others: Type.Optional(
      Type.Array(
        Type.Object(
          {
            kind: Type.String(),
            id: Type.Optional(Type.String()),
            change: Type.Optional(Type.String()),
            storyId: Type.Optional(Type.String()),
            epicId: OtherChange.properties.epicId,
            name: Type.Optional(Type.String()),
          },
          exact,
        ),
      ),
    ),
  },
  exact,
)
export type MappedActivity = Static<typeof MappedActivity>

export const Ignored = Type.Object(
  {
    ignored: Type.Enum([...IGNORED]),
    detail: Type.Optional(Type.String()),
  },
  exact,
)
export type Ignored = Static<typeof Ignored>
