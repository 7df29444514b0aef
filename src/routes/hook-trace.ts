import type { FastifyReply, FastifyRequest } from 'fastify'
import { type TraceContext, type Tracing, traceContextIn } from '../observability/tracing.ts'
import type { ArrivalTrace } from '../queue/journal.ts'

/**
 * The span of a hook's request, which ends with its answer, and continues the sender's trace. Where nothing is traced, the
 * sender's trace is passed on to web hooks as it came, as W3C asks of those who take no part in it.
 * @param route without the secret
 */
export function traceHook(
  tracing: Tracing | null,
  request: FastifyRequest,
  reply: FastifyReply,
  { route, project }: { readonly route: string; readonly project: string },
): ArrivalTrace | null {
  const { traceparent, tracestate } = request.headers
  const given: TraceContext | null =
    traceparent === undefined || tracing?.propagates === false ? null : traceContextIn(traceparent, tracestate)
  if (tracing === null) return given === null ? null : { context: given }
  const span = tracing.begin(`${request.method} ${route}`, 'server', {
    parent: given,
    attributes: {
      'http.request.method': request.method,
      'http.route': route,
      'url.scheme': request.protocol,
      'tracker_relay.project': project,
    },
  })
  reply.raw.once('close', () => {
    const { statusCode } = reply
    const { activity } = request
    span.set({
      'http.response.status_code': statusCode,
      ...(activity === null
        ? {}
        : {
            'tracker_relay.activity': activity.activity,
            'tracker_relay.activity.kind': activity.kind,
            'tracker_relay.deliveries': activity.deliveries,
            'tracker_relay.duplicate': activity.duplicate,
          }),
      ...(statusCode >= 500 ? { 'error.type': String(statusCode) } : {}),
    })
    span.end(
      reply.raw.writableFinished ? (statusCode >= 500 ? `answered ${statusCode}` : undefined) : 'the sender left',
    )
  })
  return {
    context: span.context,
    traceId: span.traceId,
    async during(name, work) {
      const inner = tracing.begin(name, 'internal', { parent: span.context, attributes: {} })
      try {
        const result = await work()
        inner.end()
        return result
      } catch (error) {
        inner.end(error instanceof Error ? error.message : String(error))
        throw error
      }
    },
  }
}
