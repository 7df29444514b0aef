import Fastify from 'fastify'
import { markedNumber } from '../tally.ts'

export interface Numbered {
  readonly n: number
  readonly raw: Buffer
}

interface Waiting {
  readonly raw: Buffer
  stored(): void
  failed(error: unknown): void
}

/**
 * Bare Fastify that answers 202 once what it was sent is stored: what arrives while a commit runs shares the next one.
 * Nothing of a body is read but its number.
 * @returns its origin
 */
export async function listenByHand(insert: (all: readonly Numbered[]) => Promise<unknown>): Promise<string> {
  let waiting: Waiting[] = []
  let isBusy = false

  async function commitAll(): Promise<void> {
    isBusy = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await insert(batch.map(({ raw }) => ({ n: markedNumber(raw), raw })))
        for (const { stored } of batch) stored()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    isBusy = false
  }

  const app = Fastify({ logger: false })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, given, done) => done(null, given))
  app.post<{ Body: Buffer }>('/hooks/:project/:secret', async (request, reply) => {
    await new Promise<void>((stored, failed) => {
      waiting.push({ raw: request.body, stored, failed })
      // All that this turn of the event loop brings goes together.
      if (!isBusy) setImmediate(() => isBusy || void commitAll())
    })
    return reply.code(202).send({ id: '1', deliveries: 1, duplicate: false })
  })
  return await app.listen({ host: '127.0.0.1', port: 0 })
}
