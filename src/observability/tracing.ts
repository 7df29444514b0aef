/** What the rest of the relay knows of tracing. OpenTelemetry's libraries are loaded only where an operator asks for traces. */

/** W3C Trace Context as one text: `traceparent`, and after a blank `tracestate`, if there is one. */
export type TraceContext = string

export type Attributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  /** For what belongs below it, here or elsewhere. */
  readonly context: TraceContext
  readonly traceId: string
  set(attributes: Attributes): void
  /** @param problem why it failed */
  end(problem?: string): void
}

export interface Tracing {
  begin(
    name: string,
    kind: 'server' | 'consumer' | 'client' | 'internal',
    from: { readonly parent: TraceContext | null; readonly attributes: Attributes },
  ): Span
  /** Whether traces are continued and passed on (`OTEL_PROPAGATORS`). */
  readonly propagates: boolean
  /** Sends what is left, and resolves after a few seconds at the latest. Never rejects. */
  close(): Promise<void>
}

/** Version 00, and later ones as far as they begin like it: https://www.w3.org/TR/trace-context/#versioning-of-traceparent */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
/** Entries of printable ASCII: `vendor=value,other=value`. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

/** What a caller tells of its trace; null if that is nothing, or is not well-formed. */
export function traceContextIn(traceparent: unknown, tracestate: unknown): TraceContext | null {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent.trim()) : null
  if (match === null) return null
  const [, version, traceId, spanId, flags, more] = match
  if (version === '00' && more !== undefined) return null
  const state = typeof tracestate === 'string' && TRACESTATE.test(tracestate.trim()) ? ` ${tracestate.trim()}` : ''
  return `00-${traceId}-${spanId}-${flags}${state}`
}

/** The headers that carry it on. */
export function traceHeaders(context: TraceContext): Record<string, string> {
  const [traceparent = '', ...state] = context.split(' ')
  return { traceparent, ...(state.length === 0 ? {} : { tracestate: state.join(' ') }) }
}
