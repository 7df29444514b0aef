import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../observability/metrics.ts'
import type { Guesses } from './guesses.ts'
import { sendProblem } from './problems.ts'
import { secretDigest } from './secret.ts'

interface MetricsParts {
  readonly guesses: Guesses
  readonly metrics: Metrics
  refresh(): Promise<void>
  /** Undefined: none is needed. */
  token(): string | undefined
}

/** RFC 9110, section 11.1: the scheme's case does not matter. A missing token counts as an empty one. */
function bearer(authorization = ''): string {
  return /^bearer +(.*)$/i.exec(authorization)?.[1] ?? ''
}

export async function metricsRoutes(
  app: FastifyInstance,
  { metrics, guesses, refresh, token }: MetricsParts,
): Promise<void> {
  let written: Promise<string> | null = null

  /** Requests that come meanwhile share it, since it reads the store. */
  function exposition(): Promise<string> {
    written ??= write().finally(() => {
      written = null
    })
    return written
  }

  async function write(): Promise<string> {
    // If the store cannot be read, its metrics keep their last values and the others are still shown.
    await refresh().catch(() => metrics.storeErrors.inc())
    return await metrics.registry.metrics()
  }

  app.get('/metrics', async (request, reply) => {
    const expected = token()
    const isGuess = expected !== undefined && request.headers.authorization !== undefined
    const refused = isGuess ? guesses.refuse(request, reply, 'metrics', {}) : null
    if (refused !== null) return refused
    if (
      expected !== undefined &&
      !timingSafeEqual(secretDigest(expected), secretDigest(bearer(request.headers.authorization)))
    ) {
      const tooMany = isGuess ? guesses.wrong(request, reply, 'metrics', {}) : null
      if (tooMany !== null) return tooMany
      void reply.header('www-authenticate', 'Bearer')
      return sendProblem(reply, 'unauthorized', {
        detail: 'send "Authorization: Bearer ..." with the value of server.metrics_token',
      })
    }
    return reply.type(metrics.registry.contentType).send(await exposition())
  })
}
