import { type Static, Type } from 'typebox'
import type { Erasure, ErasureReport, ErasureSubject } from '../../operations/erase.ts'
import { ProblemError } from './problem-error.ts'
import { Name, named, prose, ref } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'
import { whoOf } from './who.ts'

export interface ErasureParts {
  erase(erasure: Erasure): Promise<ErasureReport>
}

const number = (description: string) => Type.Integer({ minimum: 0, description })

const ErasureShape = named(
  'Erasure',
  Type.Object(
    {
      dry_run: Type.Boolean({ description: 'True: nothing was erased.' }),
      activities: number('With their bodies.'),
      deliveries: number('With their effects and recorded attempts.'),
      left: number('Activities that are left, since something of them is open or being delivered.'),
      stories: number('Names and states of stories.'),
      links: number('Links of stories to tickets.'),
      rejected: number('Requests that were refused.'),
      texts: number('Names and labels of stories and texts of operators in which the person is named.'),
      lists: number('Cached lists of tickets to import; they are read again when they are asked for.'),
    },
    { description: 'What was erased, or would be.', additionalProperties: false },
  ),
)

export type ErasureAnswer = Static<typeof ErasureShape>

export const erasureSchemas = [ErasureShape]

const Body = Type.Object(
  {
    story: Type.Optional(Name),
    project: Type.Optional(Name),
    person: Type.Optional(prose(200, "A name, or Tracker's number of the person.")),
    dry_run: Type.Boolean({ default: true, description: 'Only counts, unless this is false.' }),
    with_open: Type.Boolean({
      default: false,
      description: 'Also activities that have open deliveries, which are then never made.',
    }),
  },
  { additionalProperties: false },
)

export function erasureRoutes(app: ApiApp, { erase }: ErasureParts): void {
  app.post(
    '/erasures',
    {
      schema: {
        operationId: 'erase',
        summary: 'Forget a story, a project or a person',
        description:
          'Deletes all that is kept about it: activities with their bodies, deliveries with what was sent, links, states, refused requests, cached lists. An activity is deleted as a whole. Give `story` (with its `project`, if several have the number), `project`, or `person`.',
        tags: ['erasures'],
        body: Body,
        response: { 200: ref(ErasureShape) },
      },
    },
    async (request) => {
      const { dry_run, with_open } = request.body
      const subject = subjectIn(request.body)
      const report = await erase({ who: whoOf(request), subject, dryRun: dry_run, withOpen: with_open })
      return { dry_run, ...report }
    },
  )
}

function subjectIn({ story, project, person }: Static<typeof Body>): ErasureSubject {
  if (person !== undefined && story === undefined && project === undefined) return { type: 'person', person }
  if (person === undefined && story !== undefined)
    return { type: 'story', storyId: story, ...(project === undefined ? {} : { projectId: project }) }
  if (person === undefined && project !== undefined) return { type: 'project', projectId: project }
  throw new ProblemError('bad-parameter', 'give one of story, project and person; a story may have its project')
}
