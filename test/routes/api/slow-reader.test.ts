import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { createEvents } from '../../../src/operations/events.ts'
import { eventRoutes } from '../../../src/routes/api/events.ts'
import type { ApiApp } from '../../../src/routes/api/type-provider.ts'
import { eventually } from '../../gateway/eventually.ts'

const MANY = 10_000_000

/** A database in which more has happened than anybody can read. @returns up to which row it was asked */
function busyDatabase() {
  const asked = { upTo: 0 }
  const events = createEvents({
    store: {
      eventHeads: async () => ({ activity: MANY, attempt: 0, action: 0, begun: 1, ended: 1 }),
      async eventsBetween(after, _until, most) {
        asked.upTo = after.activity + most
        return Array.from({ length: most }, (_, index) => {
          const id = after.activity + index + 1
          return { type: 'activity' as const, id, at: id, projectId: '26', kind: 'note_create' }
        })
      },
      integrationStates: async () => [],
      replays: async () => [],
    },
    steady: () => performance.now(),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  })
  return { asked, events }
}

const START = '0-0-0-000000000000-000000000000'

function follow(port: number, after: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${after}\r\n\r\n`)
  return socket
}

/** The numbers of the activities that were told whole, and the id of the last one. */
function toldIn(text: string): { activities: number[]; last: string } {
  const events = [...text.matchAll(/id: (\S+)\nevent: activity\ndata: \{"activity":(\d+),[^\n]*\n\n/g)]
  return { activities: events.map(([, , activity]) => Number(activity)), last: events.at(-1)?.[1] ?? '' }
}

t.test('a reader that stops reading costs little, is dropped, and misses nothing when it resumes', async (t) => {
  const { asked, events } = busyDatabase()
  const app = Fastify()
  t.teardown(() => app.close())
  const redact = (_integration: string, text: string): string => text
  eventRoutes(app as unknown as ApiApp, { events, redact, redactAll: (text) => text, slowMs: 500 })
  let kept = 0
  let closed = 0
  app.server.on('connection', (socket) => {
    const look = setInterval(() => {
      kept = Math.max(kept, socket.writableLength)
    }, 5)
    socket.on('close', () => {
      clearInterval(look)
      closed += 1
    })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }

  // It takes the first bytes, and then none.
  const slow = follow(port, START)
  await once(slow, 'data')
  slow.pause()
  await eventually(
    () => closed,
    (count) => count === 1,
    'the relay drops it',
  )
  t.ok(kept < 1_000_000, `${kept} bytes were kept for it at most`)
  t.ok(asked.upTo < MANY / 10, `no more than ${asked.upTo} rows were read for it`)

  const chunks: Buffer[] = []
  slow.on('data', (chunk: Buffer) => chunks.push(chunk))
  slow.resume()
  await once(slow, 'close')
  const { activities, last } = toldIn(Buffer.concat(chunks).toString())
  t.ok(activities.length > 0, 'what was on its way can still be read')

  const again = follow(port, last)
  t.teardown(() => again.destroy())
  let text = ''
  while (toldIn(text).activities.length < 10) text += ((await once(again, 'data')) as [Buffer])[0].toString()
  const next = (activities.at(-1) ?? 0) + 1
  t.strictSame(
    toldIn(text).activities.slice(0, 10),
    Array.from({ length: 10 }, (_, index) => next + index),
    'it goes on right after the last event that it got',
  )
})
