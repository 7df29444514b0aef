import type { RequestTrace } from '../http/attempt.ts'
import { type Span, type Tracing, traceHeaders } from '../observability/tracing.ts'
import type { Outcome, Taken } from '../store/delivery.ts'

export interface AttemptTrace {
  /** Undefined: nothing is to be done with requests. */
  readonly requests: RequestTrace | undefined
  readonly traceId: string | null
  /** @param outcome null if it was not stored */
  end(outcome: Pick<Outcome, 'word' | 'state' | 'note'> | null): void
}

const UNTRACED: AttemptTrace = { requests: undefined, traceId: null, end() {} }

/**
 * The span of an attempt, below the span of the hook's request that brought its activity: every attempt of a delivery is in
 * the trace of its activity, whenever and by whichever process it is made.
 */
export function traceAttempt(tracing: Tracing | null, delivery: Taken, type: string): AttemptTrace {
  const { trace } = delivery
  if (tracing === null) return trace === null ? UNTRACED : { ...UNTRACED, requests: passingOn(traceHeaders(trace)) }
  const { integration } = delivery
  const span = tracing.begin(`deliver ${integration}`, 'consumer', {
    parent: trace,
    attributes: {
      'messaging.system': 'tracker_relay',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'deliver',
      'messaging.destination.name': integration,
      'messaging.message.id': delivery.key,
      'tracker_relay.type': type,
      'tracker_relay.project': delivery.projectId,
      'tracker_relay.activity': delivery.activityId,
      'tracker_relay.delivery': delivery.id,
      'tracker_relay.effect': delivery.effect.kind,
      'tracker_relay.attempt': delivery.attempts,
      'tracker_relay.in_doubt': delivery.inDoubtSince !== null,
      ...(delivery.storyId === null ? {} : { 'tracker_relay.story': delivery.storyId }),
    },
  })
  return {
    requests: requestsBelow(tracing, span),
    traceId: span.traceId,
    end(outcome) {
      if (outcome === null) return span.end('the outcome could not be stored')
      const { word, state, note } = outcome
      span.set({ 'tracker_relay.outcome': word, 'tracker_relay.state': state })
      span.end(state === 'delivered' || state === 'skipped' ? undefined : note)
    },
  }
}

function passingOn(headers: Record<string, string>): RequestTrace {
  return { begin: () => ({ headers, end() {} }) }
}

function requestsBelow(tracing: Tracing, attempt: Span): RequestTrace {
  return {
    begin({ method, url, host }) {
      const { hostname = host, port = '' } = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : {}
      const span = tracing.begin(method, 'client', {
        parent: attempt.context,
        attributes: {
          'http.request.method': method,
          'url.full': url,
          'server.address': hostname,
          ...(port === '' ? {} : { 'server.port': Number(port) }),
        },
      })
      return {
        headers: tracing.propagates ? traceHeaders(span.context) : {},
        end({ status, problem }) {
          if (status !== null) span.set({ 'http.response.status_code': status })
          const failed = problem ?? (status !== null && status >= 400 ? `answered ${status}` : null)
          if (failed === null) return span.end()
          span.set({ 'error.type': status === null ? 'no answer' : String(status) })
          span.end(failed)
        },
      }
    },
  }
}
