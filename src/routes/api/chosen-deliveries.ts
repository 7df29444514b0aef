import { type Static, Type } from 'typebox'
import { DELIVERY_STATES } from '../../store/delivery.ts'
import type { Selection } from '../../store/selection.ts'
import { EFFECT_KINDS, searched, wordsIn } from './deliveries.ts'
import { Name, named, word } from './schemas.ts'

/** The filters of the list of deliveries, in the body of an action. */
export const filters = {
  ids: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), { minItems: 1, maxItems: 1000 }),
  ),
  integration: Type.Optional(Name),
  project: Type.Optional(Name),
  story: Type.Optional(Name),
  kind: Type.Optional(word(EFFECT_KINDS)),
  ...searched,
}

const Filters = Type.Object(filters)

/** @throws {ProblemError} for a text without words, which must not choose all that there are */
export function selectionIn(chosen: Static<typeof Filters>): Selection {
  const { ids, integration, project, story, kind, from, to, text } = chosen
  return {
    ...(ids === undefined ? {} : { ids }),
    ...(integration === undefined ? {} : { integration }),
    ...(project === undefined ? {} : { projectId: project }),
    ...(story === undefined ? {} : { storyId: story }),
    ...(kind === undefined ? {} : { kind }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    // Each word narrows what is chosen, so that none may be left out.
    ...(text === undefined ? {} : { words: wordsIn(text, Number.POSITIVE_INFINITY) }),
  }
}

export type CountAnswer = Static<typeof CountShape>

export const CountShape = named(
  'DeliveryCount',
  Type.Object(
    {
      integration: Type.String(),
      state: word([...DELIVERY_STATES, 'new'], 'As they are; `new`: the activity has not caused it so far.'),
      count: Type.Integer({ minimum: 0 }),
    },
    { description: 'How many deliveries there are of an integration in a state.', additionalProperties: false },
  ),
)
