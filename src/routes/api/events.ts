import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Type } from 'typebox'
import { type Events, positionIn, type RelayEvent, type SentEvent } from '../../operations/events.ts'
import { ProblemError } from './problem-error.ts'
import { iso } from './schemas.ts'
import type { ApiApp } from './type-provider.ts'

export interface EventParts {
  readonly events: Events
  redact(integration: string, text: string): string
  redactAll(text: string): string
  /** A reader that takes nothing for so many milliseconds is dropped; it can resume. Default: 30,000. */
  readonly slowMs?: number
}

/** Each holds a connection and asks the database once a second if there is something new. */
const MOST_READERS = 50
const SLOW_MS = 30_000

const Query = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'The id of an event: what came after it. The header `last-event-id` says the same.',
      }),
    ),
  },
  { additionalProperties: false },
)

export function eventRoutes(app: ApiApp, { events, redact, redactAll, slowMs = SLOW_MS }: EventParts): void {
  const ends = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const end of ends) end.abort()
  })

  app.get(
    '/events',
    {
      schema: {
        operationId: 'followEvents',
        summary: 'What happens, as it happens',
        description:
          'Server-sent events: activity, delivery, action, integration and replay, of all instances. They follow what is committed, so they come up to a few seconds late. The id of each is where to resume.',
        tags: ['events'],
        querystring: Query,
        response: {
          200: {
            description: 'A stream that does not end.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (request, reply) => {
      const header = request.headers['last-event-id']
      const after = request.query.after ?? (typeof header === 'string' && header !== '' ? header : null)
      if (after !== null && positionIn(after) === null)
        throw new ProblemError('bad-parameter', 'after (or the header last-event-id) must be the id of an event')
      if (ends.size >= MOST_READERS)
        throw new ProblemError('too-many-requests', `${MOST_READERS} readers follow the events already`)
      const end = new AbortController()
      ends.add(end)
      reply.hijack()
      const { raw } = reply
      raw.on('close', () => end.abort())
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // It ends with the relay, which would wait for an idle connection.
        connection: 'close',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      })
      raw.flushHeaders()
      let opening = 'retry: 2000\n\n'
      try {
        for await (const some of events.follow(after, end.signal)) {
          const text = some.length === 0 ? ':\n\n' : some.map((each) => textOf(each, redact, redactAll)).join('')
          if (!(await write(raw, opening + text, end, slowMs))) break
          opening = ''
        }
      } catch (error) {
        request.log.error({ err: error }, 'a stream of events ended; its reader can resume')
      } finally {
        ends.delete(end)
        raw.end()
      }
    },
  )
}

/** @returns false if the reader has gone, or takes nothing any more */
async function write(raw: ServerResponse, text: string, end: AbortController, slowMs: number): Promise<boolean> {
  if (end.signal.aborted || raw.destroyed) return false
  if (raw.write(text)) return true
  const slow = AbortSignal.timeout(slowMs)
  try {
    await once(raw, 'drain', { signal: AbortSignal.any([slow, end.signal]) })
    return true
  } catch {
    if (slow.aborted) raw.destroy()
    return false
  }
}

function textOf({ id, event }: SentEvent, redact: EventParts['redact'], redactAll: EventParts['redactAll']): string {
  const [name, data] = shownAs(event, redact, redactAll)
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

function shownAs(
  event: RelayEvent,
  redact: EventParts['redact'],
  redactAll: EventParts['redactAll'],
): [name: string, data: object] {
  switch (event.type) {
    case 'activity':
      return ['activity', { activity: event.id, at: iso(event.at), project: event.projectId, kind: event.kind }]
    case 'attempt': {
      const { delivery, at, integration, projectId, storyId, number, outcome, note } = event
      return [
        'delivery',
        {
          ...{ delivery, at: iso(at), integration, project: projectId, story: storyId, attempt: number, outcome },
          note: note === null ? null : redact(integration, note),
        },
      ]
    }
    case 'action': {
      const { id, at, who, action, subject, result } = event
      return ['action', { id, at: iso(at), who, action, subject: redactAll(subject), result: redactAll(result) }]
    }
    case 'integration': {
      const { integration, standing, reason } = event
      return ['integration', { integration, standing, reason: reason === null ? null : redact(integration, reason) }]
    }
    case 'replay': {
      const { id, state, total, looked, released, leftAlone } = event.job
      return ['replay', { replay: id, state, total, looked, released, left_alone: leftAlone }]
    }
  }
}
