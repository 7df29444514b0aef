import { type Static, Type } from 'typebox'

/**
 * The normalised activity: one thing that happened in a Tracker project, whatever format it came in. It is also the
 * documented payload of `type: webhook` integrations (docs/activity.schema.json).
 */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

export const Link = Type.Object(
  {
    system: Nullable(
      Type.String({
        description: 'jira, lighthouse, zendesk, bugzilla, get_satisfaction, other; null when only v5 ids are known',
      }),
    ),
    integrationId: Nullable(Type.String({ description: "Tracker's id of the integration" })),
    externalId: Type.String({ description: 'the ticket: an issue key, a ticket number, a bug id' }),
    externalUrl: Nullable(Type.String()),
  },
  { additionalProperties: false },
)
export type Link = Static<typeof Link>

const Change = Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')])

export const Attachment = Type.Object(
  {
    kind: Type.Union([Type.Literal('file'), Type.Literal('google_drive')]),
    id: Nullable(Type.String()),
    name: Nullable(Type.String({ description: 'the name of the file, or the title of the document' })),
    contentType: Nullable(Type.String({ description: 'such as image/png; for Google Drive document, folder, ...' })),
    size: Nullable(Type.Integer({ description: 'in bytes' })),
    url: Nullable(Type.String({ description: 'as Tracker sent it; v5 sends a path without a host for files' })),
    description: Type.Optional(
      Type.String({ description: 'what was said of the file; only in v3, absent if nothing was' }),
    ),
  },
  { additionalProperties: false },
)
export type Attachment = Static<typeof Attachment>

export const Comment = Type.Object(
  {
    id: Nullable(Type.String()),
    change: Change,
    text: Type.String({ description: 'empty when Tracker did not send it, or when there are only attachments' }),
    attachments: Type.Optional(Type.Array(Attachment, { description: 'absent without any' })),
    commit: Type.Optional(
      Type.Object(
        {
          id: Type.String({ description: "the commit's identifier" }),
          type: Nullable(Type.String({ description: 'github, ...' })),
        },
        { additionalProperties: false, description: 'set for a comment that a commit caused' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type Comment = Static<typeof Comment>

/** The fields that a change sets: an absent field was not touched, null means that it was cleared. */
export const StoryFields = Type.Object(
  {
    name: Type.Optional(Nullable(Type.String())),
    description: Type.Optional(Nullable(Type.String())),
    storyType: Type.Optional(Nullable(Type.String())),
    currentState: Type.Optional(Nullable(Type.String())),
    estimate: Type.Optional(Nullable(Type.Number())),
    labels: Type.Optional(Nullable(Type.Array(Type.String()))),
    ownedBy: Type.Optional(Nullable(Type.String({ description: 'a name (v3)' }))),
    ownerIds: Type.Optional(Nullable(Type.Array(Type.String({ description: 'member ids (v5)' })))),
    requestedBy: Type.Optional(Nullable(Type.String({ description: 'a name (v3) or a member id (v5)' }))),
    acceptedAt: Type.Optional(Nullable(Type.String({ description: 'ISO 8601, UTC' }))),
    deadline: Type.Optional(Nullable(Type.String({ description: 'ISO 8601, UTC' }))),
  },
  { additionalProperties: false },
)
export type StoryFields = Static<typeof StoryFields>

export const StoryChange = Type.Object(
  {
    id: Type.String(),
    change: Change,
    name: Nullable(Type.String({ description: "the story's name where any part of the activity tells it" })),
    storyType: Nullable(Type.String({ description: 'feature, bug, chore, release' })),
    url: Nullable(
      Type.String({ description: 'as Tracker sent it; v2/v3 send an API address that no browser can show' }),
    ),
    fields: StoryFields,
    original: Type.Object(StoryFields.properties, {
      additionalProperties: false,
      description: 'the values before, of the fields that were changed; empty in v2/v3, which do not tell them',
    }),
    comments: Type.Array(Comment),
    deed: Type.Optional(
      Type.String({
        description:
          'what happened to the story that Tracker has no word for, as a verb that stands before its name: cancelled; set the state "Blocked" of. Never with a fields.currentState',
      }),
    ),
    link: Type.Optional(Nullable(Link)),
  },
  { additionalProperties: false },
)
export type StoryChange = Static<typeof StoryChange>

/** Something else that the activity changed: a task, a review, a label, an epic, an iteration. */
export const OtherChange = Type.Object(
  {
    kind: Type.String(),
    id: Nullable(Type.String()),
    change: Type.String(),
    storyId: Nullable(Type.String({ description: 'the story that it belongs to' })),
    epicId: Type.Optional(Type.String({ description: 'the epic that it belongs to' })),
    name: Nullable(Type.String({ description: "its name or description; for a comment on an epic, the epic's name" })),
    comment: Type.Optional(Comment),
  },
  { additionalProperties: false },
)
export type OtherChange = Static<typeof OtherChange>

export const Activity = Type.Object(
  {
    key: Type.String({ description: 'what makes the activity itself: v3 "<project>:<activity id>", v5 the guid' }),
    format: Type.Union([Type.Literal('xml'), Type.Literal('json')]),
    projectId: Type.String({ description: 'ids are strings, so that 64-bit ids survive' }),
    projectName: Nullable(Type.String()),
    version: Nullable(Type.Integer({ description: "the project's version: the order of activities within a project" })),
    kind: Type.String({
      description: 'without the "_activity" ending: story_create, story_update, note_create, comment_create, ...',
    }),
    highlight: Nullable(Type.String({ description: 'v5 only: started, accepted, added comment: ...' })),
    occurredAt: Type.String({ format: 'date-time', description: 'ISO 8601 in UTC, with milliseconds' }),
    author: Type.String({ description: 'a display name; empty when Tracker sent none' }),
    authorId: Nullable(Type.String()),
    description: Type.String({ description: "Tracker's own sentence" }),
    stories: Type.Array(StoryChange, {
      description: 'one entry for each story that was touched, in the order of first mention',
    }),
    others: Type.Array(OtherChange),
  },
  { additionalProperties: false, $id: 'https://tracker-relay.example/activity.schema.json', title: 'Activity' },
)
export type Activity = Static<typeof Activity>
