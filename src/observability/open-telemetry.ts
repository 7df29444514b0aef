import { randomUUID } from 'node:crypto'
import {
  type Context,
  createTraceState,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { Span, TraceContext, Tracing } from './tracing.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Parts {
  readonly version: string
  warn(problem: string): void
}

/** A collector that answers nobody does not hold up the end. */
const LONGEST_FLUSH_MS = 3000

const KINDS = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const

/**
 * Traces by OpenTelemetry's own libraries, which read their settings from the environment: the sampler, the batches, the
 * limits, the address, the headers and the certificates. Null if there is no exporter left to send them by.
 */
export async function createTracing(
  exporters: readonly string[],
  environment: Environment,
  { version, warn }: Parts,
): Promise<Tracing | null> {
  // Its debug messages could have headers in them.
  const silent = (): void => {}
  const tell = (problem: string): void => warn(problem)
  diag.setLogger(
    { error: tell, warn: tell, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  const found = await Promise.all(exporters.map((name) => processorOf(name, environment, warn)))
  const spanProcessors = found.filter((each) => each !== null)
  if (spanProcessors.length === 0) return null
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'tracker-relay',
      'service.version': version,
      'service.instance.id': randomUUID(),
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors,
  })
  const tracer = provider.getTracer('tracker-relay', version)
  const propagates = /(^|,)\s*tracecontext\s*(,|$)/.test(environment.OTEL_PROPAGATORS?.trim() || 'tracecontext')

  return {
    propagates,
    begin(name, kind, { parent, attributes }): Span {
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: { ...attributes } }, contextOf(parent))
      return {
        ...contextIn(span.spanContext()),
        set: (more) => void span.setAttributes({ ...more }),
        end(problem) {
          if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem })
          span.end()
        },
      }
    },
    async close() {
      const timer = new AbortController()
      const late = new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, LONGEST_FLUSH_MS)
        timer.signal.addEventListener('abort', () => clearTimeout(timeout))
      })
      await Promise.race([provider.shutdown().catch((error: unknown) => warn(String(error))), late])
      timer.abort()
      diag.disable()
    },
  }
}

async function processorOf(
  name: string,
  environment: Environment,
  warn: (problem: string) => void,
): Promise<SpanProcessor | null> {
  if (name === 'console') return new SimpleSpanProcessor(new ConsoleSpanExporter())
  if (name !== 'otlp') {
    warn(`OTEL_TRACES_EXPORTER names "${name.slice(0, 40)}", which is not known; set otlp, console or none`)
    return null
  }
  const named =
    environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL?.trim() || environment.OTEL_EXPORTER_OTLP_PROTOCOL?.trim()
  const protocol = named || 'http/protobuf'
  if (protocol === 'http/protobuf') {
    const { createExporter } = await import('./otlp-protobuf.ts')
    return new BatchSpanProcessor(createExporter())
  }
  if (protocol === 'http/json') {
    const { createExporter } = await import('./otlp-json.ts')
    return new BatchSpanProcessor(createExporter())
  }
  warn(
    `no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol.slice(0, 40)}"; set http/protobuf or http/json, with the collector's HTTP address, mostly port 4318`,
  )
  return null
}

/** A parent without a span is none. */
function contextOf(parent: TraceContext | null): Context {
  if (parent === null) return ROOT_CONTEXT
  const [traceparent = '', ...state] = parent.split(' ')
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-')
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(state.length === 0 ? {} : { traceState: createTraceState(state.join(' ')) }),
  })
}

function contextIn({ traceId, spanId, traceFlags, traceState }: SpanContext): {
  readonly context: TraceContext
  readonly traceId: string
} {
  const state = traceState?.serialize() ?? ''
  const flags = traceFlags.toString(16).padStart(2, '0')
  return { traceId, context: `00-${traceId}-${spanId}-${flags}${state === '' ? '' : ` ${state}`}` }
}
