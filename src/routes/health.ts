import type { FastifyInstance } from 'fastify'

export interface HealthParts {
  /** Rejects with the reason if a write fails. */
  probeStore(): Promise<void>
  /** What could not be stored lately, as sentences; empty is healthy. */
  failedCommits(): readonly string[]
  /** Whether all of the database was examined since the start. */
  isExamined(): boolean
  /** Integrations whose worker does not run; empty is healthy. */
  stoppedWorkers(): readonly string[]
}

/** Probes within this time share one look. */
const REMEMBERED_MS = 1000

/** `/healthz`: the process is alive. `/readyz`: the store takes a probe and took the last writes, and every worker runs. */
export async function healthRoutes(app: FastifyInstance, parts: HealthParts): Promise<void> {
  let looked: { readonly at: number; readonly problems: Promise<string[]> } | null = null

  async function look(): Promise<string[]> {
    const problems = parts.stoppedWorkers().map((name) => `the worker of integration "${name}" does not run`)
    try {
      await parts.probeStore()
    } catch (error) {
      problems.push(`the store cannot write: ${error instanceof Error ? error.message : String(error)}`)
    }
    return [...problems, ...parts.failedCommits()]
  }

  // Some monitors ask with HEAD.
  const method = ['GET', 'HEAD']
  app.route({ method, url: '/healthz', handler: async () => ({ status: 'ok' }) })
  app.route({
    method,
    url: '/readyz',
    async handler(_request, reply) {
      if (looked === null || performance.now() - looked.at > REMEMBERED_MS)
        looked = { at: performance.now(), problems: look() }
      const problems = await looked.problems
      return reply.code(problems.length === 0 ? 200 : 503).send({
        status: problems.length === 0 ? 'ok' : 'not ready',
        problems,
        ...(parts.isExamined() ? {} : { notes: ['all of the database is being examined for damage'] }),
      })
    },
  })
}
